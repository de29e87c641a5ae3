// restart_rule.hpp - whether and when a process that died is started again.
//
// One per process name, held by the launcher; pure, takes the time as an argument.  At most `restarts_max` in
// `restart_window`, each later than the one before; after a healthy time it is generous again.
// Next: launcher.hpp obeys it.
#pragma once

#include <deque>
#include <optional>

#include "wire/limits.hpp"
#include "wire/link.hpp"

namespace peacepie::launcher {

class RestartRule {
public:
    /// The process died just now: when to start it again, or nothing when it is time to give up.
    [[nodiscard]] std::optional<Nanoseconds> died(Nanoseconds now) {
        while (!deaths_.empty() && deaths_.front() + limits::restart_window <= now) deaths_.pop_front();
        if (deaths_.size() >= limits::restarts_max) return std::nullopt;
        Nanoseconds delay = limits::restart_delay_min;
        for (std::size_t i = 0; i < deaths_.size(); ++i) delay *= 2;
        deaths_.push_back(now);
        return now + std::min<Nanoseconds>(delay, limits::restart_delay_max);
    }

private:
    std::deque<Nanoseconds> deaths_;
};

}  // namespace peacepie::launcher
