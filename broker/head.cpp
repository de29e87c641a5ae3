// head.cpp - the table, and what HEAD answers like everybody else.  Next: head_members.cpp
#include "broker/head.hpp"

#include <algorithm>

#include "broker/arguments.hpp"
#include "wire/closest.hpp"

namespace peacepie::broker {

const Head::Verb Head::verbs[] = {
    {"ping", Audience::anyone, &Head::ping, "", "answers pong"},
    {"describe", Audience::anyone, &Head::describe, "", "lists the commands of HEAD"},
    {"get_params", Audience::anyone, &Head::get_params, "", "HEAD has none"},
    {"set_params", Audience::anyone, &Head::set_params, "params: list", "HEAD has none"},
    {"stats", Audience::anyone, &Head::stats, "", "counts, times and sizes of the broker"},
    {"subscribe", Audience::anyone, &Head::subscribe, "command: text",
     "a notification after each handled command of that name; intra_linked: after each worker that joins"},
    {"unsubscribe", Audience::anyone, &Head::unsubscribe, "command: text", "ends a subscription"},
    {"monitor", Audience::anyone, &Head::monitor, "actor: address", "one `down {ref, actor, reason}` when that actor has ended"},
    {"demonitor", Audience::anyone, &Head::demonitor, "ref: int", "ends a monitor"},
    {"get_dead_letters", Audience::anyone, &Head::get_dead_letters, "page_size: int?, page: int?, ids: list?, reason: text?, recipient: text?",
     "sends that reached nobody or were refused, oldest first, and how many there were by reason"},
    {"send_again", Audience::anyone, &Head::send_again, "ids: list?, reason: text?, recipient: text?",
     "sends dead letters once more, in their order and from their senders: those that fit all that is said"},
    {"forget_dead_letters", Audience::anyone, &Head::forget_dead_letters, "ids: list?, reason: text?, recipient: text?",
     "drops dead letters: those that fit all that is said"},
    {"quit", Audience::anyone, &Head::quit, "", "ends the whole system"},
    {"get_all_nodes", Audience::anyone, &Head::get_all_nodes, "", "the nodes of all connected workers"},
    {"seek_actor", Audience::anyone, &Head::seek_actor, "entity: address, with_class_desc: bool?", "where an actor lives"},
    {"find_actor", Audience::anyone, &Head::seek_actor, "entity: address, with_class_desc: bool?", "where an actor lives"},
    {"get_members", Audience::anyone, &Head::get_members, "page_size: int, level: text?, id: text?, page: int?",
     "one page of hosts, of a host's processes or of a process's actors"},
    {"recreate_actor", Audience::anyone, &Head::recreate_actor, "entity: address, node: address?, class_desc: map?, dry_run: bool?, probation: map?, replay: bool?",
     "moves an actor with state and mail, or recreates it in place"},
    {"create_actor", Audience::anyone, &Head::to_prime, "class_desc: map, name: text, params: map?, restart: text?, durable: bool?, group: map?",
     "passed on to the first PRIME"},
    {"create_actors", Audience::anyone, &Head::to_prime, "class_desc: map, names: list, params: map?, restart: text?, durable: bool?, group: map?",
     "passed on to the first PRIME"},
    {"remove_actor", Audience::anyone, &Head::to_owner, "name: address", "passed on to the process that holds it"},
    {"create_process", Audience::anyone, &Head::to_prime, "", "passed on to the first PRIME"},
    {"remove_process", Audience::anyone, &Head::to_host_of_node, "node: address", "passed on to the PRIME of its host"},
    {"get_local_nodes", Audience::anyone, &Head::to_prime, "", "passed on to the first PRIME"},
    {"load_package", Audience::anyone, &Head::to_prime, "requires_dist: text", "passed on to the first PRIME"},
    {"get_source_path", Audience::anyone, &Head::to_prime, "", "passed on to the first PRIME"},
    {"get_work_path", Audience::anyone, &Head::to_prime, "", "passed on to the first PRIME"},
    {"register_actors", Audience::parts, &Head::register_actors, "", ""},
    {"unregister_actors", Audience::parts, &Head::unregister_actors, "", ""},
    {"keep_state", Audience::parts, &Head::keep_state, "", ""},
    {"probation_failed", Audience::parts, &Head::probation_failed, "", ""},
    {"bring_actors", Audience::parts, &Head::bring_actors, "", ""},
    {"bring_monitors", Audience::parts, &Head::bring_monitors, "", ""},
    {"claim_process", Audience::parts, &Head::claim_process, "", ""},
    {"await_node", Audience::parts, &Head::await_node, "", ""},
    {"dead_letters", Audience::parts, &Head::dead_letters, "", ""},
    {"process_ended", Audience::parts, &Head::process_ended, "", ""},
    {"fence", Audience::parts, &Head::fence, "", ""},
    {"heartbeat", Audience::parts, &Head::heartbeat, "", ""},
    {"taken", Audience::parts, &Head::taken, "", ""},
    {"bye", Audience::parts, &Head::bye, "", ""},
};

Head::Head(Exchange& exchange)
    : monitors(exchange), moves(exchange, monitors), unsettled(exchange), healing(exchange, unsettled),
      departure(exchange, moves, unsettled, healing, monitors, observers), door(exchange, departure, unsettled),
      closing(exchange, moves, door), exchange_(exchange), started_(exchange.clock.now()) {}

bool is_internal_verb(std::string_view command) noexcept {
    static constexpr std::string_view internal[] = {
        "await_fence", "await_node", "bring_actors", "bring_monitors", "bye", "cancel_move", "claim_process", "dead_letters", "discard", "end_actor", "fence", "freeze",
        "heartbeat", "keep_state", "load", "node_lost", "prepare_move", "probation_failed", "process_ended", "register_actors", "resume",
        "settle", "shut_down", "start", "start_process", "stop_process", "taken", "unregister_actors", "withdraw"};
    return std::binary_search(std::begin(internal), std::end(internal), command);
}

const Head::Verb* Head::verb_named(std::string_view name) {
    const auto found = std::find_if(std::begin(verbs), std::end(verbs), [&](const Verb& verb) { return verb.name == name; });
    return found == std::end(verbs) ? nullptr : found;
}

void Head::on_command(Session& from, const Envelope& envelope) {
    const Verb* verb = verb_named(envelope.command);
    Command command{from, envelope, {}, Asker::of(envelope)};
    // A worker's admin passes its clients' commands on, and its actors have commands as well; those are no parts.
    const bool is_part = from.role != Role::client && (envelope.sender.empty() || envelope.sender == from.address);
    if (command.asker.address.empty()) command.asker.address = from.address;
    if (verb != nullptr && verb->audience == Audience::parts && !is_part) {
        if (verb->answer == &Head::bye && !envelope.wants_answer()) return departure.leave(from);
        verb = nullptr;
    }
    if (verb == nullptr) return not_handled(command);
    try {
        command.body = Value::decode(envelope.body);
        const bool is_observed = !observers.empty() && observers.of(verb->name) != nullptr;
        const Peer peer = from.peer;
        (this->*verb->answer)(command);
        if (is_observed && exchange_.roster.find(peer) != nullptr) notify(verb->name, command);
    } catch (const Error& error) {
        exchange_.fail(command.asker, error);
    }
}

void Head::on_answer(const Session& from, const Envelope& answer) {
    if (Healing::is_of(answer.mid)) healing.on_answer(from, answer);
    else moves.on_answer(from, answer);
}

void Head::on_hello(Peer peer, const Envelope& envelope) {
    const auto node = door.hello(peer, envelope);
    if (node.empty() || observers.of("intra_linked") == nullptr) return;
    Value body = Value::Map{};
    body.set("name", node).set("node", node).set("host", host_of(node)).set("process", process_of(node));
    notify("intra_linked", 0, {}, body);
}

void Head::not_handled(const Command& command) {
    Closest closest(command.envelope.command);
    for (const auto& verb : verbs)
        if (verb.audience == Audience::anyone) closest.offer(verb.name);
    Value::Array names;
    for (auto& name : closest.take()) names.emplace_back(std::move(name));
    Value more = Value::Map{};
    more.set("close", std::move(names));
    const auto shown = log::escaped(command.envelope.command);
    const auto text = fmt::format("HEAD has no command {}; describe lists those it has", shown);
    exchange_.fail(command.asker, Fault::is_not_handled, text, std::move(more));
}

void Head::notify(std::string_view name, const Command& of) {
    notify(name, of.envelope.mid, of.asker.address, of.body);
}

void Head::notify(std::string_view command, std::uint64_t mid, std::string_view sender, const Value& body) {
    const auto* observing = observers.of(command);
    if (observing == nullptr) return;
    Value message = Value::Map{};
    message.set("mid", mid).set("command", command).set("body", body).set("recipient", {});
    message.set("sender", sender.empty() ? Value() : Value(sender));
    const auto bytes = message.encoded();
    for (const auto& address : *observing)
        exchange_.deliver({.command = "notification", .recipient = address, .body = bytes});
}

void Head::ping(Command& command) { exchange_.reply(command.asker, "pong"); }

Value Head::commands_described() {
    Value::Array commands;
    for (const auto& verb : verbs) {
        if (verb.audience != Audience::anyone) continue;
        Value::Array arguments;
        for (std::string_view rest = verb.arguments; !rest.empty();) {
            const auto comma = std::min(rest.find(", "), rest.size());
            auto argument = rest.substr(0, comma);
            rest.remove_prefix(std::min(comma + 2, rest.size()));
            const bool is_optional = argument.ends_with('?');
            if (is_optional) argument.remove_suffix(1);
            const auto colon = argument.find(": ");
            arguments.push_back(Value(Value::Map{{"name", argument.substr(0, colon)},
                                                 {"type", argument.substr(colon + 2)},
                                                 {"optional", is_optional}}));
        }
        commands.push_back(Value(Value::Map{{"name", verb.name}, {"arguments", std::move(arguments)}, {"text", verb.text}}));
    }
    return commands;
}

void Head::describe(Command& command) {
    Value body = Value::Map{};
    body.set("name", "HEAD").set("node", {}).set("package", "peacepie").set("version", exchange_.options.version);
    body.set("class", "Broker").set("commands", commands_described()).set("params", Value::Array{});
    exchange_.reply(command.asker, "description", body);
}

void Head::get_params(Command& command) {
    Value body = Value::Map{};
    body.set("params", Value::Array{});
    exchange_.reply(command.asker, "params", body);
}

void Head::set_params(Command& command) {
    const auto* params = command.body.find("params");
    if (params == nullptr || !params->as_array()) throw Error(Fault::bad_argument, "params: expected a list of {name, value}");
    if (!params->as_array()->empty()) throw Error(Fault::bad_argument, "HEAD has no parameters; nothing is set");
    exchange_.reply(command.asker, "params_are_set");
}

void Head::stats(Command& command) {
    const auto& counters = exchange_.counters;
    Value refused = Value::Map{};
    std::uint64_t all_refused = 0;
    for (std::size_t i = 0; i < fault_codes.size(); ++i) {
        all_refused += counters.refused[i];
        if (counters.refused[i] != 0) refused.set(std::string(fault_codes[i]), counters.refused[i]);
    }
    Value body = Value::Map{};
    body.set("handled", counters.handled).set("failed", 0).set("refused", all_refused).set("refused_by_reason", refused);
    body.set("mailbox", 0).set("mailbox_bytes", exchange_.outgoing.queued_bytes()).set("credit_waits", exchange_.outgoing.credit_waits());
    body.set("uptime", std::chrono::duration<double>(exchange_.clock.now() - started_).count());
    body.set("pid", exchange_.options.pid).set("rss_bytes", exchange_.options.rss_bytes());
    body.set("actors", exchange_.registry.size()).set("sessions", exchange_.roster.size());
    body.set("workers", exchange_.roster.workers().size()).set("open_asks", exchange_.asks.size());
    body.set("moves", moves.size()).set("moved", counters.moves).set("not_moved", counters.moves_failed);
    body.set("frames", counters.frames).set("messages", counters.envelopes).set("routed", counters.routed);
    body.set("for_head", counters.for_head).set("made", counters.made).set("turned_away", counters.turned_away);
    body.set("held", counters.held).set("let_go", counters.let_go).set("held_ended", counters.held_ended);
    body.set("lost", counters.lost).set("dead_letters", counters.dead_letters).set("dead_answers", counters.dead_answers);
    body.set("late_answers", counters.late_answers);
    body.set("dead_letters_kept", exchange_.letters.kept()).set("dead_letters_forgotten", exchange_.letters.forgotten());
    body.set("dead_letters_by_reason", letters_by_reason());
    body.set("fallen", healing.waiting()).set("healed", counters.healed).set("given_up", counters.given_up);
    body.set("set_aside", counters.set_aside);
    body.set("states_kept", counters.states_kept).set("states_refused", counters.states_refused);
    body.set("ledger_failures", counters.ledger_failures).set("monitors", monitors.size());
    body.set("changes_waiting", exchange_.registry.changed().size());
    body.set("malformed", counters.malformed).set("strangers", counters.from_strangers);
    body.set("sessions_closed", counters.closed).set("workers_lost", counters.workers_lost);
    body.set("broker_epoch", exchange_.options.broker_epoch);
    body.set("limits", bounds_shown(exchange_.bounds.limit, Obeys::broker, [&](Bound bound) {
        return bound == Bound::credit_window ? exchange_.outgoing.credit_waits() : exchange_.bounds.reached[bound];
    }));
    exchange_.reply(command.asker, "stats", body);
}

void Head::subscribe(Command& command) {
    const auto wanted = text_of(command.body, "command");
    if (command.asker.address.empty()) throw Error(Fault::bad_argument, "nobody to notify: the message has no sender");
    if (verb_named(wanted) == nullptr && wanted != "intra_linked") {
        const auto shown = log::escaped(wanted);
        throw Error(Fault::bad_argument, "command: HEAD has no command " + shown + "; describe lists them, and there is intra_linked");
    }
    if (!observers.add(wanted, command.asker.address))
        throw Error(Fault::unavailable, "too many subscriptions; unsubscribe some");
    exchange_.reply(command.asker, "subscribed");
}

void Head::unsubscribe(Command& command) {
    const auto wanted = text_of(command.body, "command");
    if (!observers.remove(wanted, command.asker.address))
        throw Error(Fault::bad_argument, "command: you are not subscribed to " + log::escaped(wanted));
    exchange_.reply(command.asker, "unsubscribed");
}

void Head::monitor(Command& command) {
    const auto name = std::string(address_of(command.body, "actor").entity);
    if (name.empty()) throw Error(Fault::bad_argument, "actor: expected the name of an actor; node_lost and get_all_nodes tell of processes");
    if (name.front() == '@') throw Error(Fault::bad_argument, "actor: " + log::escaped(name) + " is a client, whose end is told to nobody");
    if (command.asker.address.empty()) throw Error(Fault::bad_argument, "nobody to tell: the message has no sender");
    const bool is_known = exchange_.registry.find(name) != nullptr;
    if (!is_known && exchange_.roster.birthplace_of(name) != nullptr)
        throw Error(Fault::unavailable, name + " was spawned and has not moved; only its worker knows of its end");
    if (!is_known && is_awaited(name)) throw Error(Fault::unavailable, std::string(not_back_yet));
    // Its `down` passes the bound, and must not be one of ever more.
    if (const auto* way = exchange_.way_to(command.asker.address); way != nullptr && !exchange_.outgoing.would_take(*way))
        throw Error(Fault::unavailable, "the queue to you is full; read what is in it first");
    const auto ref = monitors.add(name, command.asker.address);
    Value body = Value::Map{};
    body.set("ref", ref).set("actor", name);
    exchange_.reply(command.asker, "monitored", body);
    if (!is_known) monitors.on_absent(ref, end_of(name));
}

/// Of one that is not registered.
Down Head::end_of(const std::string& name) {
    const auto* fallen = exchange_.fallen.find(name);
    return fallen != nullptr && !fallen->removed ? fallen->down : Down::no_such_actor;
}

/// Those of actors that a worker has brought back: a broker that died took its own along.
void Head::bring_monitors(Command& command) {
    const auto* rows = command.body.find("monitors");
    if (rows == nullptr || rows->as_array() == nullptr) throw Error(Fault::bad_argument, "monitors: expected a list of [ref, actor, watcher]");
    for (const auto& row : *rows->as_array()) {
        const auto& parts = row.as_array() ? *row.as_array() : Value::Array{};
        if (parts.size() != 3 || !parts[0].as_integer() || *parts[0].as_integer() < 0 || !parts[1].as_text() || !parts[2].as_text())
            throw Error(Fault::bad_argument, "monitors: expected a list of [ref, actor, watcher]");
        const auto& watcher = *parts[2].as_text();
        if (exchange_.way_to(watcher) != &command.from && !is_awaited(watcher)) continue;  // it has ended meanwhile, or lives elsewhere
        monitors.bring(static_cast<std::uint64_t>(*parts[0].as_integer()), *parts[1].as_text(), watcher, command.from.peer);
    }
    settle_monitors();
}

/// Before healing makes anybody again: who has to be made again has ended.
void Head::settle_monitors() {
    monitors.on_time();
    if (!monitors.is_unsettled()) return;
    const bool may_all_be_back = exchange_.clock.now() - started_ >= limits::return_patience;  // one that lost its ledger awaits nobody by name
    monitors.settle([&](const std::string& actor) -> Monitors::Fate {
        if (exchange_.registry.find(actor) != nullptr) return Monitors::Lives{};
        if (is_awaited(actor) || !may_all_be_back) return Monitors::Unknown{};
        const auto* fallen = exchange_.fallen.find(actor);
        return fallen != nullptr ? fallen->down : Down::worker_lost;  // nobody has brought it
    });
}

void Head::demonitor(Command& command) {
    const auto* ref = command.body.find("ref");
    if (ref == nullptr || !ref->as_integer()) throw Error(Fault::bad_argument, "ref: expected the number that `monitored` gave");
    if (!monitors.remove(static_cast<std::uint64_t>(*ref->as_integer()), command.asker.address))
        throw Error(Fault::bad_argument, "ref: no monitor of yours has that number (any more)");
    Value body = Value::Map{};
    body.set("ref", *ref);
    exchange_.reply(command.asker, "demonitored", body);
}

void Head::quit(Command& command) {
    exchange_.reply(command.asker, "is_quiting");
    closing.begin("quit by " + (command.asker.address.empty() ? std::string("nobody named") : command.asker.address));
}

}  // namespace peacepie::broker
