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
        if (waiting.since + whole <= now) {
            ++exchange_.counters.turned_away, ++exchange_.counters.held_ended;
            const bool knows = envelope.sender.starts_with('@') && !exchange_.asks.is_open(envelope.sender, envelope.mid);
            if (!knows) exchange_.fail(Asker::of(envelope), Fault::expired, "the time for the answer passed during a move");
            return false;
        }
        envelope.timeout_ms = milliseconds(waiting.since + whole - now);
        append_envelope(shortened, envelope);
        encoded = shortened;
    }
    exchange_.pass_held(to, encoded);
    if (noting != nullptr) noting->note(envelope, waiting.encoded, waiting.since);
    return true;
}

void Moves::release_as_lost(Running& running) {
    if (auto* registration = exchange_.registry.find(running.relocation.move().name)) registration->move = nullptr;
    const auto fault = fault_of(running.reason).value_or(Fault::worker_lost);
    for (const auto& held : running.relocation.take_held()) {
        Envelope envelope;
        if (read_envelope(held.encoded, envelope)) continue;  // was read once already
        ++exchange_.counters.held_ended;
        exchange_.refuse(envelope, fault, running.text);
    }
}

}  // namespace peacepie::broker
