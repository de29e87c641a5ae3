// requirement.cpp - parsing and comparing.  Next: plugin_store.cpp.
#include "worker/requirement.hpp"

#include <algorithm>
#include <charconv>

#include "wire/address.hpp"
#include "wire/fault.hpp"

namespace peacepie::worker {

namespace {

constexpr std::size_t numbers_max = 8;  // nobody writes more; a hostile text may

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '(')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == ')')) text.remove_suffix(1);
    return text;
}

bool has_prefix(const Version& version, const Version& prefix) {
    for (std::size_t i = 0; i < prefix.numbers.size(); ++i)
        if ((i < version.numbers.size() ? version.numbers[i] : 0) != prefix.numbers[i]) return false;
    return true;
}

}  // namespace

std::optional<Version> Version::parse(std::string_view text) {
    Version version;
    for (;;) {
        unsigned number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc() || version.numbers.size() == numbers_max) return std::nullopt;
        version.numbers.push_back(number);
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        if (text.empty() || text.front() != '.') break;
        text.remove_prefix(1);
    }
    if (!text.empty() && (text.front() == '-' || text.front() == '.')) text.remove_prefix(1);
    for (char c : text)
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))) return std::nullopt;
    version.before = text;
    return version;
}

std::weak_ordering Version::operator<=>(const Version& other) const {
    for (std::size_t i = 0; i < std::max(numbers.size(), other.numbers.size()); ++i) {
        const unsigned mine = i < numbers.size() ? numbers[i] : 0;
        const unsigned theirs = i < other.numbers.size() ? other.numbers[i] : 0;
        if (mine != theirs) return mine <=> theirs;
    }
    if (before.empty() != other.before.empty())
        return before.empty() ? std::weak_ordering::greater : std::weak_ordering::less;
    return before.compare(other.before) <=> 0;
}

Requirement Requirement::parse(std::string_view text) {
    Requirement requirement;
    const auto end = std::min(text.find_first_of("[(=!<>~^ "), text.size());
    requirement.package_ = text.substr(0, end);
    if (!is_name(requirement.package_))
        throw Error(Fault::bad_argument, "\"" + std::string(text) + "\" does not begin with a package name");
    auto rest = trimmed(text.substr(end));
    if (rest.starts_with('[')) rest = trimmed(rest.substr(std::min(rest.find(']'), rest.size() - 1) + 1));
    while (!rest.empty()) {
        const auto comma = std::min(rest.find(','), rest.size());
        auto one = trimmed(rest.substr(0, comma));
        rest = trimmed(rest.substr(std::min(comma + 1, rest.size())));
        const auto number = std::min(one.find_first_of("0123456789"), one.size());
        Condition condition{std::string(trimmed(one.substr(0, number))), {}, false};
        one = one.substr(number);
        if (one.ends_with(".*")) condition.any_below = true, one.remove_suffix(2);
        auto version = Version::parse(one);
        constexpr std::string_view known[] = {"==", "!=", ">=", "<=", ">", "<", "~=", "^="};
        if (!version || std::find(std::begin(known), std::end(known), condition.comparison) == std::end(known))
            throw Error(Fault::bad_argument,
                        "\"" + std::string(text) + "\" has a condition that is not one of == != >= <= > < ~= ^= with a version");
        condition.version = *version;
        requirement.conditions_.push_back(std::move(condition));
    }
    return requirement;
}

bool Requirement::fits(const Version& version) const {
    return std::all_of(conditions_.begin(), conditions_.end(), [&](const auto& one) { return fits(one, version); });
}

bool Requirement::fits(const Condition& condition, const Version& version) {
    const auto order = version <=> condition.version;
    const auto& comparison = condition.comparison;
    if (comparison == "==") return condition.any_below ? has_prefix(version, condition.version) : order == 0;
    if (comparison == "!=") return condition.any_below ? !has_prefix(version, condition.version) : order != 0;
    if (comparison == ">=") return order >= 0;
    if (comparison == "<=") return order <= 0;
    if (comparison == ">") return order > 0;
    if (comparison == "<") return order < 0;
    auto prefix = condition.version;  // ~= and ^=: at least this, and the same up to the last but one, or the first number
    prefix.numbers.resize(comparison == "^=" ? 1 : std::max<std::size_t>(prefix.numbers.size() - 1, 1));
    return order >= 0 && has_prefix(version, prefix);
}

}  // namespace peacepie::worker
