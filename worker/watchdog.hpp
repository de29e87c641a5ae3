// watchdog.hpp - how long one loop has been in one call of a handler.
//
// Pure, with the monitor's clock as an argument; the monitor's thread.  One per loop.  What is measured is a single call: a turn of
// many messages, or a handler that is suspended or works in `blocking`, is not one.
// Next: scheduler_monitor.cpp acts on what it finds.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "wire/limits.hpp"
#include "wire/link.hpp"

namespace peacepie::worker {

class Watchdog {
public:
    /// What a loop is in: which of its turns, and which call of a handler (a number that changes with each).
    struct Place {
        std::uint64_t turn = 0;
        std::uint64_t call = 0;
    };
    struct Finding {
        Nanoseconds turn_lasts{0};
        bool is_new_turn = true;
        bool wants_naming = false;  ///< once per call
        bool is_hung = false;       ///< past the timeout
    };

    /// A handler is hung after `timeout`; zero: never.
    explicit Watchdog(Nanoseconds timeout = Nanoseconds(0)) : timeout_(timeout) {}

    /// `place` is nothing while the loop runs no actor.
    Finding look(const std::optional<Place>& place, Nanoseconds now) {
        // A process that was stopped, by a debugger for instance, is not hung: of such a gap only a part counts.
        const auto unseen = std::max(Nanoseconds(0), now - looked_at_ - limits::handler_patience);
        looked_at_ = now;
        if (!place || !place_ || place->turn != place_->turn) {
            turn_since_ = call_since_ = now;
            is_named_ = false;
            place_ = place;
            return {};
        }
        turn_since_ += unseen;
        call_since_ += unseen;
        if (place->call != place_->call) {
            call_since_ = now;
            is_named_ = false;
            place_ = place;
        }
        const auto lasts = now - call_since_;
        const bool wants_naming = !is_named_ && lasts >= limits::handler_patience;
        is_named_ |= wants_naming;
        return {now - turn_since_, false, wants_naming, timeout_ != Nanoseconds(0) && lasts >= timeout_};
    }

private:
    Nanoseconds timeout_;
    std::optional<Place> place_;
    Nanoseconds turn_since_{0};
    Nanoseconds call_since_{0};
    Nanoseconds looked_at_{0};
    bool is_named_ = false;
};

}  // namespace peacepie::worker
