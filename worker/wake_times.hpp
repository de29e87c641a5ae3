// wake_times.hpp - which moments the worker's Timers know of for one owner: the earliest and one more.
//
// So a long deadline beside short ones registers once.  A moment that was forgotten comes all the same; it must not register
// another, or each would make its like, and two rhythms side by side would double them again and again.
// Owned by the admin or by a cell's Operations; used by the thread that runs it.  Next: timers.hpp.
#pragma once

#include <cstdint>
#include <limits>
#include <utility>

namespace peacepie::worker {

class WakeTimes {
public:
    static constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

    /// True when that one has to be registered.
    [[nodiscard]] bool arm(std::uint64_t deadline_ns) noexcept {
        if (deadline_ns >= first_ns_) return false;
        second_ns_ = std::exchange(first_ns_, deadline_ns);
        return true;
    }
    /// A registered moment has come.  False when it is one that was forgotten: then nothing is due.
    [[nodiscard]] bool woken(std::uint64_t now_ns) noexcept {
        if (now_ns < first_ns_) return false;
        first_ns_ = std::exchange(second_ns_, never);
        return true;
    }

private:
    std::uint64_t first_ns_ = never, second_ns_ = never;
};

}  // namespace peacepie::worker
