// exchange.cpp - reaching addresses and saying no.  Next: outgoing.hpp
#include "broker/exchange.hpp"

#include "wire/closest.hpp"
#include "wire/codec.hpp"
#include "broker/relocation.hpp"
#include "wire/spawned_name.hpp"

namespace peacepie::broker {

namespace {

constexpr std::string_view head_name = "HEAD";

Value fault_body(std::string_view text, Value more) {
    Value body = Value::Map{};
    body.set("text", text);
    body.set("from", head_name);
    if (auto* fields = more.as_map())
        for (auto& [key, value] : *fields) body.set(std::move(key), std::move(value));
    return body;
}

}  // namespace

void Exchange::reply(const Asker& to, std::string_view command, const Value& body) {
    ++counters.handled;
    if (!to.waits) return;
    const auto bytes = body.encoded();
    close_ask(to.address, to.mid);
    deliver({.kind = Kind::reply, .mid = to.mid, .command = command, .recipient = to.address, .body = bytes});
}

void Exchange::fail(const Asker& to, Fault fault, std::string_view text, Value more) {
    fail(to, Error(fault, std::string(text)), std::move(more));
}

void Exchange::fail(const Asker& to, const Error& error, Value more) {
    if (const auto fault = fault_of(error.code)) counters.refuse(*fault);
    if (!to.waits) return;
    const auto bytes = fault_body(error.text, std::move(more)).encoded();
    close_ask(to.address, to.mid);
    deliver({.kind = Kind::error, .mid = to.mid, .command = error.code, .recipient = to.address, .body = bytes});
}

void Exchange::say(Session& to, Kind kind, std::uint64_t mid, std::string_view command, const Value& body,
                   std::optional<std::uint32_t> timeout_ms) {
    const auto bytes = body.encoded();
    outgoing.post_control(to, {.kind = kind, .mid = mid, .command = command, .recipient = to.address,
                               .timeout_ms = timeout_ms, .body = bytes});
}

bool Exchange::pass_held(Session& to, const Envelope& envelope, std::string_view encoded) {
    if (!outgoing.post_held(to, encoded)) {
        note_held_ended(envelope);
        refuse(envelope, Fault::mailbox_full, "the queue to the actor's process is full; send less, or later");
        return false;
    }
    to.note_passed(envelope);
    ++counters.routed;
    ++counters.let_go;
    traffic.let_go(envelope);
    return true;
}

bool Exchange::pass(Registration& actor, const Envelope& envelope, std::string_view encoded) {
    if (actor.move != nullptr && actor.move->holds(envelope)) {
        actor.move->hold(encoded, clock.now());
        note_held(envelope);
        return true;
    }
    if (!outgoing.post(*actor.session, encoded)) return false;
    actor.session->note_passed(envelope);
    if (actor.move != nullptr && actor.move->phase() == Relocation::Phase::probation) actor.move->note(envelope, encoded, clock.now(), bounds);
    ++counters.routed;
    return true;
}

void Exchange::deliver(const Envelope& envelope) {
    if (!is_delivered(envelope)) count_dead(envelope);
}

void Exchange::deliver_surely(const Envelope& envelope) {
    if (is_delivered(envelope)) return;
    if (auto* session = way_to(envelope.recipient)) outgoing.post_control(*session, envelope);
    else count_dead(envelope);
}

bool Exchange::is_delivered(const Envelope& envelope) {
    encoded_.clear();
    append_envelope(encoded_, envelope);
    if (auto* actor = registry.find(envelope.recipient)) {
        const bool taken = pass(*actor, envelope, encoded_);
        counters.made += taken ? 1 : 0;
        return taken;
    }
    auto* session = place_of(envelope.recipient);
    return session != nullptr && outgoing.post(*session, encoded_);
}

Session* Exchange::way_to(std::string_view address) {
    auto* actor = registry.find(address);
    return actor != nullptr ? actor->session : place_of(address);
}

Session* Exchange::place_of(std::string_view unregistered) {
    auto* born_in = roster.birthplace_of(unregistered);
    return born_in != nullptr ? born_in : roster.find(unregistered);
}

void Exchange::count_dead(const Envelope& envelope) noexcept {
    ++counters.dead_letters;
    if (envelope.is_answer()) ++counters.dead_answers;
}

bool Exchange::fell(std::string_view name, const Registration& actor, std::string node, Down how) {
    registry.note_change(name);
    if (!actor.declared || actor.declared->restart == Restart::temporary || looks_spawned(name)) return false;
    const auto* before = fallen.find(name);  // it died while it was made again
    const int failures = before != nullptr ? before->failures : 0;
    FallenActor one;
    one.node = std::move(node);
    one.born = actor.born;
    one.epoch = actor.epoch;
    one.class_desc = registry.class_desc(actor);
    one.declared = actor.declared;
    one.down = how;
    one.failures = failures;
    fallen.add(name, std::move(one));
    return true;
}

/// Of a life that is known here it is known how it was declared; a worker knows it of one whose creation was not on disk yet.
void Exchange::take_back(std::string_view name, Session& at, std::uint64_t epoch, std::string_view class_desc, DeclarationPointer declared) {
    auto& added = registry.add(name, at, epoch, registry.intern(class_desc));
    added.declared = std::move(declared);
    if (auto before = fallen.take(name)) {
        added.born = before->born;
        if (added.declared == nullptr || before->epoch >= epoch) added.declared = std::move(before->declared);
    }
}

void Exchange::forget(std::string_view name) {
    fallen.take(name);
    registry.note_change(name);
}

void Exchange::refuse(const Envelope& envelope, Fault fault, std::string_view text, Value more) {
    ++counters.turned_away;
    if (envelope.wants_answer()) return fail(Asker::of(envelope), fault, text, std::move(more));
    counters.refuse(fault);
    count_dead(envelope);
    if (!envelope.is_answer() && !envelope.sender.empty() && !envelope.recipient.empty())
        letters.keep(DeadLetter::of(envelope, fault, text, options.wall_seconds()));
    if (const auto held_back = dead_letters_.due(clock.now()))
        log::warning(log::Fields{{"recipient", envelope.recipient}, {"sender", envelope.sender},
                                 {"command", envelope.command}},
                     "dead letter: {}: {} ({} like it before)", code_of(fault), text, *held_back);
}

void Exchange::refuse_unknown(const Envelope& envelope, std::string_view name, bool is_unsettled) {
    if (const auto* one = fallen.find(name); one != nullptr && !one->removed) {
        if (one->awaited && hold_awaited(envelope, name)) return;
        return refuse(envelope, Fault::unavailable, fmt::format("the process of {} died; it is being made again, ask again soon", name));
    }
    if (is_unsettled) return refuse(envelope, Fault::unavailable, fmt::format("{} is between two processes; ask again soon", name));
    const bool is_place = name.find('.') != name.npos || name.starts_with('@');
    if (!is_place && awaited.may_be_one(name, clock.now())) {
        if (hold_awaited(envelope, name)) return;
        return refuse(envelope, Fault::unavailable, not_back_yet);
    }
    const auto fault = is_place ? Fault::no_such_node : Fault::no_such_actor;
    if (!envelope.wants_answer()) return refuse(envelope, fault, "nobody of that name");
    Value more = Value::Map{};
    more.set("close", close_to(name));
    const auto shown = log::escaped(name.substr(0, limits::name_size_max));  // may be anything, even no text
    refuse(envelope, fault,
           is_place ? fmt::format("nobody with the address {} is connected; get_all_nodes lists the workers", shown)
                    : fmt::format("there is no actor named {}; create it with create_actor, or see get_members", shown),
           std::move(more));
}

bool Exchange::hold_awaited(const Envelope& envelope, std::string_view name) {
    const auto now = clock.now();
    std::string encoded;
    append_envelope(encoded, envelope);
    if (!awaited.has_room_for(encoded.size(), now, bounds)) return false;
    awaited.hold(name, std::move(encoded), now);
    note_held(envelope);
    return true;
}

void Exchange::release_awaited(std::string_view name) {
    if (awaited.empty()) return;
    const auto* actor = registry.find(name);
    auto* to = actor != nullptr ? actor->session : roster.birthplace_of(name);
    for (const auto& mail : awaited.take(name)) {
        Envelope envelope;
        if (read_envelope(mail.encoded, envelope)) continue;  // was read once already
        const auto give_back = [&](Fault fault, std::string_view text) {
            note_held_ended(envelope);
            refuse(envelope, fault, text);
        };
        if (to == nullptr) {
            give_back(Fault::unavailable, "its process has not come back to this broker yet; ask again soon");
            continue;
        }
        if (!envelope.wants_answer()) {
            pass_held(*to, envelope, mail.encoded);
            continue;
        }
        const Nanoseconds whole = envelope.timeout_ms ? std::chrono::milliseconds(*envelope.timeout_ms) : Nanoseconds(limits::ask_timeout_default);
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(mail.since + whole - clock.now()).count();
        if (left <= 0) {
            give_back(Fault::expired, "the time for the answer passed while the broker waited for the process");
            continue;
        }
        envelope.timeout_ms = static_cast<std::uint32_t>(left);
        if (open_ask(envelope, *to) != OpenAsks::Opened::yes) {
            give_back(Fault::unavailable, "too many asks are open; ask again soon");
            continue;
        }
        std::string shortened;
        append_envelope(shortened, envelope);
        pass_held(*to, envelope, shortened);
    }
}

bool Exchange::may_come_back(std::string_view name) {
    const auto now = clock.now();
    if (const auto* one = fallen.find(name)) return one->awaited && !one->removed && !awaited.is_everybody_back(now);
    return awaited.may_be_one(name, now);
}

void Exchange::on_time() {
    for (const auto& name : awaited.overdue(clock.now())) release_awaited(name);
}

OpenAsks::Opened Exchange::open_ask(const Envelope& ask, Session& to) {
    Session* client = ask.sender.starts_with('@') ? roster.find(ask.sender) : nullptr;
    if (client != nullptr && client->role != Role::client) client = nullptr;
    if (client != nullptr && !bounds.allows(Bound::asks_of_client, client->open_asks + 1)) return OpenAsks::Opened::client_full;
    Nanoseconds left = limits::ask_timeout_default;
    if (ask.timeout_ms) left = std::chrono::milliseconds(*ask.timeout_ms);
    const auto deadline = clock.now() + left + limits::answer_grace;
    const auto opened = asks.open(ask.sender, ask.mid, ask.recipient, to.peer, deadline, client != nullptr);
    if (opened == OpenAsks::Opened::table_full) ++bounds.reached[Bound::asks_in_flight];
    if (opened != OpenAsks::Opened::yes) return opened;
    to.was_asked = true;
    if (client != nullptr) ++client->open_asks;
    return opened;
}

bool Exchange::close_ask(std::string_view asker, std::uint64_t mid) {
    if (!asks.close(asker, mid)) return false;
    one_less_open(asker);
    return true;
}

void Exchange::one_less_open(std::string_view asker) {
    if (!asker.starts_with('@')) return;
    if (auto* client = roster.find(asker); client != nullptr && client->open_asks > 0) --client->open_asks;
}

void Exchange::answer_all(const std::vector<Unanswered>& asks, Fault fault, std::string_view text) {
    for (const auto& ask : asks) {
        one_less_open(ask.asker);
        const auto sentence = fmt::format("{}: {}", ask.recipient, text);
        fail({ask.asker, ask.mid, true}, fault, sentence);
    }
}

Value Exchange::close_to(std::string_view name) {
    Value::Array names;
    if (suggestions_left_ <= 0) return names;
    --suggestions_left_;
    Closest places(name);
    for (const auto& [node, session] : roster.workers()) {
        places.offer(node);
        places.offer(std::string_view(node).substr(0, node.rfind('.')));
    }
    for (auto& found : registry.close_to(name)) names.emplace_back(std::move(found));
    for (auto& found : places.take()) names.emplace_back(std::move(found));
    return names;
}

}  // namespace peacepie::broker
