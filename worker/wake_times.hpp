// wake_times.hpp - which moments the worker's Timers know of for one owner, so that each is registered once.
//
// Only a moment that is earlier than all that are registered is registered as well, so they descend, and the next to come is the last.
// An owner that registered one for each that comes would make their like, and two rhythms side by side would double them again
// and again.
// Owned by the admin or by a cell's Operations; used by the thread that runs it.  Next: timers.hpp.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

namespace peacepie::worker {

class WakeTimes {
public:
    static constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

    /// True when that one has to be registered.
    [[nodiscard]] bool arm(std::uint64_t deadline_ns) {
        if (deadline_ns == never || (!descending_.empty() && deadline_ns >= descending_.back())) return false;
        descending_.push_back(deadline_ns);
        return true;
    }
    /// A registered moment has come.  False when another that came at the same time has seen to it: then nothing is due.
    [[nodiscard]] bool woken(std::uint64_t now_ns) noexcept {
        const auto before = descending_.size();
        while (!descending_.empty() && descending_.back() <= now_ns) descending_.pop_back();
        return descending_.size() != before;
    }

private:
    std::vector<std::uint64_t> descending_;
};

}  // namespace peacepie::worker
