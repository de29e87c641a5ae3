#include "client/settings_file.hpp"

#include "client/exit_code.hpp"
#include "client/json.hpp"
#include "client/suggest.hpp"
#include "client/toml_node.hpp"
#include "wire/bounds.hpp"

namespace peacepie::client {

Layer file_layer(std::string_view text, const std::string& name) {
    const TomlNode document = read_toml(text, name);
    const auto names = setting_names();
    Layer layer;
    std::string unknown;
    for (const auto& [key, node] : document.fields) {
        const std::string where = name + ":" + std::to_string(node.line);
        if (key == "limits" && node.type == TomlNode::Type::table) {
            for (const auto& [bound, value] : node.fields)
                layer[std::string(limit_prefix) + bound] = {value.value(), name + ":" + std::to_string(value.line)};
            continue;
        }
        if (std::find(names.begin(), names.end(), key) == names.end())
            unknown += (unknown.empty() ? "" : "\n") + where + ": `" + key + "` is no setting" + did_you_mean(key, names);
        layer[key] = {node.value(), where};
    }
    if (!unknown.empty()) throw ConfigError(unknown);
    return layer;
}

std::string first_settings() {
    std::string text =
        "# peacepie.toml - settings of `peacepie up`.  Every line below shows the default; remove its # to change it.\n"
        "# A flag (--log-level) wins over the environment (PEACEPIE_LOG_LEVEL), which wins over this file.\n";
    for (const SettingKind& kind : setting_kinds()) {
        text += "\n# " + std::string(kind.text) + "\n";
        text += "#" + std::string(kind.name) + " = " + json_of(kind.fallback) + "\n";
    }
    text += "\n# Bounds of the broker and of each worker; bytes may be written like \"64M\".  --limit NAME=VALUE and PEACEPIE_LIMITS win.\n#[limits]\n";
    for (const BoundRow& row : bound_rows())
        text += "\n# " + std::string(row.text) + "\n#" + std::string(row.name) + " = " + std::to_string(row.usual) + "\n";
    return text;
}

}  // namespace peacepie::client
