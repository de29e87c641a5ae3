// outgoing.hpp - all outboxes with something in them, flushed together once per poll round.
//
// Smart batching without a timer: whatever one round produced for a peer goes as one frame, so a lone message never waits.
// A peer whose pipe is full, or whose credit is used up, keeps its frames here (bounded) and is tried again; nobody waits for it.
// Of the bound for all slow peers together one may use as much as is left, so that however many are slow the next one finds as much
// room as each of them has; clients leave half of it to workers, and those that hold most are closed when it is more all the same.
// Source: the dynamic thresholds of switches that share one memory (Choudhury and Hahne, 1998).
// Owned by Exchange; the broker's thread.
// Next: router_link.hpp takes the frames.
#pragma once

#include <algorithm>
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
        add(to, encoded);
        return true;
    }
    /// Likewise, but what has no room is not counted: it is posted once more by whoever refuses it.
    [[nodiscard]] bool post_if_room(Session& to, std::string_view encoded) {
        if (bound_met(to, encoded.size())) return false;
        add(to, encoded);
        return true;
    }
    [[nodiscard]] bool post(Session& to, const Envelope& envelope) {
        const auto size = encoded_size(envelope);
        if (!has_room(to, size)) return false;
        add(to, envelope, size);
        return true;
    }
    /// The broker's own words to a peer: few and small, so they pass the bounds.  When it lets too many of them lie, it is overfull.
    void post_control(Session& to, const Envelope& envelope);
    /// What was accepted before and lay elsewhere in the broker: it passes the bound of the peer by as much as all may hold.
    [[nodiscard]] bool post_held(Session& to, std::string_view encoded) {
        if (!has_room_for_held(to, encoded.size())) return false;
        add(to, encoded);
        return true;
    }
    [[nodiscard]] bool post_held(Session& to, const Envelope& envelope) {
        const auto size = encoded_size(envelope);
        if (!has_room_for_held(to, size)) return false;
        add(to, envelope, size);
        return true;
    }
    /// A word of so many bytes could be posted.
    [[nodiscard]] bool would_take(const Session& to, std::size_t size = 0) const noexcept { return !bound_met(to, size); }
    /// To a peer without a session; one try, because nothing is kept for strangers.
    Sent send_now(Peer to, const Envelope& envelope);
    /// Talks to a peer past everything that waits for it, to learn whether it is there.  False: nobody knows yet.
    [[nodiscard]] bool probe(Session& to);
    /// So much of what the peer sent was taken in.
    void tell(Session& to, std::uint64_t bytes) {
        to.outbox.tell(bytes);
        is_to_be_flushed(to);
    }

    void flush();
    /// Peers that turned out to be gone since the last call.
    [[nodiscard]] std::vector<Peer> take_unreachable() { return std::exchange(unreachable_, {}); }
    /// Peers for which more waits than may, since the last call: they are to be closed.
    [[nodiscard]] std::vector<Peer> take_overfull() { return std::exchange(overfull_, {}); }
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
        if (to.is_slow()) return to.outbox.bytes() + size > room_for_slow(to) ? std::optional(Bound::queued_bytes) : std::nullopt;
        // Of clients alone: what is told to many of them must not keep out what workers say to each other.
        if (to.role == Role::client && fresh_of_clients_ + size > round_bytes_max()) return Bound::queued_bytes;
        return std::nullopt;
    }
    /// All that one slow peer may have in its queue.
    [[nodiscard]] std::size_t room_for_slow(const Session& to) const noexcept {
        const auto left_of = [](std::size_t bound, std::size_t used) { return bound > used ? bound - used : 0; };
        const std::size_t all = bounds_.limit[Bound::queued_bytes];
        const auto left = left_of(all, stuck_bytes_);
        return to.role == Role::client ? std::min(left, left_of(all / 2, stuck_of_clients_)) : left;
    }
    /// One command may be told to thousands of peers, and none of them is slow before this round is flushed.
    [[nodiscard]] std::size_t round_bytes_max() const noexcept {
        return std::max(bounds_.limit[Bound::queued_bytes], bounds_.limit[Bound::peer_queue_bytes]);
    }
    [[nodiscard]] bool has_room_for_held(const Session& to, std::size_t size) noexcept;
    [[nodiscard]] bool has_room(const Session& to, std::size_t size) noexcept {
        const auto met = bound_met(to, size);
        if (met) ++bounds_.reached[*met];
        return !met;
    }
    void add(Session& to, std::string_view encoded) {
        to.outbox.add(encoded);
        queued(to, encoded.size());
    }
    void add(Session& to, const Envelope& envelope, std::size_t size) {
        to.outbox.add(envelope);
        queued(to, size);
    }
    void queued(Session& to, std::size_t size) {
        if (to.is_slow()) count_stuck(to, size);
        else if (to.role == Role::client) fresh_of_clients_ += size;
        is_to_be_flushed(to);
    }
    void is_to_be_flushed(Session& to) {
        if (to.waits_for_flush) return;
        to.waits_for_flush = true;
        waiting_.push_back(&to);
    }
    void count_stuck(const Session& to, std::size_t size) noexcept {
        stuck_bytes_ += size;
        if (to.role == Role::client) stuck_of_clients_ += size;
    }
    void keep_waiting(Session& slow);
    void close_largest();

    PeerLink& link_;
    const Clock& clock_;
    CountedBounds& bounds_;
    std::vector<Session*> waiting_;
    std::vector<Session*> flushing_;
    std::vector<Peer> unreachable_;
    std::vector<Peer> overfull_;
    std::size_t stuck_bytes_ = 0;       ///< in the queues of slow peers
    std::size_t stuck_of_clients_ = 0;  ///< of them
    std::size_t fresh_of_clients_ = 0;       ///< for the others, since the last flush
    std::uint64_t credit_waits_ = 0;
    std::optional<Nanoseconds> retry_at_;  ///< of full pipes; none: there is none
};

}  // namespace peacepie::broker
