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

/// For small caches that forget: two loads and a multiplication, for names of any length.
[[nodiscard]] inline std::size_t hash_of_ends(std::string_view text) noexcept {
    std::uint64_t first = 0, last = 0;
    const auto size = std::min<std::size_t>(text.size(), sizeof first);
    if (size == 0) return 0;
    std::memcpy(&first, text.data(), size);
    std::memcpy(&last, text.data() + text.size() - size, size);
    return ((first * 0x9e3779b97f4a7c15) ^ (last * 0xc2b2ae3d27d4eb4f)) >> 40;
}

}  // namespace peacepie
