// convert.cpp - the one conversion that is not a template.  Next: convert.hpp.
#include "wire/convert.hpp"

namespace peacepie {

namespace {

std::string text_field(const Value& map, std::string_view key) {
    const Value* field = map.find(key);
    if (!field || field->is_nil()) return {};
    if (auto text = field->as_text()) return *text;
    throw Error(Fault::bad_argument, "the address field \"" + std::string(key) + "\" must be text");
}

}  // namespace

Address convert<Address>::from(const Value& value) {
    std::string text;
    if (value.as_map()) {
        const auto system = text_field(value, "system");
        const auto node = text_field(value, "node");
        const auto entity = text_field(value, "entity");
        if (!system.empty()) text += system + "!";
        if (node.empty() || entity.empty()) text += node + entity;
        else text += node + "/" + entity;
    } else if (auto plain = value.as_text()) {
        text = *plain;
    } else {
        detail::wrong_type("address", value);
    }
    if (auto address = Address::parse(text)) return *address;
    throw Error(Fault::bad_argument, "\"" + text + "\" is not an address ([system!][host.process/]entity)");
}

}  // namespace peacepie
