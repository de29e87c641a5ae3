// counters.hpp - how messages ended in this worker, beside being handled: nothing is lost in silence.
//
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
};

}  // namespace peacepie::worker
