#include "client/manual.hpp"

#include "wire/reserved.hpp"

namespace peacepie::client {

std::vector<std::string> names_in(const Value& manual, std::string_view list) {
    std::vector<std::string> names;
    const Value* entries = manual.find(list);
    if (entries == nullptr || entries->as_array() == nullptr) return names;
    for (const Value& entry : *entries->as_array())
        if (const Value* name = entry.find("name"); name != nullptr && name->as_text() != nullptr)
            names.push_back(*name->as_text());
    return names;
}

std::vector<std::string> commands_in(const Value& manual) {
    std::vector<std::string> names = names_in(manual, "commands");
    names.insert(names.end(), {"describe", "get_params", "set_params"});
    names.insert(names.end(), reserved_commands.begin(), reserved_commands.end());
    return names;
}

}  // namespace peacepie::client
