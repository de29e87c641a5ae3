// head_members.cpp - who is where, and moves from there to elsewhere.  Next: moves.cpp
#include <algorithm>
#include <charconv>
#include <set>

#include "broker/arguments.hpp"
#include "broker/head.hpp"

namespace peacepie::broker {

namespace {

constexpr std::string_view page_prefix = "_page_";

/// `_page_3` -> 3; nothing when `id` is no page.
std::optional<std::size_t> page_in(std::string_view id) {
    if (!id.starts_with(page_prefix)) return std::nullopt;
    id.remove_prefix(page_prefix.size());
    std::size_t page = 0;
    const auto [end, failure] = std::from_chars(id.data(), id.data() + id.size(), page);
    if (failure != std::errc{} || end != id.data() + id.size() || page < 1 || page > limits::actors_max)
        throw Error(Fault::bad_argument, "id: a page is _page_1, _page_2, …");
    return page;
}

Value member(std::string_view next_level, std::string_view recipient, std::string_view id) {
    return Value::Map{{"next_level", next_level}, {"recipient", recipient}, {"id", id}};
}

Value members_body(std::string_view level, Value::Array members, std::size_t page, std::size_t size, std::size_t total) {
    const auto pages = (total + size - 1) / size;
    if (page > std::max<std::size_t>(pages, 1))
        throw Error(Fault::bad_argument, fmt::format("id: there are {} pages", std::max<std::size_t>(pages, 1)));
    Value body = Value::Map{};
    body.set("level", level).set("members", std::move(members)).set("total", total);
    if (pages > 1) body.set("nav", Value::Map{{"page", page}, {"pages", pages}});
    return body;
}

bool wish_of(const Value& body, std::string_view key) {
    const auto* field = body.find(key);
    if (field == nullptr || field->is_nil()) return false;
    if (const auto* wish = field->as_bool()) return *wish;
    throw Error(Fault::bad_argument, std::string(key) + " is true or false");
}

std::optional<Probation> probation_in(const Value& body) {
    const bool replay = wish_of(body, "replay");
    const auto* field = body.find("probation");
    if (field == nullptr || field->is_nil()) {
        if (replay) throw Error(Fault::bad_argument, "replay is what a probation may end with; give `probation` as well");
        return std::nullopt;
    }
    if (field->as_map() == nullptr) throw Error(Fault::bad_argument, "probation: expected {errors?, milliseconds?}");
    constexpr auto longest = std::chrono::milliseconds(limits::probation_max).count();
    Probation probation{limits::probation_errors_default, limits::probation_default, replay};
    if (field->find("errors") != nullptr) probation.errors = count_of(*field, "errors", limits::probation_errors_max);
    if (field->find("milliseconds") != nullptr) probation.span = std::chrono::milliseconds(count_of(*field, "milliseconds", static_cast<std::size_t>(longest)));
    return probation;
}

}  // namespace

void Head::get_all_nodes(Command& command) {
    Value::Array nodes;
    for (const auto& [node, session] : exchange_.roster.workers()) nodes.emplace_back(node);
    exchange_.reply(command.asker, "all_nodes", nodes);
}

bool Head::is_awaited(std::string_view name) { return unsettled.holds(name) || exchange_.may_come_back(name); }

void Head::seek_actor(Command& command) {
    const auto entity = address_of(command.body, "entity");
    const auto* wish = command.body.find("with_class_desc");
    const bool with_class_desc = wish != nullptr && wish->as_bool() && *wish->as_bool();
    Value body = Value::Map{};
    body.set("mid", command.envelope.mid);
    if (entity.entity.empty() && exchange_.roster.find_node(entity.node) != nullptr) {
        body.set("node", entity.node).set("entity", {});
        return exchange_.reply(command.asker, "actor_is_found", body);
    }
    const auto name = std::string(entity.key());
    auto* actor = exchange_.registry.find(name);
    auto* born_in = actor == nullptr ? exchange_.roster.birthplace_of(name) : nullptr;
    if (born_in != nullptr) return forward(command, *born_in, "find_actor");
    body.set("entity", name);
    if (actor == nullptr) {
        if (is_awaited(name)) throw Error(Fault::unavailable, std::string(not_back_yet));
        body.set("close", exchange_.close_to(name));
        return exchange_.reply(command.asker, "actor_is_not_found", body);
    }
    body.set("node", actor->session->address);
    if (with_class_desc) body.set("class_desc", Value::decode(exchange_.registry.class_desc(*actor)));
    exchange_.reply(command.asker, "actor_is_found", body);
}

Value Head::hosts_page(std::size_t page, std::size_t size) const {
    std::set<std::string_view> hosts;
    for (const auto& [node, session] : exchange_.roster.workers()) hosts.insert(session->host);
    Value::Array members;
    std::size_t index = 0;
    for (const auto host : hosts) {
        if (index++ / size != page - 1) continue;
        auto* prime = exchange_.roster.prime_of(host);
        members.push_back(member("PRIME", prime != nullptr ? std::string_view(prime->address) : std::string_view(), host));
    }
    return members_body("HEAD", std::move(members), page, size, hosts.size());
}

Value Head::processes_page(std::string_view host, std::size_t page, std::size_t size) const {
    Value::Array members;
    std::size_t index = 0;
    for (const auto& [node, session] : exchange_.roster.workers()) {
        if (session->host != host) continue;
        if (index++ / size == page - 1) members.push_back(member("PROCESS", node, node));
    }
    if (index == 0) throw Error(Fault::bad_argument, "id: no host of that name is connected; see the level HEAD");
    return members_body("PRIME", std::move(members), page, size, index);
}

Value Head::actors_page(const Session& worker, std::size_t page, std::size_t size) const {
    Value::Array members;
    auto offset = (page - 1) * size;  // the admin is the first member of the first page
    auto count = size;
    if (offset == 0) {
        members.push_back(member("ACTOR", worker.address, worker.address));
        --count;
    } else {
        --offset;
    }
    for (const auto& name : exchange_.registry.page(worker, offset, count)) members.push_back(member("ACTOR", name, name));
    return members_body("PROCESS", std::move(members), page, size, worker.actors + 1);
}

void Head::get_members(Command& command) {
    const auto size = count_of(command.body, "page_size", limits::page_size_max);
    const bool is_passed_on = command.from.role == Role::worker;  // by an admin, which was asked about itself
    const bool is_elsewhere = is_passed_on && command.from.host != exchange_.options.host;
    auto level = optional_text_of(command.body, "level").value_or(is_elsewhere ? "PRIME" : "HEAD");
    auto id = optional_text_of(command.body, "id").value_or("");
    std::size_t page = 1;
    if (id == "_back") {
        level = level == "PROCESS" || level == "ACTORS" ? "PRIME" : level == "ACTOR" ? "PROCESS" : "HEAD";
        id.clear();
    } else if (const auto wanted = page_in(id)) {
        page = *wanted;
        id.clear();
    }
    if (const auto* field = command.body.find("page"); field != nullptr && !field->is_nil())
        page = count_of(command.body, "page", limits::actors_max);  // beside an id, which `_page_N` would take the place of
    Value body;
    if (level == "HEAD") {
        body = hosts_page(page, size);
    } else if (level == "PRIME") {
        if (const auto node = node_of(id)) id = host_of(*node);
        if (id.empty()) id = is_passed_on ? command.from.host : exchange_.options.host;
        body = processes_page(id, page, size);
        body.set("_back", Value::Map{{"level", "HEAD"}, {"recipient", {}}, {"id", {}}});
    } else if (level == "PROCESS" || level == "ACTORS") {
        auto* worker = !id.empty() ? exchange_.roster.find_node(id)
                                   : is_passed_on ? &command.from : exchange_.roster.any_prime();
        if (worker == nullptr) throw Error(Fault::bad_argument, "id: no process of that name is connected; see get_all_nodes");
        body = actors_page(*worker, page, size);
        body.set("level", level);
        body.set("_back", Value::Map{{"level", "PRIME"}, {"recipient", {}}, {"id", worker->host}});
    } else if (level == "ACTOR") {
        auto* actor = exchange_.registry.find(id);
        auto* worker = actor != nullptr ? actor->session : exchange_.roster.birthplace_of(id);
        if (worker == nullptr) worker = exchange_.roster.find_node(id);
        if (worker == nullptr) throw Error(Fault::bad_argument, "id: no actor or process of that name; see seek_actor");
        body = members_body(level, {}, 1, size, 0);
        body.set("_back", Value::Map{{"level", "PROCESS"}, {"recipient", worker->address}, {"id", worker->address}});
    } else {
        throw Error(Fault::bad_argument, "level is HEAD, PRIME, PROCESS, ACTORS or ACTOR");
    }
    exchange_.reply(command.asker, "members", body);
}

void Head::recreate_actor(Command& command) {
    const auto refuse = [&](Fault reason, std::string text, Value close = {}) {
        Value body = Value::Map{};
        body.set("reason", code_of(reason)).set("text", std::move(text));
        if (!close.is_nil()) body.set("close", std::move(close));
        exchange_.reply(command.asker, "actor_is_not_recreated", body);
    };
    const auto name = std::string(address_of(command.body, "entity").entity);
    auto* actor = exchange_.registry.find(name);
    if (name.empty()) return refuse(Fault::bad_argument, "entity: expected the name of an actor; an admin stays where it is");
    // Its worker registers a spawned actor before it leaves home for the first time, and passes the command back.
    if (auto* born_in = actor == nullptr ? exchange_.roster.birthplace_of(name) : nullptr; born_in != nullptr && born_in != &command.from)
        return forward(command, *born_in);
    if (const auto* fallen = actor == nullptr ? exchange_.fallen.find(name) : nullptr; fallen != nullptr && !fallen->removed)
        return refuse(Fault::unavailable, "the process of " + name + " died; it is being made again, try again soon");
    if (actor == nullptr && is_awaited(name)) return refuse(Fault::unavailable, std::string(not_back_yet));
    if (actor == nullptr)
        return refuse(Fault::no_such_actor, "there is no actor named " + log::escaped(name), exchange_.close_to(name));
    if (actor->move != nullptr) return refuse(Fault::conflict, "another move of " + name + " is under way; try again after it");
    if (closing.is_under_way()) return refuse(Fault::stopping, "the system is ending");
    if (moves.size() >= limits::moves_max) return refuse(Fault::unavailable, "too many moves are under way; try again later");
    if (command.asker.waits && command.asker.address == name)
        return refuse(Fault::bad_argument, "an actor cannot wait for its own move, because the move waits for its turn "
                                           "to end; send the command instead of asking");
    try {
        begin_move(command, name, *actor);
    } catch (const Error& error) {
        const auto code = fault_of(error.code).value_or(Fault::bad_argument);
        refuse(code, error.text, code == Fault::no_such_node ? exchange_.close_to(text_of(command.body, "node")) : Value());
    }
}

void Head::begin_move(Command& command, std::string_view name, Registration& actor) {
    const auto* node = command.body.find("node");
    Session* target = actor.session;
    if (node != nullptr && !node->is_nil()) {
        const auto wanted = node_in(command.body, "node");
        target = exchange_.roster.find_node(wanted);
        if (target == nullptr)
            throw Error(Fault::no_such_node, "no process " + wanted + " is connected; see get_all_nodes, or create_process");
    }
    const auto* class_desc = command.body.find("class_desc");
    const bool has_class = class_desc != nullptr && !class_desc->is_nil();
    if (has_class && !class_desc->as_map()) throw Error(Fault::bad_argument, "class_desc: expected {requires_dist, class}");
    const auto probation = probation_in(command.body);
    const bool dry_run = wish_of(command.body, "dry_run");
    if (dry_run && probation) throw Error(Fault::bad_argument, "dry_run changes nothing, so there is nothing to be on probation; ask for one of them");
    Nanoseconds whole = limits::move_timeout_default;
    if (command.envelope.timeout_ms) whole = std::chrono::milliseconds(*command.envelope.timeout_ms);
    if (probation && command.asker.waits) {
        const auto least = probation->span + limits::move_beside_probation;
        if (whole < least)
            throw Error(Fault::bad_argument, fmt::format("probation: its answer comes when it is over; give the ask a timeout of {} ms or more, or send the command",
                                                         std::chrono::duration_cast<std::chrono::milliseconds>(least).count()));
        whole -= probation->span + limits::withdrawal_patience;
    }
    auto encoded = has_class ? class_desc->encoded() : std::string();
    // What a move has to say passes the bound, and whoever may ask for moves could ask for ever more.
    if (!exchange_.outgoing.would_take(*target, encoded.size()))
        throw Error(Fault::mailbox_full, "the queue to " + target->address + " is full; try again later");
    moves.begin({.name = std::string(name), .epoch = exchange_.registry.next_epoch(), .source = actor.session->address,
                 .target = target->address, .class_desc = std::move(encoded),
                 .deadline = exchange_.clock.now() + whole, .dry_run = dry_run, .probation = probation},
                command.asker);
}

}  // namespace peacepie::broker
