// requirement.hpp - "peacepie_example>=0.2,<1": which package, which versions.
//
// Values; any thread.  Version order and operators follow PEP 440's core (== != >= <= > < ~=) and ^= as in the seed;
// numbers, then an optional pre-release such as rc1.
// Next: plugin_store.hpp finds the file that fits.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace peacepie::worker {

struct Version {
    std::vector<unsigned> numbers;
    std::string before;  ///< "a1", "b2", "rc1": sorts before the release; empty for a release

    [[nodiscard]] static std::optional<Version> parse(std::string_view text);
    [[nodiscard]] std::weak_ordering operator<=>(const Version& other) const;
    [[nodiscard]] bool operator==(const Version& other) const { return (*this <=> other) == 0; }
};

class Requirement {
public:
    /// Throws Error bad_argument when the text is not `name [extras] [conditions]`.
    [[nodiscard]] static Requirement parse(std::string_view text);
    [[nodiscard]] const std::string& package() const noexcept { return package_; }
    [[nodiscard]] bool fits(const Version& version) const;

private:
    struct Condition {
        std::string comparison;
        Version version;
        bool any_below = false;  ///< "==1.*"
    };
    [[nodiscard]] static bool fits(const Condition& condition, const Version& version);

    std::string package_;
    std::vector<Condition> conditions_;
};

}  // namespace peacepie::worker
