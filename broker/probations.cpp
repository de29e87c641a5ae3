// probations.cpp - moves whose target is on probation, and their way back.  Next: passed_mail.hpp
#include "broker/moves.hpp"

#include "wire/codec.hpp"
#include "wire/limits.hpp"

namespace peacepie::broker {

/// What was handed over unread is the target's mail, too; the source forgets it when it comes back.
void Moves::note_mailbox(Running& running, std::string_view mailbox) {
    FrameReader reader(mailbox);
    std::string encoded;
    while (const auto one = mailbox.empty() ? std::nullopt : reader.next()) {
        Envelope envelope;
        if (read_envelope(*one, envelope)) continue;
        envelope.recipient = running.relocation.move().name;
        encoded.clear();
        append_envelope(encoded, envelope);
        running.relocation.note(envelope, encoded, exchange_.clock.now(), exchange_.bounds);
    }
}

void Moves::begin_probation(Running& running) {
    const Move& move = running.relocation.move();
    const auto now = exchange_.clock.now();
    running.probation_began = now;
    running.step_deadline = now + move.probation->span;
    auto* registration = exchange_.registry.find(move.name);
    if (registration == nullptr) return;
    if (registration->declared && registration->declared->durable) try {
        running.kept_before = exchange_.states.find(move.name);
    } catch (const Error& error) {  // then a crash in place may leave a state of the other version
        log::warning(log::Fields{{"actor", move.name}, {"code", error.code}}, "the kept state of {} cannot be read: {}", move.name, error.text);
    }
    for (const auto& held : running.relocation.take_held())
        if (pass_waiting(*registration, held, &running.relocation)) ++running.moved_messages;
}

void Moves::on_misbehaved(const Session& from, std::string_view name, std::uint64_t epoch, std::string_view text) {
    const auto found = running_.find(name);
    if (found == running_.end()) return;
    Running& running = *found->second;
    const Move& move = running.relocation.move();
    if (move.target != from.address || move.epoch != epoch || running.relocation.phase() != Relocation::Phase::probation) return;
    failed(running, Event::misbehaved, code_of(Fault::handler_failed), fmt::format("{} failed on probation and is back as it was: {}", name, text));
    end_settled();
}

/// By the actor, or in its place by its worker, which refuses what a mailbox cannot take.
void Moves::on_answer_passing(const Session& from, const Envelope& answer) {
    const auto strike = [&](Running& running) {
        if (running.relocation.move().target == from.address) running.relocation.passed().answered(answer.recipient, answer.mid);
    };
    if (const auto found = running_.find(answer.sender); found != running_.end()) return strike(*found->second);
    if (answer.sender != from.address) return;
    for (auto& [name, running] : running_) strike(*running);
}

void Moves::restore_class(Running& running) {
    const auto& name = running.relocation.move().name;
    auto* registration = exchange_.registry.find(name);
    if (registration == nullptr) return;
    registration->class_desc = running.class_before;
    exchange_.registry.note_change(name);
    if (auto kept = std::exchange(running.kept_before, {}); kept && !exchange_.states.put(name, std::move(*kept))) ++exchange_.counters.states_refused;
}

void Moves::return_home(Running& running) {
    const Move& move = running.relocation.move();
    auto* registration = exchange_.registry.find(move.name);
    auto* source = exchange_.roster.find_node(move.source);
    if (registration == nullptr || source == nullptr || running.life != 0) return;  // it leads there already
    running.life = exchange_.registry.next_epoch();
    exchange_.registry.move_to(move.name, *registration, *source, running.life);
    restore_class(running);
}

/// In order, behind the word that wakes the source, and before what was held meanwhile.
void Moves::give_back(Running& running) {
    const Move& move = running.relocation.move();
    auto& passed = running.relocation.passed();
    auto* registration = running.life != 0 ? exchange_.registry.find(move.name) : nullptr;
    const bool again = registration != nullptr && move.probation->replay && !passed.overflowed();
    const auto fault = fault_of(running.reason) == Fault::worker_lost ? Fault::worker_lost : Fault::fenced;
    const auto sentence = move.name + " failed on probation and its earlier self goes on; what came meanwhile is not given to it";
    std::size_t lost = 0;
    for (const auto& mail : passed.take()) {
        Envelope envelope;
        if (mail.encoded.empty() || read_envelope(mail.encoded, envelope)) continue;
        if (exchange_.has_had_answer(envelope)) continue;
        ++exchange_.counters.made;  // it came once and goes once more, or ends
        if (again) {
            exchange_.note_held(envelope);
            running.given_back += pass_waiting(*registration, mail) ? 1 : 0;
            continue;
        }
        ++lost;
        exchange_.refuse(envelope, envelope.wants_answer() ? fault : Fault::fenced, sentence);
    }
    if (passed.overflowed()) {
        const auto is_its = [&](std::string_view recipient, Peer) { return recipient == move.name; };
        lost = passed.noted();
        exchange_.answer_all(exchange_.asks.take_lost(is_its), fault, sentence);
        running.text += "; more came meanwhile than is kept, none of it was given back";
    }
    if (lost != 0)
        log::warning(log::Fields{{"actor", move.name}, {"messages", lost}}, "{} messages since the upgrade of {} are lost with it", lost, move.name);
}

}  // namespace peacepie::broker
