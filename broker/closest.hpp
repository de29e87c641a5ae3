// closest.hpp - which of many names a misspelt one probably meant.
//
// Offer candidates, take the few best.  Edit distance (swapped neighbours count once), at most a third of the name.
// A value; any thread.
// Next: closest.cpp
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace peacepie::broker {

class Closest {
public:
    explicit Closest(std::string_view wanted);
    void offer(std::string_view candidate);
    /// Best first, ties by name.
    [[nodiscard]] std::vector<std::string> take();

private:
    std::string_view wanted_;
    std::size_t most_;
    std::vector<std::pair<std::size_t, std::string>> best_;
};

/// Stops counting beyond `most` and then returns more than `most`.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t most);

}  // namespace peacepie::broker
