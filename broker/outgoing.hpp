// outgoing.hpp - all outboxes with something in them, flushed together once per poll round.
//
// Smart batching without a timer: whatever one round produced for a peer goes as one frame, so a lone message never waits.
// A peer whose pipe is full, or whose credit is used up, keeps its frames here (bounded) and is tried again; nobody waits for it.
// Owned by Exchange; the broker's thread.
// Next: router_link.hpp takes the frames.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "broker/session.hpp"
#include "wire/bounds.hpp"
#include "wire/link.hpp"

namespace peacepie::broker {

class Outgoing {
public:
    Outgoing(PeerLink& link, const Clock& clock, CountedBounds& bounds) : link_(link), clock_(clock), bounds_(bounds) {}

    /// False: the peer's bound, or the one for all peers, is reached and nothing was added.
    [[nodiscard]] bool post(Session& to, std::string_view encoded) {
        if (!has_room(to, encoded.size())) return false;
        to.outbox.add(encoded);
        queued(to);
        return true;
    }
    /// Likewise, but what has no room is not counted: it is posted once more by whoever refuses it.
    [[nodiscard]] bool post_if_room(Session& to, std::string_view encoded) {
        if (bound_met(to, encoded.size())) return false;
        post_held(to, encoded);
        return true;
    }
    [[nodiscard]] bool post(Session& to, const Envelope& envelope) {
        if (!has_room(to, encoded_size(envelope))) return false;
        post_control(to, envelope);
        return true;
    }
    /// The broker's own words to a peer: few, so they pass the bounds.
    void post_control(Session& to, const Envelope& envelope) {
        to.outbox.add(envelope);
        queued(to);
    }
    void post_held(Session& to, std::string_view encoded) {
        to.outbox.add(encoded);
        queued(to);
    }
    /// To a peer without a session; one try, because nothing is kept for strangers.
    Sent send_now(Peer to, const Envelope& envelope);
    /// Talks to a peer past everything that waits for it, to learn whether it is there.  False: nobody knows yet.
    [[nodiscard]] bool probe(Session& to);
    /// So much of what the peer sent was taken in.
    void tell(Session& to, std::uint64_t bytes) {
        to.outbox.tell(bytes);
        queued(to);
    }

    void flush();
    /// Peers that turned out to be gone since the last call.
    [[nodiscard]] std::vector<Peer> take_unreachable() { return std::exchange(unreachable_, {}); }
    void forget(Session& gone);
    void forget(Peer peer) { link_.forget(peer); }
    /// When full pipes should be tried again.  Credit comes with a frame, which ends the wait by itself.
    [[nodiscard]] std::optional<Nanoseconds> next_try() const noexcept { return retry_at_; }
    [[nodiscard]] std::size_t queued_bytes() const noexcept { return stuck_bytes_; }
    /// How often a peer had to be waited for because it had not told that it took what it was sent.
    [[nodiscard]] std::uint64_t credit_waits() const noexcept { return credit_waits_; }

private:
    /// Which bound so many bytes more would be beyond; none: there is room.
    [[nodiscard]] std::optional<Bound> bound_met(const Session& to, std::size_t size) const noexcept {
        const auto& limit = bounds_.limit;
        if (to.outbox.bytes() + size > limit[Bound::peer_queue_bytes]) return Bound::peer_queue_bytes;
        if (to.outbox.frames() >= limit[Bound::peer_queue_frames]) return Bound::peer_queue_frames;
        if (stuck_bytes_ + size > limit[Bound::queued_bytes]) return Bound::queued_bytes;
        return std::nullopt;
    }
    [[nodiscard]] bool has_room(const Session& to, std::size_t size) noexcept {
        const auto met = bound_met(to, size);
        if (met) ++bounds_.reached[*met];
        return !met;
    }
    void queued(Session& to) {
        if (to.waits_for_flush) return;
        to.waits_for_flush = true;
        waiting_.push_back(&to);
    }

    PeerLink& link_;
    const Clock& clock_;
    CountedBounds& bounds_;
    std::vector<Session*> waiting_;
    std::vector<Session*> flushing_;
    std::vector<Peer> unreachable_;
    std::size_t stuck_bytes_ = 0;
    std::uint64_t credit_waits_ = 0;
    std::optional<Nanoseconds> retry_at_;  ///< of full pipes; none: there is none
};

}  // namespace peacepie::broker
