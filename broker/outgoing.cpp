// outgoing.cpp - the flush.  Next: router_link.cpp
#include "broker/outgoing.hpp"

#include <algorithm>
#include <chrono>

namespace peacepie::broker {

Sent Outgoing::send_now(Peer to, const Envelope& envelope) {
    std::string frame;
    append_envelope(frame, envelope);
    return link_.send(to, frame);
}

void Outgoing::flush() {
    if (waiting_.empty()) return;
    const auto now = clock_.now();
    flushing_.swap(waiting_);
    stuck_bytes_ = 0;
    for (Session* session : flushing_) {
        const Sent sent = session->outbox.flush([&](std::string_view frame) { return link_.send(session->peer, frame); });
        session->spoken = now;
        session->waits_for_flush = sent == Sent::pipe_full;
        if (sent == Sent::peer_unknown) unreachable_.push_back(session->peer);
        if (sent != Sent::pipe_full) continue;
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
    if (waiting_.empty()) return std::nullopt;
    return clock_.now() + std::chrono::milliseconds(1);
}

}  // namespace peacepie::broker
