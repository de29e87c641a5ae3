// moves.cpp - the broker's half of a move, carried out.  Next: relocation.cpp
#include "broker/moves.hpp"

#include <algorithm>

#include "broker/snapshot_facts.hpp"
#include "wire/codec.hpp"
#include "wire/scan.hpp"

namespace peacepie::broker {

namespace {

constexpr auto step_patience = std::chrono::seconds(10);       // building an instance, loading a state
constexpr auto loading_at_least = std::chrono::milliseconds(500);  // even when the turn used the whole time up

void put_map_head(std::string& out, std::uint8_t fields) { out.push_back(static_cast<char>(0x80 | fields)); }

/// {entity, epoch, source, target} and, spliced in as it came, a further encoded field.
std::string body_of(const Move& move, std::string_view extra_key = {}, std::string_view extra = {}) {
    std::string body;
    put_map_head(body, extra_key.empty() ? 4 : 5);
    scan::put_text(body, "entity");
    scan::put_text(body, move.name);
    scan::put_text(body, "epoch");
    scan::put_unsigned(body, move.epoch);
    scan::put_text(body, "source");
    scan::put_text(body, move.source);
    scan::put_text(body, "target");
    scan::put_text(body, move.target);
    if (extra_key.empty()) return body;
    scan::put_text(body, extra_key);
    if (extra.empty()) body.push_back('\xc0');
    else body.append(extra);
    return body;
}

template <class Counts>
std::size_t sends_in(std::string_view mailbox, Counts counts) {
    FrameReader reader(mailbox);
    std::size_t count = 0;
    while (const auto one = mailbox.empty() ? std::nullopt : reader.next()) {
        Envelope envelope;
        if (!read_envelope(*one, envelope) && envelope.kind == Kind::send && counts(envelope)) ++count;
    }
    return count;
}

}  // namespace

void Moves::begin(Move move, Asker asker) {
    auto name = move.name;
    auto made = std::make_unique<Running>(std::move(move), std::move(asker));
    Running& running = *made;
    running_.insert_or_assign(std::move(name), std::move(made));
    const Move& plan = running.relocation.move();
    auto* registration = exchange_.registry.find(plan.name);
    registration->move = &running.relocation;
    running.class_before = registration->class_desc;
    running.epoch_before = registration->epoch;
    const auto& known = exchange_.registry.class_desc(*registration);
    const auto& wanted = plan.class_desc.empty() ? known : plan.class_desc;
    ask(running, plan.target, "prepare_move", body_of(plan, "class_desc", wanted), step_patience);
}

void Moves::ask(Running& running, const std::string& node, std::string_view command, std::string_view body,
                Nanoseconds at_most, Nanoseconds at_least) {
    auto* session = exchange_.roster.find_node(node);
    if (session == nullptr) return;  // on_lost has settled it
    const auto now = exchange_.clock.now();
    const auto left = std::max(at_least, std::min(at_most, running.relocation.move().deadline - now));
    by_mid_.erase(running.open_mid);
    running.open_mid = ++last_mid_;
    running.open_at = node;
    running.step_deadline = now + left;
    by_mid_.emplace(running.open_mid, &running);
    const Envelope envelope{.kind = Kind::ask, .mid = running.open_mid, .command = command, .recipient = session->address,
                            .timeout_ms = milliseconds(left), .body = body};
    if (command != "load") return exchange_.outgoing.post_control(*session, envelope);
    if (!exchange_.outgoing.post_held(*session, envelope))  // a state may be large
        failed(running, Event::refused, code_of(Fault::mailbox_full), "the queue to " + node + " is full; try again later");
}

void Moves::tell(const Running& running, const std::string& node, std::string_view command, std::string_view key, std::uint64_t number) {
    auto* session = exchange_.roster.find_node(node);
    if (session == nullptr) return;
    std::string encoded;
    if (!key.empty()) scan::put_unsigned(encoded, number);
    const auto body = body_of(running.relocation.move(), key, encoded);
    exchange_.outgoing.post_control(*session, {.kind = Kind::send, .command = command, .recipient = session->address,
                                               .body = body});
}

void Moves::on_answer(const Session& from, const Envelope& answer) {
    const auto found = by_mid_.find(answer.mid);
    if (found == by_mid_.end() || found->second->open_at != from.address) {
        ++exchange_.counters.late_answers;
        if (const auto facts = answer.command == "snapshot" ? read_snapshot_facts(answer.body) : std::nullopt) note_received(from.address, facts->mailbox);
        return;
    }
    ++exchange_.counters.for_head;
    Running& running = *found->second;
    by_mid_.erase(found);
    running.open_mid = 0;
    if (answer.kind == Kind::reply) on_reply(running, answer);
    else {
        std::string text = "the step was refused";
        try {
            const auto body = Value::decode(answer.body);
            if (const auto* said = body.find("text"); said != nullptr && said->as_text()) text = *said->as_text();
        } catch (const Error&) {
            text = "the step was refused, with a body that cannot be read";
        }
        failed(running, Event::refused, answer.command, text);
    }
    end_settled();
}

void Moves::on_reply(Running& running, const Envelope& answer) {
    switch (running.relocation.phase()) {
        case Relocation::Phase::preparing: return happened(running, Event::prepared);
        case Relocation::Phase::fencing: return happened(running, Event::fence_back);
        case Relocation::Phase::freezing: return take_snapshot(running, answer.body);
        case Relocation::Phase::loading: return happened(running, Event::loaded);
        case Relocation::Phase::probation: return;
        case Relocation::Phase::returning: return happened(running, Event::left);
        case Relocation::Phase::settled: return;
    }
}

void Moves::take_snapshot(Running& running, std::string_view body) {
    const auto facts = read_snapshot_facts(body);
    const auto& name = running.relocation.move().name;
    if (!facts) return failed(running, Event::refused, "bad_request", "the snapshot of " + name + " cannot be read");
    if (body.size() + name.size() + 64 > limits::body_size_max)
        return failed(running, Event::refused, "too_large", "the snapshot of " + name + " is larger than a message may be");
    running.snapshot = body;
    running.state_bytes = facts->state_bytes;
    running.moved_messages = facts->moved_messages;
    running.moved_sends = sends_in(facts->mailbox, [](const Envelope&) { return true; });
    note_received(running.relocation.move().source, facts->mailbox);
    if (running.relocation.move().probation) note_mailbox(running, facts->mailbox);
    happened(running, Event::frozen);
}

/// A snapshot is as many sends from its process as lie in it, whatever becomes of the move.
void Moves::note_received(std::string_view node, std::string_view mailbox) {
    auto* session = exchange_.roster.find_node(node);
    if (session != nullptr) session->sends.numbers->received += sends_in(mailbox, [](const Envelope& envelope) { return !envelope.sender.empty(); });
}

void Moves::happened(Running& running, Event event) {
    for (const Step step : running.relocation.on(event)) perform(running, step);
    if (running.relocation.phase() == Relocation::Phase::settled) some_settled_ = true;
}

void Moves::failed(Running& running, Event event, std::string_view reason, std::string_view text) {
    if (running.reason.empty()) {
        running.reason = reason;
        running.text = text;
    }
    happened(running, event);
}

void Moves::perform(Running& running, Step step) {
    const Move& move = running.relocation.move();
    auto* registration = exchange_.registry.find(move.name);
    switch (step) {
        case Step::await_fence:
            return ask(running, move.source, "await_fence", body_of(move), move.deadline - exchange_.clock.now());
        case Step::send_freeze:
            running.frozen_at = exchange_.clock.now();
            return ask(running, move.source, "freeze", body_of(move), move.deadline - running.frozen_at);
        case Step::send_load: {
            ask(running, move.target, "load", body_of(move, "snapshot", running.snapshot), step_patience, loading_at_least);
            std::string().swap(running.snapshot);
            return;
        }
        case Step::adopt:
        case Step::commit: {
            auto* target = exchange_.roster.find_node(move.target);
            if (registration != nullptr && target != nullptr)
                exchange_.registry.move_to(move.name, *registration, *target, move.epoch);
            if (step == Step::commit && registration != nullptr && !move.class_desc.empty())
                registration->class_desc = exchange_.registry.intern(move.class_desc);
            return;
        }
        case Step::send_start:
            running.pause = exchange_.clock.now() - running.frozen_at;
            if (running.relocation.phase() == Relocation::Phase::probation) return tell(running, move.target, "start", "errors", move.probation->errors);
            return tell(running, move.target, "start");
        case Step::begin_probation: return begin_probation(running);
        case Step::send_settle:
            return tell(running, move.target, "settle");
        case Step::send_withdraw:
            return ask(running, move.target, "withdraw", body_of(move), limits::withdrawal_patience, limits::withdrawal_patience);
        case Step::await_end:
            running.step_deadline = exchange_.clock.now() + limits::node_patience;
            return;
        case Step::return_home: return return_home(running);
        case Step::give_back: return give_back(running);
        case Step::restore_class: return restore_class(running);
        case Step::send_discard: return tell(running, move.source, "discard");
        case Step::send_resume:
            running.pause = exchange_.clock.now() - running.frozen_at;
            if (running.life == 0) return tell(running, move.source, "resume");
            return tell(running, move.source, "resume", "life", running.life);
        case Step::send_cancel: return tell(running, move.target, "cancel_move");
        case Step::release: return release(running);
        case Step::release_as_lost: return release_as_lost(running);
        case Step::forget_name:  // its owner died and the target could not take it: to be made again like others that died
            if (registration == nullptr) return;
            registration->move = nullptr;
            registration->epoch = running.epoch_before;  // should the source only have seemed dead, it may bring the actor
            exchange_.fell(move.name, *registration, move.source, Down::worker_lost);
            exchange_.registry.remove(move.name);
            if (running.probation_began.count() == 0) lose_moved(running);  // else `give_back` does
            return monitors_.on_down(move.name, Down::worker_lost);
        case Step::answer_moved:
        case Step::answer_can:
        case Step::answer_stayed: return answer(running, step);
    }
}

void Moves::answer(Running& running, Step how) {
    const Move& move = running.relocation.move();
    Value body = Value::Map{};
    if (how == Step::answer_stayed) {
        ++exchange_.counters.moves_failed;
        body.set("reason", running.reason).set("text", running.text);
        if (running.life != 0) body.set("replayed", running.given_back);
        log::warning(log::Fields{{"actor", move.name}, {"from", move.source}, {"to", move.target}}, "{}: {}: {}",
                     running.life != 0 ? "went back" : "not moved", running.reason, running.text);
        return exchange_.reply(running.asker, "actor_is_not_recreated", body);
    }
    const auto pause = std::chrono::duration_cast<std::chrono::microseconds>(running.pause).count();
    body.set("mid", running.asker.mid).set("node", move.target).set("pause_us", pause);
    if (how == Step::answer_can) {
        body.set("state_bytes", running.state_bytes);
        return exchange_.reply(running.asker, "actor_can_be_recreated", body);
    }
    ++exchange_.counters.moves;
    body.set("moved_messages", running.moved_messages).set("state_bytes", running.state_bytes);
    if (running.probation_began.count() != 0)
        body.set("probation_ms", std::chrono::duration_cast<std::chrono::milliseconds>(exchange_.clock.now() - running.probation_began).count());
    log::info(log::Fields{{"actor", move.name}, {"from", move.source}, {"to", move.target}}, "moved, pause {} us", pause);
    exchange_.reply(running.asker, "actor_is_recreated", body);
}

void Moves::end_settled() {
    if (!std::exchange(some_settled_, false)) return;
    std::erase_if(running_, [&](auto& named) {
        Running& running = *named.second;
        if (running.relocation.phase() != Relocation::Phase::settled) return false;
        by_mid_.erase(running.open_mid);
        return true;
    });
}

void Moves::on_lost(const Session& session, Ending how) {
    const bool is_cut_off = how == Ending::came_back || (how != Ending::in_order && may_run_on(session));
    for (auto& [name, running] : running_) {
        const Move& move = running->relocation.move();
        if (move.source == session.address)
            failed(*running, Event::source_lost, "worker_lost", "the process that held " + name + " ended during the move");
        else if (move.target == session.address)
            failed(*running, is_cut_off ? Event::target_cut_off : Event::target_lost, "worker_lost", "the target process ended during the move");
    }
    end_settled();
}

void Moves::on_end_of_copies(std::string_view node) {
    for (auto& [name, running] : running_)
        if (running->relocation.awaits_end() && running->relocation.move().target == node) happened(*running, Event::left);
    end_settled();
}

std::vector<std::string> Moves::copies_that_may_run_in(std::string_view node) const {
    std::vector<std::string> names;
    for (const auto& [name, running] : running_)
        if (running->relocation.awaits_end() && running->relocation.move().target == node) names.push_back(name);
    return names;
}

void Moves::postpone(Nanoseconds span) {
    for (auto& [name, running] : running_)
        if (running->relocation.awaits_end()) running->step_deadline += span;
}

void Moves::on_withdrawn(const Registration& registration) {
    const auto found = std::ranges::find_if(running_, [&](const auto& one) { return &one.second->relocation == registration.move; });
    if (found != running_.end())
        failed(*found->second, Event::withdrawn, "no_such_actor", found->first + " was removed during the move");
    end_settled();
}

void Moves::on_round() {
    if (running_.empty()) return;
    for (auto& [name, running] : running_)
        if (running->relocation.is_overfull(exchange_.bounds))
            failed(*running, Event::overflowed, "no_space", "too much mail came for " + name + " during the move");
    end_settled();
}

void Moves::on_time() {
    if (running_.empty()) return;
    const auto now = exchange_.clock.now();
    for (auto& [name, running] : running_) {
        if (now < running->step_deadline) continue;
        if (running->relocation.phase() == Relocation::Phase::probation) {
            happened(*running, Event::passed);
            continue;
        }
        const auto phase = running->relocation.phase();
        const auto text = phase == Relocation::Phase::fencing
                              ? name + " was not ready to leave in time: a turn of it lasts, or mail from beside it is on its way; try again with a longer timeout"
                          : phase == Relocation::Phase::freezing
                              ? "the running turn of " + name + " did not end in time; try again with a longer timeout"
                              : running->open_at + " did not answer in time";
        failed(*running, Event::late, "expired", text);
    }
    end_settled();
}

void Moves::stop_all(std::string_view why) {
    for (auto& [name, running] : running_) failed(*running, Event::refused, "stopping", why);
    end_settled();
}

}  // namespace peacepie::broker
