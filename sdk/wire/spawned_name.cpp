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

void append(std::string& text, std::uint64_t number) {
    std::array<char, digits_max> reversed;
    std::size_t count = 0;
    do reversed[count++] = digits[number & 63];
    while ((number >>= 6) != 0);
    while (count > 0) text += reversed[--count];
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
    std::string text = "~";
    append(text, nursery);
    text += '~';
    append(text, number);
    return text;
}

}  // namespace peacepie
