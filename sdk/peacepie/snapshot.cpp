// snapshot.cpp - saving and loading by name.
//
// Next: the worker carries the bytes to another process or to disk.
#include "peacepie/snapshot.hpp"

#include "peacepie/inside.hpp"

namespace peacepie {
namespace {

const char* section_of(Field::Kind kind) noexcept { return kind == Field::Kind::param ? "params" : "state"; }

void* at(Actor& actor, std::uint32_t offset) noexcept { return reinterpret_cast<char*>(&actor) + offset; }

bool is_known(const ActorClass& of, std::string_view section, std::string_view name) {
    if (section == "params") return of.field(Field::Kind::param, name) != nullptr;
    if (section == "state") return of.field(Field::Kind::state, name) != nullptr;
    for (const TickerField& field : of.tickers)
        if (field.handler.name == name) return section == "tickers";
    return false;
}

/// What of `state` this class has no place for, in the same shape; nil when all has.
Value unknown_part(const ActorClass& of, const Value& state) {
    Value unknown;
    if (state.as_map() == nullptr) return unknown;
    for (const auto& [section, fields] : *state.as_map()) {
        if (fields.as_map() == nullptr) continue;
        Value rest;
        for (const auto& [name, value] : *fields.as_map())
            if (!is_known(of, section, name)) rest.set(name, value);
        if (!rest.is_nil()) unknown.set(section, std::move(rest));
    }
    return unknown;
}

void keep_unknown(Actor& actor, const Value& state, const std::string& from_version) {
    Value unknown = unknown_part(Inside::class_of(actor), state);
    if (unknown.is_nil()) return;
    for (const auto& [section, fields] : *unknown.as_map())
        for (const auto& [name, value] : *fields.as_map())
            Inside::host(actor).log(Level::info, section + " of version " + from_version + " has " + name +
                                                     ", which this version does not know; it is kept as it is");
    Inside::kept(actor) = std::make_unique<Value>(std::move(unknown));
}

/// Parameters given at creation: a name that is not there is a mistake of the giver.
void refuse_unknown(const ActorClass& of, const Value& state) {
    const Value unknown = unknown_part(of, state);
    if (unknown.is_nil()) return;
    const auto& [section, fields] = unknown.as_map()->front();
    throw Error(Fault::bad_argument, of.name + " has no " + fields.as_map()->front().first + " in its " + section);
}

void load_fields(Actor& actor, const Value& state) {
    for (const Field& field : Inside::class_of(actor).fields) {
        const Value* section = state.find(section_of(field.kind));
        const Value* value = section != nullptr ? section->find(field.name) : nullptr;
        if (value == nullptr) continue;
        try {
            field.set(at(actor, field.offset), *value);
        } catch (const Error& error) {
            throw Error(error.code, std::string(section_of(field.kind)) + " " + field.name + ": " + error.text);
        }
    }
    const Value* tickers = state.find("tickers");
    if (tickers == nullptr) return;
    for (const TickerField& field : Inside::class_of(actor).tickers)
        if (const Value* saved = tickers->find(field.handler.name)) TickerAccess::load(actor, field, *saved);
}

void add(Value& state, const char* section, const std::string& name, Value value) {
    if (state.find(section) == nullptr) state.set(section, Value::Map{});
    for (auto& [key, fields] : *state.as_map())
        if (key == section) fields.set(name, std::move(value));
}

}  // namespace

std::string saved_state(Actor& actor) {
    Value state = Value::Map{};
    for (const Field& field : Inside::class_of(actor).fields)
        add(state, section_of(field.kind), field.name, field.get(at(actor, field.offset)));
    for (const TickerField& field : Inside::class_of(actor).tickers)
        if (Value saved = TickerAccess::saved(actor, field); !saved.is_nil())
            add(state, "tickers", field.handler.name, std::move(saved));
    if (const auto& kept = Inside::kept(actor))
        for (const auto& [section, fields] : *kept->as_map())
            for (const auto& [name, value] : *fields.as_map()) add(state, section.c_str(), name, value);
    Inside::flags(actor).changed = false;
    return state.encoded();
}

void load_state(Actor& actor, std::string_view bytes, std::string from_version, const std::string& own_version) {
    Value state = Value::decode(bytes);
    if (from_version.empty()) {
        refuse_unknown(Inside::class_of(actor), state);
    } else {
        if (from_version != own_version) Inside::upgrade(actor, from_version, state);
        keep_unknown(actor, state, from_version);
    }
    load_fields(actor, state);
    if (!from_version.empty()) Inside::self_check(actor);
}

}  // namespace peacepie
