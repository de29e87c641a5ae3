// departure.cpp - one door out for everybody.  Next: exchange.cpp
#include "broker/departure.hpp"

#include <utility>

#include <fmt/chrono.h>

#include "wire/codec.hpp"
#include "wire/spawned_name.hpp"

namespace peacepie::broker {

void Departure::lose(Session& session, std::string_view reason, Ending how) {
    if (session.role == Role::client) return end(session, reason, how);
    log::warning(log::Fields{{"node", session.address}, {"actors", session.actors}}, "lost: {}", reason);
    if (session.role == Role::worker) ++exchange_.counters.workers_lost;
    end(session, reason, how);
}

void Departure::leave(Session& session) {
    if (session.role != Role::client) log::info(log::Fields{{"node", session.address}}, "left in order");
    exchange_.roster.release_prime(session);
    end(session, "it ended in order", Ending::in_order);
}

void Departure::end(Session& session, std::string_view reason, Ending how) {
    const Peer peer = session.peer;
    const std::string address = session.address;
    const std::string why(reason);
    const bool was_worker = session.role == Role::worker;
    std::vector<Unanswered> lost;
    refuse_unsent(session, why);  // before what is held for an actor of it: that came later
    if (was_worker) exchange_.losses.on_end(session, why, exchange_.options.wall_seconds());
    if (was_worker) {
        moves_.on_lost(session, how);
        unsettled_.on_lost(session.address);
        lost = exchange_.asks.take_lost([&](std::string_view recipient, Peer at) {
            const auto* actor = exchange_.registry.find(recipient);
            return actor != nullptr ? actor->session == &session : at == peer;
        });
        const auto ended = healing_.on_lost(session, how);
        if ((how == Ending::silent || how == Ending::died) && may_run_on(session)) withhold(session, ended);
        for (const auto& one : ended) monitors_.on_watcher_gone(one.name);  // all of them, before any is told of another's end
        for (const auto& [name, down] : ended) monitors_.on_down(name, down);
    } else if (session.was_asked) {
        lost = exchange_.asks.take_lost([&](std::string_view, Peer at) { return at == peer; });
    }
    if (!observers_.empty()) observers_.remove_all(address);
    monitors_.on_watcher_gone(address);
    exchange_.outgoing.forget(session);
    exchange_.roster.remove(session);
    exchange_.answer_all(lost, Fault::worker_lost, "the process that held it is gone (" + why + ")");
    if (was_worker) tell_admins(address, why);
}

void Departure::withhold(const Session& session, const std::vector<Healing::Ended>& ended) {
    Withheld::Silent silent{session.address, session.pid, session.secret, session.secret_before, exchange_.clock.now() + limits::node_patience,
                            moves_.copies_that_may_run_in(session.address)};
    for (const auto& one : ended)
        if (!looks_spawned(one.name)) silent.names.push_back(one.name);
    const auto count = silent.names.size();
    if (!exchange_.withheld.add(std::move(silent)))
        log::warning(log::Fields{{"node", session.address}}, "its {} names are free at once: too many are withheld, for processes that may run on", count);
}

// What that peer had not taken yet.  The table of open asks answers for the asks among it.
void Departure::refuse_unsent(Session& session, const std::string& why) {
    const auto text = "it waited here for a peer that is gone (" + why + ")";
    for (const auto& frame : session.outbox.take_all()) {
        FrameReader reader(frame);
        while (const auto encoded = reader.next()) {
            Envelope envelope;
            if (read_envelope(*encoded, envelope) || envelope.kind != Kind::send || envelope.sender.empty()) continue;
            ++exchange_.counters.made;  // it was counted as routed, and now ends once more
            --session.sends.numbers->passed;
            exchange_.refuse(envelope, Fault::worker_lost, text);
        }
    }
}

void Departure::tell_admins(std::string_view node, std::string_view reason) {
    Value body = Value::Map{};
    body.set("node", node);
    body.set("reason", reason);
    for (const auto& [other, session] : exchange_.roster.workers())
        exchange_.say(*session, Kind::send, 0, "node_lost", body);
}

void Departure::process_ended(std::string_view node, std::optional<std::int64_t> pid, std::string_view text,
                              const std::optional<std::string>& blamed, std::string_view message, bool asked) {
    if (blamed) healing_.blame(*blamed, message);
    auto* session = exchange_.roster.find_node(node);
    if (pid && exchange_.withheld.on_death(node, *pid)) moves_.on_end_of_copies(node);
    if (session == nullptr && asked) healing_.dismissed(node);
    if (session == nullptr) return fail_waiting(node, text);
    if (pid && *pid != session->pid) return;
    session->has_ended = true;
    session->dismissed = asked;
    if (blamed) session->blamed = *blamed;
    doom(*session, limits::last_words);
    static_cast<void>(exchange_.outgoing.probe(*session));  // when its connection is gone as well, all that it said has been read
}

void Departure::doom(Session& session, Nanoseconds patience) {
    const auto when = exchange_.clock.now() + patience;
    if (session.doomed_at.count() == 0 || when < session.doomed_at) session.doomed_at = when;
    due_ = std::min(due_, session.doomed_at);
}

void Departure::unread(std::string_view node, std::int64_t pid, const Unread& page, std::string_view text) {
    auto* session = exchange_.roster.find_node(node);
    if (session != nullptr && session->pid == pid) exchange_.losses.on_page(*session, page, text);
    else if (session == nullptr || session->sends.numbers->stamp != page.stamp)  // else it lives, under another pid: that cannot be
        exchange_.losses.on_page(node, pid, page, text, exchange_.options.wall_seconds());
}

void Departure::await_node(std::string_view node, Asker asker, Nanoseconds deadline) {
    if (waiting_.size() >= limits::nodes_awaited_max)
        return exchange_.fail(asker, Fault::unavailable, "too many processes are being started; try again later");
    waiting_.push_back({std::string(node), std::move(asker), deadline});
}

void Departure::node_has_joined(std::string_view node) {
    Value body = Value::Map{};
    body.set("node", node);
    std::erase_if(waiting_, [&](const Waiting& waiting) {
        if (waiting.node != node) return false;
        exchange_.reply(waiting.asker, "node_has_joined", body);
        return true;
    });
}

void Departure::fail_waiting(std::string_view node, std::string_view text) {
    std::erase_if(waiting_, [&](const Waiting& waiting) {
        if (waiting.node != node) return false;
        exchange_.fail(waiting.asker, Fault::worker_lost, fmt::format("{} ended before it joined: {}", node, text));
        return true;
    });
}

void Departure::on_time() {
    // Whoever's turn comes within half an interval has it now: all are spoken to, and answer, in one go.
    constexpr Nanoseconds soon = Nanoseconds(limits::heartbeat_interval) / 2;
    const auto now = exchange_.clock.now();
    due_ = now + limits::heartbeat_interval;
    exchange_.withheld.on_time(now);
    std::erase_if(waiting_, [&](const Waiting& waiting) {
        if (now < waiting.deadline) return due_ = std::min(due_, waiting.deadline), false;
        exchange_.fail(waiting.asker, Fault::expired, waiting.node + " has not joined in time; see its launcher's log");
        return true;
    });
    const auto beating = exchange_.roster.beating();  // a copy: those who are lost drop out of it
    for (Session* session : beating) {
        const bool is_doomed = session->doomed_at.count() != 0 && now >= session->doomed_at;
        if (is_doomed) lose(*session, "its process or its connection ended", session->dismissed ? Ending::in_order : Ending::died);
        else if (now - session->heard >= limits::heartbeat_patience) lose(*session, fmt::format("it was silent for {}", limits::heartbeat_patience), Ending::silent);
        else {
            due_ = std::min(due_, session->heard + limits::heartbeat_patience);
            if (session->doomed_at.count() != 0) due_ = std::min(due_, session->doomed_at);
            // Who only receives hears us all the time and has nothing to say, unless it is asked.
            const auto since = std::max(session->probed, std::min(session->spoken, session->heard));
            if (now - since >= soon && !session->waits_for_flush) {
                session->probed = now;
                exchange_.say(*session, Kind::send, 0, "heartbeat", {});
            } else {
                due_ = std::min(due_, since + limits::heartbeat_interval);
            }
        }
    }
}

void Departure::stood_still(Nanoseconds span) {
    for (Session* session : exchange_.roster.beating()) session->heard = exchange_.clock.now();
    exchange_.withheld.postpone(span);
    healing_.postpone(span);
    moves_.postpone(span);
}

// A process that crashes takes its connection along, and a moment later its launcher says whose fault it was.
void Departure::on_unreachable() {
    for (const Peer peer : exchange_.outgoing.take_unreachable()) {
        auto* session = exchange_.roster.find(peer);
        if (session == nullptr) continue;
        if (session->has_ended) {
            lose(*session, "its process ended", session->dismissed ? Ending::in_order : Ending::died);
            continue;
        }
        const bool is_explained = session->role == Role::worker && exchange_.roster.has_launcher(session->host);
        if (is_explained) doom(*session, limits::launcher_words);
        else lose(*session, "its connection is gone");
    }
}

void Departure::on_overfull() {
    for (const Peer peer : exchange_.outgoing.take_overfull()) {
        auto* session = exchange_.roster.find(peer);
        if (session == nullptr) continue;
        log::warning(log::Fields{{"peer", session->address}, {"bytes", session->outbox.bytes()}}, "session closed: too much waited for it to read");
        ++exchange_.counters.closed;
        lose(*session, "too much waited for it to read", Ending::silent);
    }
}

}  // namespace peacepie::broker
