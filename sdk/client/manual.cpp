#include "client/manual.hpp"

#include "wire/fields.hpp"
#include "wire/reserved.hpp"

namespace peacepie::client {

std::vector<std::string> names_in(const Value& manual, std::string_view list) {
    std::vector<std::string> names;
    for (const Value& entry : list_in(manual, list)) names.push_back(text_in(entry, "name"));
    return names;
}

const Value* entry_in(const Value& manual, std::string_view list, std::string_view name) {
    for (const Value& entry : list_in(manual, list))
        if (text_in(entry, "name") == name) return &entry;
    return nullptr;
}

std::vector<std::string> commands_in(const Value& manual) {
    std::vector<std::string> names = names_in(manual, "commands");
    names.insert(names.end(), {"describe", "get_params", "set_params"});
    names.insert(names.end(), reserved_commands.begin(), reserved_commands.end());
    return names;
}

}  // namespace peacepie::client
