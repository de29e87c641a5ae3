// body.hpp - named arguments as the bytes of a body.
//
// Pure; any thread.  Writes the map's head and keys itself so that a message of a few small fields builds no tree.
// Next: recipient.hpp says whom the body goes to.
#pragma once

#include <string>

#include "wire/named.hpp"

namespace peacepie {

void append_map_head(std::string& out, std::size_t size);
void append_field(std::string& out, const Named& field);

/// A map of the fields; without any, an empty body, which stands for nil.
template <class... Fields>
[[nodiscard]] std::string encoded(const Fields&... fields) {
    std::string body;
    if constexpr (sizeof...(Fields) > 0) {
        append_map_head(body, sizeof...(Fields));
        (append_field(body, fields), ...);
    }
    return body;
}

}  // namespace peacepie
