// held_mail.cpp - what was held during a move goes on, with the time it has left.  Next: probations.cpp
#include "broker/moves.hpp"

#include <algorithm>

#include "wire/codec.hpp"

namespace peacepie::broker {

std::uint32_t Moves::milliseconds(Nanoseconds span) {
    const auto whole = std::chrono::ceil<std::chrono::milliseconds>(span).count();
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(whole, 1, 86'400'000));
}

void Moves::release(Running& running) {
    auto* registration = exchange_.registry.find(running.relocation.move().name);
    if (registration == nullptr) return release_as_lost(running);
    registration->move = nullptr;
    for (const auto& held : running.relocation.take_held())
        if (pass_waiting(*registration, held)) ++running.moved_messages;
}

// Time went by while the mail was held: an ask goes on with what is left of its own.
bool Moves::pass_waiting(Registration& to, const HeldMail& waiting, Relocation* noting) {
    Envelope envelope;
    if (read_envelope(waiting.encoded, envelope)) return false;  // was read once already
    std::string_view encoded = waiting.encoded;
    std::string shortened;
    if (envelope.wants_answer()) {
        const auto now = exchange_.clock.now();
        const auto whole = std::chrono::milliseconds(
            envelope.timeout_ms.value_or(std::chrono::milliseconds(limits::ask_timeout_default).count()));
        const bool knows = exchange_.has_had_answer(envelope);
        if (knows || waiting.since + whole <= now) {
            ++exchange_.counters.turned_away;
            exchange_.note_held_ended(envelope);
            if (!knows) exchange_.fail(Asker::of(envelope), Fault::expired, "the time for the answer passed during a move");
            return false;
        }
        envelope.timeout_ms = milliseconds(waiting.since + whole - now);
        append_envelope(shortened, envelope);
        encoded = shortened;
    }
    if (!exchange_.pass_held(*to.session, envelope, encoded)) return false;
    if (noting != nullptr) noting->note(envelope, waiting.encoded, waiting.since, exchange_.bounds);
    return true;
}

void Moves::lose_moved(const Running& running) {
    const Move& move = running.relocation.move();
    exchange_.counters.dead_letters += running.moved_sends;
    exchange_.letters.count(Fault::worker_lost, running.moved_sends);
    if (running.moved_sends != 0)
        log::warning(log::Fields{{"actor", move.name}, {"messages", running.moved_sends}}, "{} unread messages of {} are lost with {} and {}",
                     running.moved_sends, move.name, move.source, move.target);
}

void Moves::release_as_lost(Running& running) {
    const auto& name = running.relocation.move().name;
    auto* registration = exchange_.registry.find(name);
    if (registration != nullptr) registration->move = nullptr;
    const auto fault = fault_of(running.reason).value_or(Fault::worker_lost);
    for (const auto& held : running.relocation.take_held()) {
        Envelope envelope;
        if (read_envelope(held.encoded, envelope)) continue;  // was read once already
        exchange_.note_held_ended(envelope);
        if (exchange_.has_had_answer(envelope)) ++exchange_.counters.turned_away;
        else exchange_.refuse(envelope, fault, running.text);
    }
    if (registration != nullptr) return;
    const auto is_its = [&](std::string_view recipient, Peer) { return recipient == name; };  // went with the snapshot, or before it
    exchange_.answer_all(exchange_.asks.take_lost(is_its), Fault::worker_lost, "the processes that held it are gone");
}

}  // namespace peacepie::broker
