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

// A full pipe is tried once in a while and not in every round: each try makes libzmq look for more, and the loop would never sleep.
void Outgoing::flush() {
    if (waiting_.empty()) return retry_at_.reset();
    const auto now = clock_.now();
    const bool retries = !retry_at_ || now >= *retry_at_;
    if (retries) retry_at_.reset();
    flushing_.swap(waiting_);
    stuck_bytes_ = 0;
    for (Session* session : flushing_) {
        if (session->is_pipe_full && !retries) {
            stuck_bytes_ += session->outbox.bytes();
            waiting_.push_back(session);
            continue;
        }
        const Sent sent = session->outbox.flush([&](std::string_view frame) { return link_.send(session->peer, frame); });
        session->spoken = now;
        session->waits_for_flush = sent == Sent::pipe_full;
        if (sent == Sent::peer_unknown) unreachable_.push_back(session->peer);
        const bool waited = std::exchange(session->waits_for_credit, sent == Sent::pipe_full && !session->outbox.credit.is_left());
        session->is_pipe_full = sent == Sent::pipe_full && !session->waits_for_credit;
        if (sent != Sent::pipe_full) continue;
        if (session->is_pipe_full && !retry_at_) retry_at_ = now + limits::pipe_retry;
        if (session->waits_for_credit && !waited) ++credit_waits_;
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

}  // namespace peacepie::broker
