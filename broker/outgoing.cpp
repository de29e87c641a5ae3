// outgoing.cpp - the flush.  Next: router_link.cpp
#include "broker/outgoing.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace peacepie::broker {

Sent Outgoing::send_now(Peer to, const Envelope& envelope) {
    std::string frame;
    append_envelope(frame, envelope);
    return link_.send(to, frame);
}

bool Outgoing::probe(Session& to) {
    const Sent sent = send_now(to.peer, {.command = "heartbeat", .recipient = to.address});
    if (sent == Sent::peer_unknown) unreachable_.push_back(to.peer);
    return sent != Sent::pipe_full;
}

void Outgoing::flush() {
    if (waiting_.empty()) return;
    const auto now = clock_.now();
    flushing_.swap(waiting_);
    stuck_bytes_ = 0;
    is_pipe_full_ = false;
    for (Session* session : flushing_) {
        const Sent sent = session->outbox.flush([&](std::string_view frame) { return link_.send(session->peer, frame); });
        session->spoken = now;
        session->waits_for_flush = sent == Sent::pipe_full;
        if (sent == Sent::peer_unknown) unreachable_.push_back(session->peer);
        const bool waited = std::exchange(session->waits_for_credit, sent == Sent::pipe_full && !session->outbox.credit.is_left());
        if (sent != Sent::pipe_full) continue;
        if (!session->waits_for_credit) is_pipe_full_ = true;
        else if (!waited) ++credit_waits_;
        stuck_bytes_ += session->outbox.bytes();
        waiting_.push_back(session);
    }
    flushing_.clear();
}

void Outgoing::forget(Session& gone) {
    if (gone.waits_for_flush) std::erase(waiting_, &gone);
    gone.waits_for_flush = false;
    link_.forget(gone.peer);
}

std::optional<Nanoseconds> Outgoing::next_try() const {
    if (!is_pipe_full_) return std::nullopt;  // credit comes with a frame, which ends the wait by itself
    return clock_.now() + std::chrono::milliseconds(1);
}

}  // namespace peacepie::broker
