// text_hash.hpp - lets a table of strings be searched by string_view without making a string.
//
// A stateless function object; any thread.
// Next: broker/registry.hpp and worker/symbols.hpp have such tables.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string_view>

namespace peacepie {

struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};

/// For small caches that forget: two loads and two multiplications, for names of any length.
[[nodiscard]] inline std::size_t hash_of_ends(std::string_view text) noexcept {
    const auto load = [&text](std::size_t at, auto number) {  // of a size known here: a copy of any size is a call
        std::memcpy(&number, text.data() + at, sizeof number);
        return static_cast<std::uint64_t>(number);
    };
    std::uint64_t first = 0, last = 0;
    if (const auto size = text.size(); size >= 8) first = load(0, std::uint64_t{}), last = load(size - 8, std::uint64_t{});
    else if (size >= 4) first = load(0, std::uint32_t{}), last = load(size - 4, std::uint32_t{});
    else if (size > 0) first = load(0, std::uint8_t{}) << 8 | load(size / 2, std::uint8_t{}), last = load(size - 1, std::uint8_t{});
    return ((first * 0x9e3779b97f4a7c15) ^ (last * 0xc2b2ae3d27d4eb4f)) >> 40;
}

}  // namespace peacepie
