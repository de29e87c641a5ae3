// toml_node.hpp - a TOML document as a tree that remembers its lines.
//
// Values, any thread.  The one place that knows the TOML library; dates and times are refused because no setting is one.
// Next: settings_file.hpp and app_file.hpp read such trees.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wire/value.hpp"

namespace peacepie::client {

struct TomlNode {
    enum class Type { scalar, array, table };

    Type type = Type::table;
    int line = 0;
    Value scalar;                                            ///< bool, int, float or text
    std::vector<TomlNode> items;                             ///< of an array
    std::vector<std::pair<std::string, TomlNode>> fields;    ///< of a table

    [[nodiscard]] const TomlNode* find(std::string_view key) const noexcept;
    [[nodiscard]] Value value() const;  ///< without the lines
};

/// Throws ConfigError "NAME:LINE: ...".
[[nodiscard]] TomlNode read_toml(std::string_view text, const std::string& name);
/// The content of a file; throws ConfigError when it cannot be read or is unreasonably large.
[[nodiscard]] std::string read_config_file(const std::string& path);

}  // namespace peacepie::client
