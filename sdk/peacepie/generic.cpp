// generic.cpp - describe, get_params, set_params.
//
// An author's handler of the same name takes precedence.
// Next: PROTOCOL.md has the shapes of these answers.
#include "peacepie/generic.hpp"

#include "peacepie/inside.hpp"
#include "peacepie/seam.hpp"
#include "wire/closest.hpp"

namespace peacepie {
namespace {

void* at(Actor& actor, const Field& field) noexcept { return reinterpret_cast<char*>(&actor) + field.offset; }

Value param_row(const Field& field, const Value* value) {
    Value::Map row;
    row.emplace_back("name", field.name);
    row.emplace_back("type", field.type);
    if (value != nullptr) row.emplace_back("value", *value);
    row.emplace_back("default", field.initial);
    row.emplace_back("text", field.text);
    return row;
}

Value params_of(Actor& actor) {
    Value::Array rows;
    for (const Field& field : Inside::class_of(actor).fields) {
        if (field.kind != Field::Kind::param) continue;
        const Value value = field.get(at(actor, field));
        rows.push_back(param_row(field, &value));
    }
    return rows;
}

Value commands_of(const ActorClass& of) {
    Value::Array commands;
    for (const Handler& handler : of.handlers) {
        Value::Array arguments;
        for (const Argument& argument : handler.arguments)
            arguments.push_back(Value::Map{{"name", argument.name}, {"type", argument.type}, {"optional", argument.optional}});
        Value::Map command{{"name", handler.name}, {"arguments", std::move(arguments)}, {"text", handler.text}};
        if (handler.overlapping) command.emplace_back("overlapping", true);
        commands.push_back(std::move(command));
    }
    return commands;
}

void answer_describe(Actor& actor, const Handler&, Turn& turn) {
    const ActorClass& of = Inside::class_of(actor);
    const Host& host = Inside::host(actor);
    Value description = Value::decode(of.manual);
    Value::Map body{{"name", Value(host.name())}, {"node", Value(host.node())},
                    {"package", library().package}, {"version", library().version}, {"class", of.name}};
    for (const char* key : {"commands", "text"})
        if (const Value* part = description.find(key)) body.emplace_back(key, *part);
    body.emplace_back("params", params_of(actor));
    detail::answer(actor, turn, Reply("description", std::move(body)));
}

void answer_get_params(Actor& actor, const Handler&, Turn& turn) {
    detail::answer(actor, turn, Reply("params", Value::Map{{"params", params_of(actor)}}));
}

void answer_set_params(Actor& actor, const Handler&, Turn& turn) {
    set_params(actor, Value::decode(turn.body));
    detail::answer(actor, turn, Reply("params_are_set"));
}

struct Setting {
    const Field* field;
    const Value* value;
};

[[noreturn]] void refuse_unknown(const ActorClass& of, const std::string& name) {
    std::vector<std::string> known;
    std::string listed;
    for (const Field& field : of.fields) {
        if (field.kind != Field::Kind::param) continue;
        known.push_back(field.name);
        listed += (listed.empty() ? "" : ", ") + field.name;
    }
    throw Error(Fault::bad_argument, of.name + " has no parameter " + name + "; it has " + (listed.empty() ? "none" : listed) +
                                         did_you_mean(name, known));
}

Setting setting_of(const ActorClass& of, const Value& entry) {
    static const Value nil;
    const Value* name = entry.find("name");
    if (name == nullptr || name->as_text() == nullptr)
        throw Error(Fault::bad_argument, "params: each entry needs a name, a text");
    const Field* field = of.field(Field::Kind::param, *name->as_text());
    if (field == nullptr) refuse_unknown(of, *name->as_text());
    const Value* value = entry.find("value");
    if (value == nullptr) value = &nil;
    try {
        field->check(*value);
    } catch (const Error& error) {
        throw Error(error.code, "parameter " + field->name + ": " + error.text);
    }
    return {field, value};
}

}  // namespace

Value manual_of(const ActorClass& of) {
    Value::Array params;
    for (const Field& field : of.fields)
        if (field.kind == Field::Kind::param) params.push_back(param_row(field, nullptr));
    return Value::Map{{"commands", commands_of(of)}, {"params", std::move(params)}, {"text", of.text}};
}

std::vector<Handler> generic_handlers() {
    std::vector<Handler> handlers(3);
    handlers[0].name = "describe";
    handlers[0].invoke = &answer_describe;
    handlers[1].name = "get_params";
    handlers[1].invoke = &answer_get_params;
    handlers[2].name = "set_params";
    handlers[2].invoke = &answer_set_params;
    return handlers;
}

void set_params(Actor& actor, const Value& body) {
    const ActorClass& of = Inside::class_of(actor);
    const Value* params = body.find("params");
    if (params == nullptr || params->as_array() == nullptr)
        throw Error(Fault::bad_argument, "params is missing: a list of {name, value}");
    std::vector<Setting> settings;
    for (const Value& entry : *params->as_array()) settings.push_back(setting_of(of, entry));
    std::vector<Value> before;
    for (const Setting& each : settings) before.push_back(each.field->get(at(actor, *each.field)));
    try {
        for (const Setting& each : settings) each.field->set(at(actor, *each.field), *each.value);
        TickerAccess::check_periods(actor);
        Inside::params_changed(actor);
    } catch (const std::exception&) {
        for (std::size_t i = settings.size(); i-- > 0;) settings[i].field->set(at(actor, *settings[i].field), before[i]);
        throw;
    }
    Inside::flags(actor).changed = true;
}

}  // namespace peacepie
