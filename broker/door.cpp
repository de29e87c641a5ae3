// door.cpp - hello.  Next: departure.cpp, the way out.
#include "broker/door.hpp"

#include <algorithm>
#include <charconv>

#include "broker/arguments.hpp"
#include "wire/address.hpp"
#include "wire/limits.hpp"
#include "wire/tally_page.hpp"

namespace peacepie::broker {

namespace {

/// Nurseries are numbered from the broker's start in milliseconds of this era, so that a restarted broker gives out none that
/// a worker has from an earlier one (more than a worker a millisecond does not join).
constexpr std::uint64_t era_us = 1'735'689'600'000'000;  // 2025-01-01
constexpr std::uint64_t nursery_max = 1ull << 53;

/// A hello or a page of names is followed by another page.
bool brings_more(const Value& body) {
    const auto* more = body.find("more");
    return more != nullptr && more->as_integer() && *more->as_integer() > 0;
}

}  // namespace

Door::Door(Exchange& exchange, Departure& departure, Unsettled& unsettled)
    : exchange_(exchange), departure_(departure), unsettled_(unsettled),
      last_nursery_(exchange.options.broker_epoch > era_us ? (exchange.options.broker_epoch - era_us) / 1'000 : 0) {}

std::string Door::hello(Peer peer, const Envelope& envelope) {
    try {
        const Guest guest{peer, envelope.mid, Value::decode(envelope.body), envelope.wants_answer()};
        if (!guest.body.as_map()) throw Error(Fault::bad_request, "hello wants a map {role, name, protocol: [min, max]}");
        if (closed_) throw Error(Fault::stopping, "the system is ending");
        check_protocol(guest.body);
        const auto role = text_of(guest.body, "role");
        if (role == "worker") return admit_worker(guest);
        if (role == "client") admit_client(guest);
        else if (role == "launcher") admit_launcher(guest);
        else throw Error(Fault::bad_request, "role is client, worker or launcher");
    } catch (const Error& error) {
        // What is wrong with a hello is wrong with the request: there is no command yet to have arguments.
        refuse(peer, envelope.mid, error.code == code_of(Fault::bad_argument) ? Error(Fault::bad_request, error.text) : error);
    }
    return {};
}

void Door::check_protocol(const Value& body) const {
    const auto* range = body.find("protocol");
    if (range == nullptr || range->is_nil()) return;
    const auto* ends = range->as_array();
    if (ends == nullptr || ends->size() != 2 || !(*ends)[0].as_integer() || !(*ends)[1].as_integer())
        throw Error(Fault::bad_request, "protocol is [min, max]");
    const std::int64_t ours = limits::protocol_version;
    if (*(*ends)[0].as_integer() > ours || *(*ends)[1].as_integer() < ours)
        throw Error(Fault::bad_request, fmt::format("this broker speaks protocol {}; use a client that does", ours));
}

void Door::admit_client(const Guest& guest) {
    if (auto* known = exchange_.roster.find(guest.peer); known != nullptr && known->role == Role::client)
        return welcome(*known, guest, {});
    std::string label = optional_text_of(guest.body, "name").value_or("");
    const bool is_label = is_name(label) && label.size() <= limits::name_size_max / 2;
    auto address = fmt::format("@{}{}{}{}", is_label ? label : "", is_label ? "." : "", exchange_.options.client_mark, ++last_number_);
    welcome(enter(guest, Role::client, std::move(address), {}), guest, {});
}

std::string Door::admit_worker(const Guest& guest) {
    const auto host = name_of(guest.body, "host");
    const auto process = name_of(guest.body, "process");
    const auto node = node_name(host, process);
    if (process == "launcher") throw Error(Fault::bad_request, "launcher is no name for a process");
    const BroughtDeclarations declared(guest.body, exchange_.declared);
    const auto brought = read_brought(guest.body.find("actors"), declared);
    auto moving = Unsettled::read(guest.body.find("moving"), declared);
    auto* old = exchange_.roster.find(node);
    const bool is_known = old != nullptr && old->peer == guest.peer;  // it only was not sure of us
    const auto session_before = optional_text_of(guest.body, "session").value_or("");
    const bool came_back = old != nullptr && !is_known && make_way(*old, session_before);
    const bool is_back = exchange_.withheld.on_hello(node, session_before) || came_back;
    Session& session = is_known ? *old : enter(guest, Role::worker, node, host);
    if (!is_known && session_before.size() <= limits::address_size_max) session.secret_before = session_before;
    if (!is_known) session.is_back = is_back;
    const auto* claims = guest.body.find("prime");
    session.prime = exchange_.roster.take_prime(host, node, claims != nullptr && claims->as_bool() && *claims->as_bool());
    note_claimed(host, process);
    if (!is_known) give_nursery(session, guest.body);
    session.is_remote = flag_of(guest.body, "remote");
    const auto window = credit_in(guest.body, "credit");
    if (!is_known) session.outbox.credit.begin(window);
    const auto* tells = guest.body.find("tells_sends");
    if (!is_known) session.sends.are_told = tells != nullptr && tells->as_bool() && *tells->as_bool();
    if (!is_known && session.sends.are_told) exchange_.traffic.begin(session);
    if (!is_known && window != 0) session.intake = Intake(exchange_.bounds.limit[Bound::credit_window]);
    Value more = Value::Map{};
    if (window != 0) more.set("credit", exchange_.bounds.limit[Bound::credit_window]);
    auto fenced = register_brought(session, brought);
    session.has_brought_all = !brings_more(guest.body);
    if (guest.body.find("gone") != nullptr)
        for (const auto& name : entities_of(guest.body, "gone")) departure_.ended_unheard(name, node);
    more.set("node", node);
    more.set("prime", session.prime);
    more.set("nursery", session.nursery);
    if (!fenced.empty()) more.set("fenced", std::move(fenced));
    welcome(session, guest, std::move(more));
    unsettled_.bring(session, std::move(moving));
    release_awaited(brought);
    for (const auto& name : exchange_.awaited.born_in(session.nursery)) exchange_.release_awaited(name);
    if (is_known) return {};
    log::info(log::Fields{{"node", node}, {"pid", session.pid}, {"actors", session.actors}}, "joined");
    departure_.node_has_joined(node);
    return node;
}

Value::Array Door::bring(Session& worker, const Value& body) {
    const auto brought = read_brought(body.find("actors"), BroughtDeclarations(body, exchange_.declared));
    auto fenced = register_brought(worker, brought);
    release_awaited(brought);
    worker.has_brought_all = !brings_more(body);
    return fenced;
}

void Door::admit_launcher(const Guest& guest) {
    const auto host = name_of(guest.body, "host");
    auto address = host + ".launcher";
    if (auto* old = exchange_.roster.find(address)) {
        if (old->peer == guest.peer) return welcome(*old, guest, {});
        const bool is_dead = old->doomed_at.count() != 0 ||
                             exchange_.outgoing.send_now(old->peer, {.command = "heartbeat", .recipient = old->address}) ==
                                 Sent::peer_unknown;
        if (is_dead) departure_.lose(*old, "another launcher of its host came");
        // Two of one host may live side by side: the later one starts nothing on request but reports its own children.
        else address = fmt::format("@{}.launcher.{}{}", host, exchange_.options.client_mark, ++last_number_);
    }
    welcome(enter(guest, Role::launcher, std::move(address), host), guest, {});
}

// True: the worker comes back over a new connection (it knows its session's secret); false: the old one only seems to live.  A broker
// that was stopped finds a hello on each connection that the worker tried meanwhile, and welcomes it on dead ones first.
bool Door::make_way(Session& old, std::string_view secret) {
    const bool is_same = !secret.empty() && (secret == old.secret || secret == old.secret_before);
    if (is_same) return departure_.lose(old, "it came back over a new connection", Ending::came_back), true;
    if (old.doomed_at.count() != 0) return departure_.lose(old, "another process of its name came"), false;
    const auto sent = exchange_.outgoing.send_now(old.peer, {.command = "heartbeat", .recipient = old.address});
    if (sent == Sent::peer_unknown) return departure_.lose(old, "its connection is gone"), false;
    throw Error(Fault::conflict, old.address + " is alive elsewhere (pid " + std::to_string(old.pid) +
                                     "); give another --process or --host, or end that one first");
}

// Checked as a whole before anything is changed: a worker joins with all of it or not at all.
std::vector<Door::Brought> Door::read_brought(const Value* actors, const BroughtDeclarations& declared) {
    std::vector<Brought> all;
    if (actors == nullptr || actors->is_nil()) return all;
    if (!actors->as_array()) throw Error(Fault::bad_request, "actors is a list of {name, epoch, class_desc, declared}");
    for (const auto& actor : *actors->as_array()) {
        const auto* class_desc = actor.find("class_desc");
        all.push_back({entity_of(actor, "name"),
                       epoch_of(actor, "epoch"),
                       class_desc != nullptr ? class_desc->encoded() : std::string(),
                       declared.of(actor)});
    }
    return all;
}

Value::Array Door::register_brought(Session& session, const std::vector<Brought>& brought) {
    Value::Array fenced;
    for (const auto& actor : brought) {
        const auto* held = exchange_.registry.find(actor.name);
        if (held != nullptr && held->session == &session) continue;
        const auto* waiting = exchange_.fallen.find(actor.name);
        const bool is_removed = waiting != nullptr && waiting->removed;
        const bool has_moved_on = waiting != nullptr && actor.epoch != 0 && actor.epoch < waiting->epoch;
        if (is_removed) exchange_.forget(actor.name);
        const auto* silent = exchange_.withheld.find(actor.name, exchange_.clock.now());
        const bool is_withheld = silent != nullptr && silent->node != session.address;
        if (held != nullptr || is_removed || has_moved_on || is_withheld || !exchange_.registry.has_room(1)) {
            fenced.emplace_back(actor.name);
            continue;
        }
        exchange_.registry.epoch_seen(actor.epoch);
        exchange_.take_back(actor.name, session, actor.epoch, actor.class_desc, actor.declared);
    }
    return fenced;
}

void Door::release_awaited(const std::vector<Brought>& brought) {
    for (const auto& actor : brought)
        if (exchange_.registry.holds(actor.name)) exchange_.release_awaited(actor.name);
}

// After a restart of the broker its survivors tell which numbers are in use.
void Door::note_claimed(std::string_view host, std::string_view process) {
    if (!is_claimed_process(process)) return;
    const auto digits = process.substr(process.rfind('_') + 1);
    std::uint64_t number = 0;
    if (std::from_chars(digits.data(), digits.data() + digits.size(), number).ec != std::errc{}) return;
    if (number >= 1'000'000'000) return;
    auto& next = next_process_[std::string(host)];
    next = std::max(next, number + 1);
}

// A worker keeps its nursery for life: its spawned actors have it in their names.
void Door::give_nursery(Session& session, const Value& hello) {
    const auto* brought = hello.find("nursery");
    const auto* number = brought != nullptr ? brought->as_integer() : nullptr;
    if (number != nullptr && *number > 0 && static_cast<std::uint64_t>(*number) < nursery_max &&
        exchange_.roster.give_nursery(session, static_cast<std::uint64_t>(*number)))
        return void(last_nursery_ = std::max(last_nursery_, session.nursery));
    while (!exchange_.roster.give_nursery(session, ++last_nursery_)) {}
}

Session& Door::enter(const Guest& guest, Role role, std::string address, std::string_view host) {
    if (auto* other = exchange_.roster.find(guest.peer)) departure_.lose(*other, "it said hello as somebody else");
    if (!exchange_.bounds.allows(Bound::sessions, exchange_.roster.size() + 1))
        throw Error(Fault::unavailable, "too many sessions; end some, or try again later");
    exchange_.roster.hear_again(guest.peer);
    Session& session = exchange_.roster.add(guest.peer, role, std::move(address));
    session.host = host;
    session.heard = session.spoken = exchange_.clock.now();
    session.secret = exchange_.options.secret ? exchange_.options.secret() : fmt::format("session-{}", guest.peer);
    if (const auto* pid = guest.body.find("pid"); pid != nullptr && pid->as_integer()) session.pid = *pid->as_integer();
    session.sends.own.stamp = stamp_of(session.secret);
    session.sends.own.pid = session.pid;
    return session;
}

void Door::welcome(Session& session, const Guest& guest, Value more) {
    Value bounds = Value::Map{};
    bounds.set("body_size_max", limits::body_size_max);
    bounds.set("body_depth_max", limits::body_depth_max);
    bounds.set("body_elements_max", limits::body_elements_max);
    bounds.set("batch_size_max", limits::batch_size_max);
    bounds.set("open_asks_max", exchange_.bounds.limit[Bound::asks_of_client]);
    Value body = Value::Map{};
    body.set("address", session.address);
    body.set("session", session.secret);
    body.set("system", exchange_.options.system);
    body.set("heartbeat", std::chrono::duration<double>(limits::heartbeat_interval).count());
    body.set("broker_epoch", exchange_.options.broker_epoch);
    body.set("protocol", limits::protocol_version);
    body.set("limits", std::move(bounds));
    if (auto* fields = more.as_map())
        for (auto& [key, value] : *fields) body.set(std::move(key), std::move(value));
    ++exchange_.counters.handled;
    if (!guest.waits) return;
    const auto bytes = body.encoded();
    const Envelope reply{.kind = Kind::reply, .mid = guest.mid, .command = "welcome", .recipient = session.address, .body = bytes};
    if (session.role == Role::client) exchange_.deliver(reply);  // it may say hello as often as it likes, and read nothing
    else exchange_.outgoing.post_control(session, reply);
}

void Door::refuse(Peer peer, std::uint64_t mid, const Error& error) {
    if (const auto fault = fault_of(error.code)) exchange_.counters.refuse(*fault);
    if (const auto held_back = refusals_.due(exchange_.clock.now()))
        log::warning("a hello was refused: {}: {} ({} like it before)", error.code, error.text, *held_back);
    Value body = Value::Map{};
    body.set("text", error.text);
    body.set("from", "HEAD");
    const auto bytes = body.encoded();
    exchange_.outgoing.send_now(peer, {.kind = Kind::error, .mid = mid, .command = error.code, .body = bytes});
}

std::string Door::claim_process(std::string_view host) {
    auto& next = next_process_[std::string(host)];
    while (exchange_.fallen.by_node().contains(node_name(host, fmt::format("process_{}", next)))) ++next;  // it may come back
    return fmt::format("process_{}", next++);
}

}  // namespace peacepie::broker
