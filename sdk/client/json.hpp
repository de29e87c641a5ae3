// json.hpp - Value <-> JSON text, for people and shells; never on a message's path.
//
// Pure functions, any thread.  What JSON cannot say is written as a map with one key: binary as {"$binary": base64}, a
// number that is none as {"$float": "nan"}.  Reading is bounded like the wire (limits.hpp) and refuses double keys.
// Next: printer.hpp prints what this writes.
#pragma once

#include <string>
#include <string_view>

#include "wire/value.hpp"

namespace peacepie::client {

/// Throws Error bad_argument with the place, or too_large.
[[nodiscard]] Value value_of_json(std::string_view text);

enum class Layout {
    line,    ///< {"a": 1, "b": [2, 3]}
    indented ///< one field per line
};
/// Safe for a terminal: control characters are escaped, broken UTF-8 is replaced.
[[nodiscard]] std::string json_of(const Value& value, Layout layout = Layout::line);
/// A JSON string with its quotes.
[[nodiscard]] std::string json_string(std::string_view text);

}  // namespace peacepie::client
