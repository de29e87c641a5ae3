// text_hash.hpp - lets a table of strings be searched by string_view without making a string.
//
// A stateless function object; any thread.
// Next: broker/registry.hpp and worker/symbols.hpp have such tables.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

namespace peacepie {

struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};

}  // namespace peacepie
