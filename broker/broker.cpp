// broker.cpp - the way of an envelope through the broker; the usual one first.  Next: head.cpp
#include "broker/broker.hpp"

#include <algorithm>
#include <utility>

#include "wire/address.hpp"
#include "wire/aging.hpp"
#include "wire/codec.hpp"

namespace peacepie::broker {

void Broker::on_frame(Peer peer, std::string_view frame) {
    ++exchange_.counters.frames;
    Session* from = exchange_.roster.find(peer);
    if (from != nullptr) {
        from->heard = exchange_.clock.now();
        if (const auto bytes = from->intake.take_in(frame.size())) exchange_.outgoing.tell(*from, bytes);
    }
    read(peer, from, frame);
}

void Broker::read(Peer peer, Session* from, std::string_view frame) {
    FrameReader reader(frame);
    EnvelopeReader envelopes;
    Envelope last;
    stream_ = nullptr;
    while (const auto encoded = reader.next()) {
        const auto fault = envelopes.read(*encoded, last);
        if (stream_ != nullptr && envelopes.repeats() && exchange_.outgoing.post_if_room(*stream_, *encoded)) {
            ++exchange_.counters.envelopes;
            ++exchange_.counters.routed;
            ++stream_->sends.numbers->passed, ++from->sends.numbers->received;
            continue;
        }
        stream_ = nullptr;
        if (from != nullptr && from->said_state_in == exchange_.states.round() && !fault && !is_state(last)) {
            append_batched(behind_states_[peer], *encoded);
            continue;
        }
        Envelope envelope = last;  // stamping and shortening change it
        if (from == nullptr && !on_stranger(peer, fault ? nullptr : &envelope)) return;
        else if (from != nullptr && fault) on_malformed(*from, *fault);
        else if (from != nullptr) on_envelope(*from, envelope, *encoded);
        from = exchange_.roster.find(peer);  // it may have come or gone
    }
    if (!reader.is_malformed()) return;
    if (from == nullptr) static_cast<void>(on_stranger(peer, nullptr));
    else on_malformed(*from, Fault::bad_request);
}

void Broker::on_envelope(Session& from, Envelope& envelope, std::string_view encoded) {
    ++exchange_.counters.envelopes;
    if (from.role == Role::client) stamp(from, envelope, encoded);
    if (!take_back(from, envelope)) return;
    if (is_too_late(envelope)) return exchange_.refuse(envelope, Fault::expired, "its time was over before it came here");
    if (exchange_.states.may_be_forgotten() && !is_kept(from, envelope, encoded)) return;
    if (!envelope.recipient.empty()) {
        const bool is_tallied = envelope.is_tallied();
        if (auto* actor = exchange_.registry.find(envelope.recipient)) to_actor(from, *actor, envelope, encoded);
        else elsewhere(from, envelope, encoded);
        if (is_tallied) ++from.sends.numbers->received;  // behind what became of it: better twice than never, should the broker die here
        return;
    }
    if (envelope.recipient_handle != 0)
        return exchange_.refuse(envelope, Fault::no_such_actor, "the broker gave no such handle; name the recipient");
    if (envelope.is_answer()) return head_.on_answer(from, envelope);
    ++exchange_.counters.for_head;
    if (envelope.command == "hello") return on_hello(from.peer, envelope);
    head_.on_command(from, envelope);
}

void Broker::to_actor(const Session& from, Registration& actor, const Envelope& envelope, std::string_view encoded) {
    if (envelope.kind == Kind::ask && !note_ask(envelope, *actor.session)) return;
    if (envelope.is_answer() && !note_answer(from, envelope)) return;
    if (!exchange_.pass(actor, envelope, encoded))
        return exchange_.refuse(envelope, Fault::mailbox_full, "the queue to the actor's process is full; send less, or later");
    if (actor.move == nullptr) note_way(from, envelope, *actor.session);
}

void Broker::to_session(const Session& from, Session& to, const Envelope& envelope, std::string_view encoded) {
    // What a worker sends to a spawned actor of its own that has ended comes back to it, and it answers within itself.
    const bool returns = &from == &to && !envelope.sender.starts_with('@');
    if (envelope.kind == Kind::ask && !returns && !note_ask(envelope, to)) return;
    if (envelope.is_answer() && !note_answer(from, envelope)) return;
    if (!exchange_.outgoing.post(to, encoded))
        return exchange_.refuse(envelope, Fault::mailbox_full, "the queue to the recipient is full; send less, or later");
    ++exchange_.counters.routed;
    to.note_passed(envelope);
    note_way(from, envelope, to);
}

// What a client says of itself is not believed, and its asks always have a time limit.
void Broker::stamp(const Session& from, Envelope& envelope, std::string_view& encoded) {
    envelope.sender = from.address;
    if (envelope.wants_answer() && !envelope.timeout_ms)
        envelope.timeout_ms = static_cast<std::uint32_t>(std::chrono::milliseconds(limits::ask_timeout_default).count());
    stamped_.clear();
    append_envelope(stamped_, envelope);
    encoded = stamped_;
}

// Not a registered name: a spawned actor that never left its worker, a peer, an address with decoration, or nobody.
void Broker::elsewhere(Session& from, Envelope& envelope, std::string_view encoded) {
    if (auto* born_in = exchange_.roster.birthplace_of(envelope.recipient)) return to_session(from, *born_in, envelope, encoded);
    if (auto* to = exchange_.roster.find(envelope.recipient)) {
        const bool is_private = to->role != Role::client && from.role == Role::client &&
                                (to->role == Role::launcher || is_internal_verb(envelope.command));
        if (!is_private) return to_session(from, *to, envelope, encoded);
        return exchange_.refuse(envelope, Fault::is_not_handled, "that command is for the parts of the system only");
    }
    const auto address = Address::parse(envelope.recipient);
    if (!address)
        return exchange_.refuse(envelope, Fault::bad_request, "the recipient is no address: [system!][host.process/]entity");
    if (!address->system.empty() && address->system != exchange_.options.system)
        return exchange_.refuse(envelope, Fault::unavailable, "the system " + address->system + " is not connected to this one");
    if (address->key() == envelope.recipient) return exchange_.refuse_unknown(envelope, address->key(), head_.unsettled.holds(address->key()));
    // The same envelope again, with the shortest name of its recipient.
    recipient_ = address->key();
    envelope.recipient = recipient_;
    std::string renamed;
    append_envelope(renamed, envelope);
    if (auto* actor = exchange_.registry.find(recipient_)) to_actor(from, *actor, envelope, renamed);
    else elsewhere(from, envelope, renamed);
    stream_ = nullptr;  // what follows has the long name again
}

// A worker passes a client's ask on, to HEAD as well, or back when its actor has gone elsewhere: it is the same ask, to be opened or answered
// again on its further way.
bool Broker::take_back(const Session& from, const Envelope& envelope) {
    if (!envelope.wants_answer() || from.role != Role::worker || !envelope.sender.starts_with('@')) return true;
    const bool is_for_head = envelope.recipient.empty();  // which closes it by itself
    if (is_for_head ? !exchange_.has_had_answer(envelope) : exchange_.close_ask(envelope.sender, envelope.mid)) return true;
    ++exchange_.counters.turned_away;  // it has had its answer, while the worker was away: another would be its second
    exchange_.counters.refuse(Fault::expired);
    return false;
}

// What a durable actor says goes with its state: nobody is told what may be forgotten.  An answer becomes an error; false: anything else ends here.
bool Broker::is_kept(const Session& from, Envelope& envelope, std::string_view& encoded) {
    const Error* why = from.role == Role::worker ? exchange_.states.why_unkept(envelope.sender) : nullptr;
    if (why == nullptr) return true;
    const auto fault = why->code == code_of(Fault::no_space) ? Fault::no_space : Fault::unavailable;
    const auto text = fmt::format("the state of {} that goes with it could not be kept: {}", envelope.sender, why->text);
    if (!envelope.is_answer()) {
        exchange_.refuse(envelope, fault, text);
        from.sends.numbers->received += envelope.is_tallied() ? 1 : 0;
        return false;
    }
    exchange_.counters.refuse(fault);
    why_unkept_ = Value(Value::Map{{"text", text}, {"from", "HEAD"}}).encoded();
    envelope.kind = Kind::error;
    envelope.command = code_of(fault);
    envelope.body = why_unkept_;
    stamped_.clear();
    append_envelope(stamped_, envelope);
    encoded = stamped_;
    return true;
}

bool Broker::note_ask(const Envelope& envelope, Session& to) {
    switch (exchange_.open_ask(envelope, to)) {
        case OpenAsks::Opened::yes: return true;
        case OpenAsks::Opened::mid_in_use:
            exchange_.refuse(envelope, Fault::bad_request, "an ask with this mid is open; give each its own");
            return false;
        case OpenAsks::Opened::client_full:
            exchange_.refuse(envelope, Fault::unavailable, "you have too many open asks; wait for some answers");
            return false;
        case OpenAsks::Opened::table_full: break;
    }
    exchange_.refuse(envelope, Fault::unavailable, "too many asks are open in the system; try again later");
    return false;
}

// False: it comes too late for a client, which has had its error.  Workers judge for themselves.
bool Broker::note_answer(const Session& from, const Envelope& envelope) {
    // A client answers what it was asked and nothing else: an admin or an actor believes whoever knows the number.
    const bool may_answer = from.role != Role::client || exchange_.asks.is_open_at(envelope.recipient, envelope.mid, from.peer);
    if (head_.moves.size() != 0) head_.moves.on_answer_passing(from, envelope);
    if (may_answer && (exchange_.close_ask(envelope.recipient, envelope.mid) || !envelope.recipient.starts_with('@'))) return true;
    ++exchange_.counters.late_answers;
    return false;
}

// It may be the end of a session whose mail waits.
void Broker::on_hello(Peer peer, const Envelope& envelope) {
    pass_on_behind_states();
    head_.on_hello(peer, envelope);
}

// Before hello nothing is served and nothing is remembered.  True: it has said hello.
bool Broker::on_stranger(Peer peer, const Envelope* envelope) {
    ++exchange_.counters.from_strangers;
    const bool is_hello = envelope != nullptr && envelope->command == "hello" && envelope->recipient.empty();
    if (is_hello) return on_hello(peer, *envelope), true;
    if (exchange_.roster.is_silenced(peer)) return false;
    Value body = Value::Map{};
    body.set("text", envelope != nullptr ? "this connection has no session (any more); say hello first"
                                         : "this is no frame; see PROTOCOL.md section 3, and say hello first");
    body.set("from", "HEAD");
    const auto bytes = body.encoded();
    exchange_.outgoing.send_now(peer, {.kind = Kind::error, .mid = envelope != nullptr ? envelope->mid : 0,
                                       .command = code_of(envelope != nullptr ? Fault::no_session : Fault::bad_request),
                                       .body = bytes});
    return false;
}

void Broker::on_malformed(Session& from, Fault fault) {
    ++exchange_.counters.malformed;
    const auto now = exchange_.clock.now();
    if (now - from.malformed_since > limits::malformed_window) {
        from.malformed_since = now;
        from.malformed = 0;
    }
    const bool is_last = fault == Fault::bad_request && ++from.malformed >= limits::malformed_frames_max;
    Value body = Value::Map{};
    body.set("text", is_last ? "too many malformed frames: the session is closed; say hello again when that is mended"
                     : fault == Fault::too_large ? "a field or the body is larger than its limit; see PROTOCOL.md section 3"
                                                 : "the frame or the envelope in it is malformed; see PROTOCOL.md section 3");
    body.set("from", "HEAD");
    const auto bytes = body.encoded();
    const Envelope error{.kind = Kind::error, .command = code_of(is_last ? Fault::denied : fault),
                         .recipient = from.address, .body = bytes};
    if (!is_last) return void(exchange_.outgoing.post(from, error));
    log::warning(log::Fields{{"peer", from.address}}, "session closed for malformed frames");
    ++exchange_.counters.closed;
    exchange_.outgoing.send_now(from.peer, error);
    exchange_.roster.silence(from.peer);
    head_.departure.lose(from, "it sent too many malformed frames");
}

void Broker::on_disconnected(Peer peer) {
    auto* session = exchange_.roster.find(peer);
    if (session == nullptr) return exchange_.outgoing.forget(peer);  // its hello may be still to be read: it is looked at again then
    if (std::exchange(session->probes_left, limits::probes_max) == 0) doubted_.push_back(peer);
    session->probe_at = exchange_.clock.now() + limits::broker_tick;
}

// The transport noticed a dead connection but could not say whose for sure: a few bytes tell.  They are taken as long as the transport
// has not let go of it, which takes some time when many end at once: hence again, each time after twice as long.
void Broker::probe(Nanoseconds now) {
    std::erase_if(doubted_, [&](Peer peer) {
        auto* session = exchange_.roster.find(peer);
        if (session == nullptr || session->probes_left <= 0) return true;  // gone, or a new session of that peer
        if (now < session->probe_at) return false;
        if (!exchange_.outgoing.probe(*session)) return false;  // its pipe is full
        --session->probes_left;
        session->probe_at = now + limits::broker_tick * (1 << (limits::probes_max - session->probes_left));
        return session->probes_left == 0;
    });
}

// The states are on disk by then, or the disk has refused them: is_kept() knows.
void Broker::pass_on_behind_states() {
    if (behind_states_.empty()) return;
    bookkeeping_.on_round();
    const auto waited = std::exchange(behind_states_, {});
    for (const auto& [peer, batch] : waited) read(peer, exchange_.roster.find(peer), batch);
    stream_ = nullptr;
}

void Broker::on_round() {
    pass_on_behind_states();
    head_.moves.on_round();
    bookkeeping_.on_round();
    exchange_.outgoing.flush();
    head_.departure.on_unreachable();
    head_.departure.on_overfull();
    exchange_.outgoing.flush();  // what the departures had to say
    exchange_.begin_round();
}

void Broker::answer_late_asks() {
    const auto late = exchange_.asks.take_late(exchange_.clock.now());
    std::vector<Unanswered> of_clients;
    for (const auto& ask : late) {
        if (!ask.from_client) continue;  // a worker ends its own
        if (auto* asker = exchange_.roster.find(ask.asker); asker != nullptr) of_clients.push_back(ask);
    }
    exchange_.answer_all(of_clients, Fault::expired, "no answer came in time");
}

void Broker::on_time() {
    const auto now = exchange_.clock.now();
    if (now < next_tick_) return;
    // Whoever was stopped itself cannot tell who was silent meanwhile.
    if (now - next_tick_ > limits::heartbeat_interval) head_.departure.stood_still(now - next_tick_);
    next_tick_ = now + limits::broker_tick;
    pass_on_behind_states();  // before anybody is given up
    answer_late_asks();
    exchange_.on_time();
    head_.moves.on_time();
    head_.departure.on_time();
    head_.unsettled.on_time();
    head_.settle_monitors();
    if (!head_.closing.is_under_way()) head_.healing.on_time();
    probe(now);
}

std::optional<Nanoseconds> Broker::next_deadline() const {
    std::optional<Nanoseconds> next = exchange_.outgoing.next_try();
    if (const auto due = bookkeeping_.due()) next = std::min(next.value_or(*due), *due);
    const auto at_the_latest = [&next](Nanoseconds when) { next = std::min(next.value_or(when), when); };
    // An idle system costs next to nothing: it is looked at when a heartbeat is due and not at every tick.
    if (exchange_.asks.size() != 0 || !exchange_.awaited.empty() || head_.moves.size() != 0 || head_.unsettled.is_under_way() || head_.healing.is_under_way() ||
        head_.monitors.is_unsettled() ||
        !doubted_.empty() || !exchange_.withheld.empty() || head_.closing.is_under_way())
        at_the_latest(next_tick_);
    else if (!exchange_.roster.beating().empty())
        at_the_latest(std::max(next_tick_, head_.departure.due()));
    return next;
}

}  // namespace peacepie::broker
