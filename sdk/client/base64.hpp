// base64.hpp - bytes as text, the alphabet of RFC 4648 with padding.
//
// Pure functions, any thread.
// Next: json.hpp writes binary values so.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace peacepie::client {

[[nodiscard]] std::string base64_of(std::string_view bytes);
/// Nothing when the text is no base64 of a whole number of bytes.
[[nodiscard]] std::optional<std::string> bytes_of_base64(std::string_view text);

}  // namespace peacepie::client
