// head_parts.cpp - what workers and launchers say to HEAD in their own name.  Next: departure.cpp
#include <algorithm>
#include <unordered_set>

#include "broker/arguments.hpp"
#include "broker/head.hpp"
#include "wire/spawned_name.hpp"

namespace peacepie::broker {

// All names or none: a half-made list of actors would have to be taken back by the worker, in a race with everybody else.
void Head::register_actors(Command& command) {
    const auto names = entities_of(command.body, "names");
    const auto* class_desc = command.body.find("class_desc");
    if (!exchange_.registry.has_room(names.size()))
        throw Error(Fault::no_space, "the registry is full; remove some actors");
    for (const auto& name : names)
        if (looks_spawned(name) && exchange_.roster.birthplace_of(name) != &command.from)
            throw Error(Fault::denied, name + " was not spawned by you");
    check_free(names);
    const bool is_declared = class_desc != nullptr && !class_desc->is_nil();
    const auto declared = is_declared ? exchange_.declared.keep(Declaration::from(command.body)) : nullptr;
    auto states = declared && declared->durable ? kept_states(names) : Value();
    const auto interned = exchange_.registry.intern(class_desc != nullptr ? class_desc->encoded() : std::string());
    Value::Array epochs;
    epochs.reserve(names.size());
    for (const auto& name : names) {
        const auto* before = looks_spawned(name) ? nullptr : exchange_.fallen.find(name);
        if (!looks_spawned(name)) monitors.on_made(name, before != nullptr ? before->down : Down::worker_lost);
        const auto epoch = looks_spawned(name) ? command.from.nursery : exchange_.registry.next_epoch();
        auto& added = exchange_.registry.add(name, command.from, epoch, interned);
        added.declared = declared;
        epochs.emplace_back(epoch);
        auto* fallen = exchange_.fallen.find(name);
        if (fallen == nullptr) continue;
        if (fallen->made_in == command.from.address) added.born = fallen->born;
        else fallen->forget_at = exchange_.clock.now() + limits::healing_patience;  // made by hand: by then it lives or has failed
    }
    Value body = Value::Map{};
    body.set("epochs", std::move(epochs));
    if (!states.is_nil()) body.set("states", std::move(states));
    if (auto aside = set_aside(names); !aside.as_map()->empty()) body.set("set_aside", std::move(aside));
    exchange_.reply(command.asker, "actors_are_registered", body);
    for (const auto& name : names) exchange_.release_awaited(name);
}

/// For each name what is kept of an earlier life of it, or nil; nil as a whole when there is nothing.
Value Head::kept_states(const std::vector<std::string>& names) {
    Value::Array states;
    std::size_t bytes = 0;
    bool is_any = false;
    for (const auto& name : names) {
        auto kept = exchange_.states.find(name);
        states.push_back(kept ? Value(Value::Map{{"version", kept->version}, {"state", Binary{kept->state}}, {"deliveries", Binary{kept->deliveries}}}) : Value());
        bytes += kept ? kept->state.size() + kept->deliveries.size() : 0;
        is_any |= kept.has_value();
        if (bytes > limits::kept_state_max)
            throw Error(Fault::too_large, "the kept states of these actors are more than a message may carry; create them one by one");
    }
    return is_any ? Value(std::move(states)) : Value();
}

/// {name: [message …]}: which reliable messages are not to be handled any more.
Value Head::set_aside(const std::vector<std::string>& names) const {
    Value aside = Value::Map{};
    if (exchange_.poisons.empty()) return aside;
    for (const auto& name : names)
        if (const auto messages = exchange_.poisons.set_aside(name); !messages.empty()) aside.set(name, convert<std::vector<std::string>>::to(messages));
    return aside;
}

/// Before the answer of the turn that changed it: see states.hpp.
void Head::keep_state(Command& command) {
    const auto name = entity_of(command.body, "name");
    const auto* state = command.body.find("state");
    const auto* actor = exchange_.registry.find(name);
    if (state == nullptr || state->as_binary() == nullptr) throw Error(Fault::bad_request, "keep_state: state is missing");
    const bool is_declared = actor != nullptr && actor->declared != nullptr;
    if (actor == nullptr || actor->session != &command.from || (is_declared && !actor->declared->durable))
        throw Error(Fault::fenced, name + " is not a durable actor of " + command.from.address);
    const auto* deliveries = command.body.find("deliveries");
    Ledger::Kept kept{optional_text_of(command.body, "version").value_or(""), state->as_binary()->bytes,
                      deliveries != nullptr && deliveries->as_binary() ? deliveries->as_binary()->bytes : std::string()};
    // Without a declaration, for which there was no room when it was brought, nobody could make it again with what is kept.
    if (is_declared && exchange_.states.put(name, std::move(kept))) {
        if (exchange_.states.are_on_disk()) command.from.said_state_in = exchange_.states.round();
        return void(++exchange_.counters.states_kept);
    }
    exchange_.states.had_no_room(name);
    ++exchange_.counters.states_refused;
    Value body = Value::Map{};
    body.set("name", name);
    const auto bytes = body.encoded();
    exchange_.outgoing.post_control(command.from, {.command = "state_is_not_kept", .recipient = command.from.address, .body = bytes});
    throw Error(Fault::no_space, "there is no room for the state of " + name);
}

void Head::probation_failed(Command& command) {
    const auto* epoch = command.body.find("epoch");
    const auto life = epoch != nullptr && epoch->as_integer() ? static_cast<std::uint64_t>(*epoch->as_integer()) : 0;
    moves.on_misbehaved(command.from, entity_of(command.body, "entity"), life, optional_text_of(command.body, "text").value_or("no reason given"));
    ++exchange_.counters.handled;
}

void Head::check_free(const std::vector<std::string>& names) {
    std::unordered_set<std::string_view> seen;
    for (const auto& name : names) {
        if (!seen.insert(name).second) throw Error(Fault::conflict, "the name " + name + " is in the list twice");
        if (const auto* taken = exchange_.registry.find(name))
            throw Error(Fault::conflict, "the name " + name + " is taken by an actor in " + taken->session->address);
        const auto now = exchange_.clock.now();
        if (const auto* silent = exchange_.withheld.find(name, now))
            throw Error(Fault::unavailable, fmt::format("the name {} may still be in use in {}, of which nothing is heard; it is free in {} s", name, silent->node,
                                                        std::chrono::ceil<std::chrono::seconds>(silent->until - now).count()));
    }
}

void Head::unregister_actors(Command& command) {
    const bool by_itself = flag_of(command.body, "ended");
    const bool unborn = flag_of(command.body, "unborn");
    const bool removed = flag_of(command.body, "removed");
    const bool is_failure = unborn || flag_of(command.body, "failed");
    const bool by_another = removed || flag_of(command.body, "killed");
    for (const auto& name : entities_of(command.body, "names")) {
        auto* actor = exchange_.registry.find(name);
        if (actor == nullptr) {
            if (!unborn) healing.ended_unheard(name, command.from.address);
            continue;
        }
        if (actor->session != &command.from) continue;  // moved on
        exchange_.states.ended(name);
        if (actor->move != nullptr) moves.on_withdrawn(*actor);
        auto how = is_failure ? Down::error : by_another ? Down::killed : Down::normal;
        if (by_itself && !healing.retired(name, *actor)) how = Down::error;
        if (!by_itself && !unborn && !healing.ended_for_group(name, *actor)) exchange_.forget(name);
        if (removed) exchange_.poisons.forget(name);
        if (removed && actor->declared && actor->declared->durable) exchange_.states.drop(name);
        exchange_.registry.remove(name);
        monitors.on_down(name, how);
    }
    exchange_.reply(command.asker, "actors_are_unregistered");
}

void Head::bring_actors(Command& command) {
    const auto* actors = command.body.find("actors");
    if (command.from.role != Role::worker || actors == nullptr) throw Error(Fault::bad_request, "a worker brings actors: a list of {name, epoch, class_desc}");
    Value body = Value::Map{};
    if (auto fenced = door.bring(command.from, command.body); !fenced.empty()) body.set("fenced", std::move(fenced));
    exchange_.reply(command.asker, "actors_are_brought", body);
}

void Head::claim_process(Command& command) {
    if (!command.from.prime) throw Error(Fault::denied, "only a PRIME may claim a process");
    int living = 0;
    for (const auto& [node, session] : exchange_.roster.workers()) living += session->host == command.from.host ? 1 : 0;
    if (living >= limits::processes_per_host_max)
        throw Error(Fault::unavailable, "the host has as many processes as it may; remove some");
    Value body = Value::Map{};
    body.set("process", door.claim_process(command.from.host));
    exchange_.reply(command.asker, "process_is_claimed", body);
}

void Head::await_node(Command& command) {
    const auto node = node_in(command.body, "node");
    if (exchange_.roster.find_node(node) != nullptr) {
        Value body = Value::Map{};
        body.set("node", node);
        return exchange_.reply(command.asker, "node_has_joined", body);
    }
    Nanoseconds patience = limits::process_start_timeout;
    if (command.envelope.timeout_ms) patience = std::chrono::milliseconds(*command.envelope.timeout_ms);
    departure.await_node(node, command.asker, exchange_.clock.now() + patience);
}

void Head::process_ended(Command& command) {
    const auto node = node_in(command.body, "node");
    if (command.from.role != Role::launcher || host_of(node) != command.from.host)
        throw Error(Fault::denied, "only the launcher of a host speaks of its processes");
    const auto* lost = command.body.find("lost");
    const auto* pid = command.body.find("pid");
    const auto number = pid != nullptr && pid->as_integer() ? std::optional(*pid->as_integer()) : std::nullopt;
    const auto text = log::escaped(optional_text_of(command.body, "text").value_or("no reason given")).substr(0, limits::dead_letter_text_max);
    if (const auto page = lost != nullptr ? Unread::from_value(*lost) : std::nullopt; page && number) departure.unread(node, *number, *page, text);
    const auto short_text = [&](const char* field) {  // it is kept: what is longer than any name of ours is none
        auto said = optional_text_of(command.body, field);
        return said && said->size() <= 2 * limits::address_size_max ? said : std::nullopt;
    };
    departure.process_ended(node, number, text, short_text("actor"), short_text("message").value_or(""), flag_of(command.body, "asked"));
    exchange_.reply(command.asker, "noted");
}

// Back to where it came from, behind everything that worker's actors had sent to the moved one before.
void Head::fence(Command& command) {
    ++exchange_.counters.handled;
    exchange_.outgoing.post_control(command.from, {.command = "fence", .recipient = command.from.address,
                                                   .body = command.envelope.body});
}

/// Hearing it is all that a launcher's is for.
void Head::heartbeat(Command& command) {
    auto& from = command.from;
    if (from.role != Role::worker) return;
    exchange_.losses.told(from, command.body);
    const auto told = from.secret_before.empty() && !from.is_back ? std::nullopt : Unread::from_value(command.body);
    if (!told || told->stamp != stamp_of(from.secret)) return;
    // It has read its welcome: what it said before that comes late, by a connection that it has given up, and is nobody's.
    from.secret_before.clear();
    if (std::exchange(from.is_back, false)) moves.on_end_of_copies(from.address);
}

void Head::taken(Command& command) { command.from.outbox.credit.give_back(credit_in(command.body, "bytes")); }

void Head::bye(Command& command) {
    exchange_.losses.told(command.from, command.body);
    command.from.sends.said_goodbye = true;
    departure.leave(command.from);
}

}  // namespace peacepie::broker
