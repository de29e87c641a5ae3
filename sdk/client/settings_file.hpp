// settings_file.hpp - peacepie.toml: read with line numbers, written once with all defaults and their meaning.
//
// Pure functions, any thread.
// Next: settings.hpp merges what is read; toml_node.hpp has the lines.
#pragma once

#include <string>
#include <string_view>

#include "client/settings.hpp"

namespace peacepie::client {

/// Throws ConfigError with every unknown key, its line and the nearest known one.
[[nodiscard]] Layer file_layer(std::string_view text, const std::string& name);
/// The commented file with the defaults; reading it changes nothing.
[[nodiscard]] std::string first_settings();

}  // namespace peacepie::client
