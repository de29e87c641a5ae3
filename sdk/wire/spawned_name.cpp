// spawned_name.cpp - two numbers in base 64, most significant digit first.  Next: spawned_name.hpp.
#include "wire/spawned_name.hpp"

#include <array>

namespace peacepie {

namespace {

constexpr std::string_view digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz-";
constexpr std::size_t digits_max = 11;  // of 64 bits

constexpr auto values = [] {
    std::array<signed char, 256> table{};
    table.fill(-1);
    for (std::size_t i = 0; i < digits.size(); ++i) table[static_cast<unsigned char>(digits[i])] = static_cast<signed char>(i);
    return table;
}();

/// Writes the digits before `end`, and says where they begin.
char* write_before(char* end, std::uint64_t number) noexcept {
    do *--end = digits[number & 63];
    while ((number >>= 6) != 0);
    return end;
}

std::optional<std::uint64_t> number_in(std::string_view text) noexcept {
    if (text.empty() || text.size() >= digits_max || (text.front() == digits.front() && text.size() > 1)) return std::nullopt;
    std::uint64_t number = 0;
    for (const char c : text) {
        const auto value = values[static_cast<unsigned char>(c)];
        if (value < 0) return std::nullopt;
        number = number << 6 | static_cast<std::uint64_t>(value);
    }
    return number;
}

}  // namespace

std::optional<SpawnedName> SpawnedName::parse(std::string_view text) noexcept {
    if (!looks_spawned(text)) return std::nullopt;
    text.remove_prefix(1);
    const auto mark = text.find('~');
    if (mark == text.npos) return std::nullopt;
    const auto nursery = number_in(text.substr(0, mark));
    const auto number = number_in(text.substr(mark + 1));
    if (!nursery || !number || *number > number_max) return std::nullopt;
    return SpawnedName{*nursery, *number};
}

std::string SpawnedName::text() const {
    std::array<char, 2 * digits_max + 2> buffer;
    char* const end = buffer.data() + buffer.size();
    char* at = write_before(end, number);
    *--at = '~';
    at = write_before(at, nursery);
    *--at = '~';
    return {at, end};
}

}  // namespace peacepie
