// outgoing.cpp - the flush.  Next: router_link.cpp
#include "broker/outgoing.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>

namespace peacepie::broker {

namespace {

/// HEAD's own words to one peer that is at its bound already: room for what the end of 100 000 watched actors has to say, several times.
constexpr std::size_t words_beyond_max = 64u << 20;

}  // namespace

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

void Outgoing::post_control(Session& to, const Envelope& envelope) {
    const auto size = encoded_size(envelope);
    const auto& limit = bounds_.limit;
    const bool is_beyond = to.outbox.bytes() + size > limit[Bound::peer_queue_bytes] || to.outbox.frames() >= limit[Bound::peer_queue_frames];
    if (is_beyond) {
        if (to.words_beyond > words_beyond_max) return;  // it is closed at the end of this round
        to.words_beyond += size;
        if (to.words_beyond > words_beyond_max) return overfull_.push_back(to.peer);
    }
    add(to, envelope, size);
}

bool Outgoing::has_room_for_held(const Session& to, std::size_t size) noexcept {
    const auto& limit = bounds_.limit;
    if (to.outbox.bytes() + size <= limit[Bound::queued_bytes] + limit[Bound::held_bytes]) return true;
    ++bounds_.reached[Bound::queued_bytes];
    return false;
}

// A full pipe is tried once in a while and not in every round: each try makes libzmq look for more, and the loop would never sleep.
void Outgoing::flush() {
    stuck_bytes_ = stuck_of_clients_ = fresh_of_clients_ = 0;
    if (waiting_.empty()) return retry_at_.reset();
    const auto now = clock_.now();
    const bool retries = !retry_at_ || now >= *retry_at_;
    if (retries) retry_at_.reset();
    flushing_.swap(waiting_);
    for (Session* session : flushing_) {
        if (session->is_pipe_full && !retries) {
            session->outbox.note_wait(now);
            keep_waiting(*session);
            continue;
        }
        const Sent sent = session->outbox.flush(now, [&](std::string_view frame) { return link_.send(session->peer, frame); });
        session->spoken = now;
        session->waits_for_flush = sent == Sent::pipe_full;
        if (sent == Sent::peer_unknown) unreachable_.push_back(session->peer);
        const bool waited = std::exchange(session->waits_for_credit, sent == Sent::pipe_full && !session->outbox.credit.is_left());
        session->is_pipe_full = sent == Sent::pipe_full && !session->waits_for_credit;
        if (sent != Sent::pipe_full) {
            session->words_beyond = 0;
            continue;
        }
        if (session->is_pipe_full && !retry_at_) retry_at_ = now + limits::pipe_retry;
        if (session->waits_for_credit && !waited) ++credit_waits_;
        keep_waiting(*session);
    }
    flushing_.clear();
    close_largest();
}

void Outgoing::keep_waiting(Session& slow) {
    const auto& limit = bounds_.limit;
    if (slow.outbox.bytes() < limit[Bound::peer_queue_bytes] && slow.outbox.frames() < limit[Bound::peer_queue_frames]) slow.words_beyond = 0;
    count_stuck(slow, slow.outbox.bytes());
    waiting_.push_back(&slow);
}

// Who is slow since this round only had no share to keep to, and words of HEAD keep to none.  A worker is closed where nothing else can
// help: its actors end with its session.
void Outgoing::close_largest() {
    const auto& limit = bounds_.limit;
    const auto of_clients_max = limit[Bound::queued_bytes] / 2;
    const auto all_max = 2 * (limit[Bound::queued_bytes] + limit[Bound::peer_queue_bytes]);
    if (stuck_of_clients_ <= of_clients_max && stuck_bytes_ <= all_max) return;
    auto largest_first = waiting_;
    std::ranges::sort(largest_first, std::greater{}, [](const Session* slow) { return std::pair(slow->role == Role::client, slow->outbox.bytes()); });
    auto of_clients = stuck_of_clients_, all = stuck_bytes_;
    for (const Session* slow : largest_first) {
        const bool is_client = slow->role == Role::client;
        if (all <= all_max && (!is_client || of_clients <= of_clients_max)) continue;
        ++bounds_.reached[Bound::queued_bytes];
        overfull_.push_back(slow->peer);
        all -= slow->outbox.bytes();
        if (is_client) of_clients -= slow->outbox.bytes();
    }
}

void Outgoing::forget(Session& gone) {
    if (gone.waits_for_flush) std::erase(waiting_, &gone);
    gone.waits_for_flush = false;
    link_.forget(gone.peer);
}

}  // namespace peacepie::broker
