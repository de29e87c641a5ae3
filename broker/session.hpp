// session.hpp - what the broker knows of one peer since its hello.
//
// Owned by the Roster, changed by whoever handles the peer's frames; the broker's thread.  Its address in memory is stable
// until the peer departs, so registry entries point to it.
// Next: roster.hpp holds them all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <string>

#include "broker/outbox.hpp"
#include "wire/credit.hpp"
#include "wire/envelope.hpp"
#include "wire/link.hpp"

namespace peacepie::broker {

enum class Role : std::uint8_t { client, worker, launcher };

/// Sends over a worker's connection, as the broker counts them and as the worker has told (losses.hpp).
struct SendNumbers {
    std::uint64_t stamp = 0;     ///< of the session
    std::int64_t pid = 0;
    std::uint64_t passed = 0;    ///< to it
    std::uint64_t received = 0;  ///< from it
    std::uint64_t ended = 0;     ///< of `passed`, all up to this number are known to have ended
    std::uint64_t arrived = 0, left = 0, waiting = 0;  ///< told with its last heartbeat
    std::uint64_t are_final = 0;  ///< 1: its process is dead, and its launcher has told them from its page
};

struct Session {
    Session(Peer peer, Role role) : peer(peer), role(role), outbox(role != Role::client) {}
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    Peer peer;
    Role role;
    std::string address;  ///< "@me.7", "first.main.admin", "first.launcher"
    std::string host;     ///< workers and launchers
    std::string secret;   ///< names this session when the peer comes back over another connection
    std::string secret_before;  ///< of the session that it came back to: it may come once more before it has read its welcome; then empty
    bool is_back = false;       ///< the process of that session, as far as is known, and it has not read its welcome yet
    std::int64_t pid = 0;
    std::uint64_t nursery = 0;  ///< workers: in the names of the actors spawned there
    bool prime = false;
    bool is_remote = false;     ///< workers: on another machine, so that a network may cut it off

    Nanoseconds heard{0};
    Nanoseconds spoken{0};
    Nanoseconds probed{0};  ///< with a heartbeat, which it answers
    Nanoseconds doomed_at{0};  ///< its process has ended, or its connection: lost then; 0: it lives
    bool has_ended = false;    ///< its launcher says so
    bool dismissed = false;    ///< somebody wanted its process to end
    std::string blamed;        ///< the actor in whose handler its process crashed, once its launcher has said so
    int probes_left = 0;       ///< its connection may be gone: so often it is asked; 0: no doubt
    Nanoseconds probe_at{0};   ///< the next time

    int malformed = 0;
    Nanoseconds malformed_since{0};
    std::size_t open_asks = 0;  ///< clients only
    bool was_asked = false;     ///< somebody may wait for this very peer
    std::size_t actors = 0;     ///< names registered here
    bool has_brought_all = true;  ///< workers: no more names come from before its hello
    std::uint64_t said_state_in = 0;  ///< the round (states.hpp) in which it said the last one that is to be on disk before what followed it passes

    Outbox outbox;
    bool waits_for_flush = false;
    bool is_pipe_full = false;  ///< the transport did not take the last frame: it is tried again in a while
    bool waits_for_credit = false;  ///< it has not told yet that it took what it was sent
    std::size_t words_beyond = 0;   ///< bytes of HEAD's own words that came while its queue was at its bound
    Intake intake;                  ///< workers that want to be told

    struct Sends {
        bool are_told = false;      ///< the worker tells of its own
        bool said_goodbye = false;
        SendNumbers own;
        SendNumbers* numbers = &own;  ///< or on a page that outlives this broker (traffic.hpp)
        std::string how;              ///< it died, as its launcher says
    } sends;
    void note_passed(const Envelope& envelope) noexcept { sends.numbers->passed += envelope.is_tallied() ? 1 : 0; }

    /// Something was left in its queue when that was flushed.
    [[nodiscard]] bool is_slow() const noexcept { return is_pipe_full || waits_for_credit; }
    [[nodiscard]] bool owes_heartbeats() const noexcept { return role != Role::client; }
};

/// When it is lost: nobody has said that the process ended, and a network that is cut would explain it.
[[nodiscard]] inline bool may_run_on(const Session& session) noexcept { return session.is_remote && !session.has_ended; }

}  // namespace peacepie::broker
