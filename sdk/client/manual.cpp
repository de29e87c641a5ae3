#include "client/manual.hpp"

#include "wire/reserved.hpp"

namespace peacepie::client {
namespace {

const Value::Array& entries_in(const Value& manual, std::string_view list) {
    static const Value::Array none;
    const Value* entries = manual.find(list);
    return entries != nullptr && entries->as_array() != nullptr ? *entries->as_array() : none;
}

std::string name_of(const Value& entry) {
    const Value* name = entry.find("name");
    return name != nullptr && name->as_text() != nullptr ? *name->as_text() : std::string();
}

}  // namespace

std::vector<std::string> names_in(const Value& manual, std::string_view list) {
    std::vector<std::string> names;
    for (const Value& entry : entries_in(manual, list)) names.push_back(name_of(entry));
    return names;
}

const Value* entry_in(const Value& manual, std::string_view list, std::string_view name) {
    for (const Value& entry : entries_in(manual, list))
        if (name_of(entry) == name) return &entry;
    return nullptr;
}

std::vector<std::string> commands_in(const Value& manual) {
    std::vector<std::string> names = names_in(manual, "commands");
    names.insert(names.end(), {"describe", "get_params", "set_params"});
    names.insert(names.end(), reserved_commands.begin(), reserved_commands.end());
    return names;
}

}  // namespace peacepie::client
