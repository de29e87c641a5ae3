#include "client/toml_node.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <toml++/toml.h>

#include "client/exit_code.hpp"

namespace peacepie::client {
namespace {

TomlNode convert(const toml::node& from, const std::string& name) {
    TomlNode node;
    node.line = static_cast<int>(from.source().begin.line);
    node.type = TomlNode::Type::scalar;
    if (const auto* table = from.as_table()) {
        node.type = TomlNode::Type::table;
        for (const auto& [key, value] : *table) {
            node.fields.emplace_back(std::string(key.str()), convert(value, name));
            node.fields.back().second.line = static_cast<int>(key.source().begin.line);
        }
    } else if (const auto* array = from.as_array()) {
        node.type = TomlNode::Type::array;
        for (const auto& item : *array) node.items.push_back(convert(item, name));
    } else if (const auto* text = from.as_string()) {
        node.scalar = text->get();
    } else if (const auto* integer = from.as_integer()) {
        node.scalar = integer->get();
    } else if (const auto* real = from.as_floating_point()) {
        node.scalar = real->get();
    } else if (const auto* flag = from.as_boolean()) {
        node.scalar = flag->get();
    } else {
        throw ConfigError(name + ":" + std::to_string(node.line) + ": a date or time is no setting; write it as text");
    }
    return node;
}

}  // namespace

const TomlNode* TomlNode::find(std::string_view key) const noexcept {
    for (const auto& [name, node] : fields)
        if (name == key) return &node;
    return nullptr;
}

Value TomlNode::value() const {
    if (type == Type::scalar) return scalar;
    if (type == Type::array) {
        Value::Array array;
        for (const TomlNode& item : items) array.push_back(item.value());
        return array;
    }
    Value::Map map;
    for (const auto& [key, node] : fields) map.emplace_back(key, node.value());
    return map;
}

TomlNode read_toml(std::string_view text, const std::string& name) try {
    return convert(toml::parse(text, name), name);
} catch (const toml::parse_error& error) {
    throw ConfigError(name + ":" + std::to_string(error.source().begin.line) + ": " + std::string(error.description()));
}

std::string read_config_file(const std::string& path) {
    constexpr std::size_t largest = 1 << 20;  // people write these
    std::ifstream file(path, std::ios::binary);
    if (!file) throw ConfigError(path + ": " + std::strerror(errno));
    std::string text(largest + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (file.bad() || (file.fail() && !file.eof())) throw ConfigError(path + ": cannot be read; is it a file?");
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > largest) throw ConfigError(path + ": is larger than 1 MiB");
    return text;
}

}  // namespace peacepie::client
