// counters.hpp - how messages ended in this worker, beside being handled: nothing is lost in silence.
//
// The law of sends, as `stats` of the admin shows it, when nothing is just being done and after each step of the simulation:
//   said + from_broker + moved_in + came_back
//     = handled + not_handled + expired + to_broker + to_head + dead_letters + withdrawn + waiting
// that is: each send that this worker took in has ended in one way, or waits.  What moves away with its actor goes to the broker.
// tally.hpp counts all that came in and all that ended, in lines apart; `waiting` is their difference and must be what lies in the
// mailboxes.  Dead letters are entries there, too, until the broker is told of them, but not in the law.
// One per worker; any thread adds, stats reads.  Only rare ends are counted here, so no two loops fight over a line.
// Next: worker.hpp owns them.
#pragma once

#include <atomic>
#include <cstdint>

#include "wire/bounds.hpp"

namespace peacepie::worker {

struct Counters {
    std::atomic<std::uint64_t> expired{0};       ///< came to their turn after their deadline
    std::atomic<std::uint64_t> late_answers{0};  ///< nobody waited for them any more
    std::atomic<std::uint64_t> refused{0};       ///< asks answered with an error by the worker
    std::atomic<std::uint64_t> dead_letters{0};  ///< sends that could not be brought and have nobody to tell
    std::atomic<std::uint64_t> repeated{0};      ///< reliable messages that had come before
    std::atomic<std::uint64_t> malformed{0};     ///< frames from the broker that could not be read
    std::atomic<std::uint64_t> handler_failures{0};
    std::atomic<std::uint64_t> states_unkept{0};  ///< of durable actors: too large, or no way to the broker
    PerBound<std::atomic<std::uint64_t>> reached;  ///< what was refused there; the outbox counts for itself

    void reach(Bound bound) noexcept { reached[bound].fetch_add(1, std::memory_order_relaxed); }

    /// Of sends alone, each with an entry or an end in the tally.
    struct Sends {
        std::atomic<std::uint64_t> moved_in{0};     ///< with an actor that began its life here
        std::atomic<std::uint64_t> came_back{0};    ///< had gone with a snapshot, and its actor stayed
        std::atomic<std::uint64_t> not_handled{0};  ///< the recipient would not
        std::atomic<std::uint64_t> expired{0};
        std::atomic<std::uint64_t> to_head{0};
        std::atomic<std::uint64_t> dead_letters{0};
        std::atomic<std::uint64_t> letters{0};      ///< made of them: each is an entry of its own until the broker is told of it
        std::atomic<std::uint64_t> letters_told{0};
        std::atomic<std::uint64_t> withdrawn{0};    ///< with an actor whose probation failed: the broker gives them to the one before it; or went on with theirs
    } sends;
};

}  // namespace peacepie::worker
