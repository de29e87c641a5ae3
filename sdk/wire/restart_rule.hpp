// restart_rule.hpp - whether and when what died is started again.
//
// One per process (the launcher's), actor that ends by itself or group of actors (the broker's); pure, takes the time as an argument.  At most so
// many in a window, each later than the one before and none at the same moment as others; after a healthy time it is generous again.
// Next: limits.hpp has the figures.
#pragma once

#include <algorithm>
#include <deque>
#include <optional>

#include "wire/limits.hpp"
#include "wire/link.hpp"

namespace peacepie {

class RestartRule {
public:
    /// So many restarts within the window.
    explicit RestartRule(std::size_t most = limits::restarts_max, Nanoseconds window = limits::restart_window) : most_(most), window_(window) {}

    /// It died just now: when to start it again, or nothing when it is time to give up.
    [[nodiscard]] std::optional<Nanoseconds> died(Nanoseconds now) {
        while (!deaths_.empty() && deaths_.front() + window_ <= now) deaths_.pop_front();
        if (deaths_.size() >= most_) return std::nullopt;
        Nanoseconds delay = limits::restart_delay_min;
        for (std::size_t i = 0; i < deaths_.size(); ++i) delay *= 2;
        deaths_.push_back(now);
        return now + scattered(std::min<Nanoseconds>(delay, limits::restart_delay_max), now);
    }
    /// Nothing it remembers counts any more.
    [[nodiscard]] bool is_quiet(Nanoseconds now) const noexcept {
        return deaths_.empty() || deaths_.back() + window_ <= now;
    }

private:
    /// A tenth more or less, by the last digits of the time: what one fault killed together does not come back in one instant.
    [[nodiscard]] static Nanoseconds scattered(Nanoseconds delay, Nanoseconds now) noexcept { return delay + delay * (now.count() % 201 - 100) / 1'000; }

    std::size_t most_;
    Nanoseconds window_;
    std::deque<Nanoseconds> deaths_;
};

}  // namespace peacepie
