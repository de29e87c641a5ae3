// system.cpp - the system's commands with types, by the table in PROTOCOL.md.
//
// Each verb is sent to the admin of this actor's own process, which passes on what is not its own, unless it concerns
// another node or an actor.
// Next: ask.cpp sends them.
#include "peacepie/system.hpp"

#include "peacepie/actor.hpp"

namespace peacepie {
namespace {

using namespace std::chrono_literals;

constexpr Seconds long_work = 60s;  // many actors, a large state, a package from disk

/// Anything but the expected answer is a refusal: `{reason, text}`.
void expect(const Reply& reply, std::string_view wanted) {
    if (reply.command == wanted) return;
    const Value* reason = reply.body.find("reason");
    const Value* text = reply.body.find("text");
    std::string code(code_of(Fault::unavailable));
    std::string sentence(reply.command.text());
    if (reason != nullptr && reason->as_text() != nullptr) code = *reason->as_text();
    if (text != nullptr && text->as_text() != nullptr) sentence += ": " + *text->as_text();
    throw Error(std::move(code), std::move(sentence));
}

Named class_desc(const std::string& package, const std::string& class_name) {
    return {"class_desc", Value::Map{{"requires_dist", package}, {"class", class_name}}};
}

Recipient read_created(Reply reply) {
    expect(reply, "actor_is_created");
    // A name moves with its actor, so the entity alone is the better address; a process has none.
    if (auto entity = reply.get<std::optional<std::string>>("entity")) return Recipient(*entity);
    return Recipient(reply.get<std::string>("node"));
}

Recipients read_all_created(Reply reply) {
    expect(reply, "actors_are_created");
    return reply.get<Recipients>("entities");
}

Move read_moved(Reply reply) {
    expect(reply, "actor_is_recreated");
    return {reply.get<Recipient>("node"), reply.get<std::optional<double>>("pause_us").value_or(0),
            reply.get<std::optional<std::int64_t>>("moved_messages").value_or(0),
            reply.get<std::optional<std::int64_t>>("state_bytes").value_or(0)};
}

Found read_found(Reply reply) {
    expect(reply, "actor_is_found");
    return {reply.get<Recipient>("node"), reply.get<std::string>("entity")};
}

}  // namespace

template <class T>
Ask<T> Actor::verb(const To& to, const Command& command, std::string_view body, Seconds span, T (*read)(Reply)) {
    const auto timeout = std::chrono::duration_cast<std::chrono::nanoseconds>(span);
    return {std::make_unique<AskState>(*this, to, command, body, timeout), read};
}

Ask<Recipient> Actor::create_process() {
    return verb<Recipient>(node(), "create_process", {}, limits::process_start_timeout + 2s, read_created);
}

Ask<void> Actor::remove_process(const Recipient& process) {
    return verb<void>(node(), "remove_process", encoded(named("node", process)), long_work,
                      [](Reply reply) { expect(reply, "process_is_removed"); });
}

Ask<Recipient> Actor::create_actor(const Recipient& on_node, std::string package, std::string class_name,
                                   std::string actor_name) {
    const std::string body = encoded(class_desc(package, class_name), named("name", actor_name));
    return verb<Recipient>(on_node, "create_actor", body, long_work, read_created);
}

Ask<Recipients> Actor::create_actors(const Recipient& on_node, std::string package, std::string class_name,
                                     std::vector<std::string> names) {
    const std::string body = encoded(class_desc(package, class_name), named("names", names));
    return verb<Recipients>(on_node, "create_actors", body, long_work, read_all_created);
}

Ask<void> Actor::remove_actor(const Recipient& actor) {
    return verb<void>(node(), "remove_actor", encoded(named("name", actor)), limits::ask_timeout_default,
                      [](Reply reply) { expect(reply, "actor_is_removed"); });
}

Ask<Move> Actor::recreate_actor(const Recipient& actor, const Recipient& to_node) {
    return verb<Move>(node(), "recreate_actor", encoded(named("entity", actor), named("node", to_node)), long_work, read_moved);
}

Ask<Found> Actor::seek_actor(const Recipient& actor) {
    return verb<Found>(node(), "seek_actor", encoded(named("entity", actor)), limits::ask_timeout_default, read_found);
}

Ask<Recipients> Actor::get_all_nodes() {
    return verb<Recipients>(node(), "get_all_nodes", {}, limits::ask_timeout_default, [](Reply reply) {
        expect(reply, "all_nodes");
        return reply.as<Recipients>();
    });
}

Ask<Recipients> Actor::get_local_nodes() {
    return verb<Recipients>(node(), "get_local_nodes", {}, limits::ask_timeout_default, [](Reply reply) {
        expect(reply, "local_nodes");
        return reply.as<Recipients>();
    });
}

Ask<std::int64_t> Actor::monitor(const Recipient& actor) {
    return verb<std::int64_t>(node(), "monitor", encoded(named("actor", actor)), limits::ask_timeout_default, [](Reply reply) {
        expect(reply, "monitored");
        return reply.get<std::int64_t>("ref");
    });
}

Ask<void> Actor::demonitor(std::int64_t ref) {
    return verb<void>(node(), "demonitor", encoded(named("ref", ref)), limits::ask_timeout_default,
                      [](Reply reply) { expect(reply, "demonitored"); });
}

Ask<Value> Actor::get_params(const Recipient& actor) {
    return verb<Value>(actor, "get_params", {}, limits::ask_timeout_default, [](Reply reply) {
        expect(reply, "params");
        return reply.get<Value>("params");
    });
}

Ask<Value> Actor::describe(const Recipient& actor) {
    return verb<Value>(actor, "describe", {}, limits::ask_timeout_default, [](Reply reply) {
        expect(reply, "description");
        return reply.body;
    });
}

Ask<void> Actor::set_params(const Recipient& actor, std::vector<Named> params) {
    Value::Array rows;
    for (Named& param : params) rows.push_back(Value::Map{{"name", std::move(param.name)}, {"value", std::move(param.value)}});
    return verb<void>(actor, "set_params", encoded(Named{"params", std::move(rows)}), limits::ask_timeout_default,
                      [](Reply reply) { expect(reply, "params_are_set"); });
}

Ask<void> Actor::subscribe(const Recipient& actor, std::string command) {
    return verb<void>(actor, "subscribe", encoded(named("command", command)), limits::ask_timeout_default,
                      [](Reply reply) { expect(reply, "subscribed"); });
}

Ask<void> Actor::unsubscribe(const Recipient& actor, std::string command) {
    return verb<void>(actor, "unsubscribe", encoded(named("command", command)), limits::ask_timeout_default,
                      [](Reply reply) { expect(reply, "unsubscribed"); });
}

}  // namespace peacepie
