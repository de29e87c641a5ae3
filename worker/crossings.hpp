// crossings.hpp - whether a loop had better rest, because the actors it runs come from another loop turn after turn.
//
// Actors that talk to everybody and do little cross between the cores with every message: a hundred of them make 6.7 M round
// trips a second on one loop and 4.1 M on two.  A tree of actors, or handlers that compute, gain by the second.  Queues look
// the same in both; what differs is how many turns begin with a cell that last ran elsewhere, and how short they are.
//
//   working --most turns cross and are short--> resting --for its span--> working (and soon resting twice as long)
//      ↑                                            └---less was done without it--> working, not resting for longer and longer
//
// Owned by a loop, used by its thread.  Next: scheduler.cpp rests.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

#include "wire/link.hpp"

namespace peacepie::worker {

class Crossings {
public:
    static constexpr std::uint64_t window = 256;  ///< turns between two looks

    /// A turn begins with a cell that last ran in another loop.
    void note() noexcept { ++crossed_; }
    /// The loop had nothing to do: the window does not count.
    void interrupt() noexcept { begun_ = {}; }

    /// After a window of turns, `calls` of handlers made by this loop so far, so many loops busy.  The span to rest, 0: none.
    [[nodiscard]] Nanoseconds look(Nanoseconds now, std::uint64_t calls, std::size_t loops) noexcept {
        const auto span = now - begun_;
        const auto crossing = std::min<Nanoseconds>(span, crossing_cost * crossed_);
        const bool is_whole = begun_ != Nanoseconds(0);
        const auto made = calls - std::exchange(calls_, calls);
        begun_ = now, crossed_ = 0;
        if (!is_whole || loops < 2 || now < not_before_) return Nanoseconds(0);
        if ((span - crossing) * loops >= span) return Nanoseconds(0);  // so long would one alone take for what all do in this span
        rate_ = static_cast<double>(made * loops) / static_cast<double>(span.count());
        return rest_;
    }
    /// The others, none asleep in the end, have made so many calls meanwhile.
    void rested(Nanoseconds now, Nanoseconds span, std::uint64_t calls) noexcept {
        interrupt();
        if (span < rest_ / 2) return;  // called back: too short to tell
        const bool was_good = static_cast<double>(calls) >= rate_ * static_cast<double>(span.count());
        if (!was_good) not_before_ = now + patience_;
        rest_ = was_good ? std::min(rest_ * 2, rest_longest) : rest_shortest;
        patience_ = was_good ? patience_shortest : std::min(patience_ * 2, patience_longest);
    }

private:
    static constexpr Nanoseconds crossing_cost{1'000};  // a dozen cache lines of cell, mails and instance; a guess on the high side, for rested() knows
    static constexpr Nanoseconds rest_shortest{2'000'000}, rest_longest{16'000'000};
    static constexpr Nanoseconds patience_shortest{32'000'000}, patience_longest{256'000'000};

    std::uint32_t crossed_ = 0;
    Nanoseconds begun_{0}, not_before_{0}, rest_ = rest_shortest, patience_ = patience_shortest;
    std::uint64_t calls_ = 0;
    double rate_ = 0;  // of all loops together, in calls per ns
};

}  // namespace peacepie::worker
