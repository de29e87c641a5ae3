// text_hash.hpp - lets a table of strings be searched by string_view without making a string.
//
// A stateless function object; any thread.
// Next: registry.hpp
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

namespace peacepie::broker {

struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};

}  // namespace peacepie::broker
