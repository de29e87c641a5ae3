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

namespace peacepie {

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

/// "; did you mean `HelloWorld`?" for the end of a sentence, or nothing when no name of `known` is close.
template <class Names>
[[nodiscard]] std::string did_you_mean(std::string_view wanted, const Names& known) {
    Closest closest(wanted);
    for (const auto& name : known) closest.offer(name);
    const auto found = closest.take();
    return found.empty() ? std::string() : "; did you mean `" + found.front() + "`?";
}

/// Stops counting beyond `most` and then returns more than `most`.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t most);

}  // namespace peacepie
