// byte_size.hpp - a number of bytes as people write it: 1048576, 512K, 512M, 2G.
//
// Pure, any thread.  One place for --memory-limit, its variable and the settings file.
// Next: client/settings.cpp and worker/main.cpp ask it.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace peacepie {

/// Nothing when it is no such number, or too large for 63 bits.
[[nodiscard]] inline std::optional<std::uint64_t> byte_size_of(std::string_view text) noexcept {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
    if (error != std::errc() || unit.size() > 1) return std::nullopt;
    unsigned shift = 0;
    if (!unit.empty()) {
        if (unit == "K") shift = 10;
        else if (unit == "M") shift = 20;
        else if (unit == "G") shift = 30;
        else return std::nullopt;
    }
    if (number > (UINT64_MAX >> 1) >> shift) return std::nullopt;
    return number << shift;
}

/// Of --memory-limit: what may stand there, for the error and the help.
inline constexpr std::string_view memory_limit_form = "bytes, or a number with K, M or G; 0: no limit; auto: three quarters of the machine's or the cgroup's memory";
[[nodiscard]] inline bool is_memory_limit(std::string_view text) noexcept { return text == "auto" || byte_size_of(text).has_value(); }

}  // namespace peacepie
