// timers.hpp - which cell has to look at its deadlines next, and when.
//
// One per worker; any thread, under its lock.  A cell registers only its earliest deadline and looks through its own open
// operations when that has come, so an ask that is answered in time costs no timer of its own (the seed's fault 34).
// Next: operations.hpp is what a cell looks through.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <queue>
#include <vector>

#include "wire/link.hpp"

namespace peacepie::worker {

class Timers {
public:
    /// True when `when` is now the earliest of all: whoever sleeps must sleep shorter.
    [[nodiscard]] bool add(Nanoseconds when, std::uint64_t cell) {
        std::lock_guard guard(lock_);
        const bool earliest = entries_.empty() || when < entries_.top().when;
        entries_.push({when, cell});
        return earliest;
    }
    [[nodiscard]] std::optional<Nanoseconds> earliest() const {
        std::lock_guard guard(lock_);
        if (entries_.empty()) return std::nullopt;
        return entries_.top().when;
    }
    /// The next cell whose time has come, or nothing.
    [[nodiscard]] std::optional<std::uint64_t> take_due(Nanoseconds now) {
        std::lock_guard guard(lock_);
        if (entries_.empty() || entries_.top().when > now) return std::nullopt;
        const auto cell = entries_.top().cell;
        entries_.pop();
        return cell;
    }

    [[nodiscard]] std::size_t size() const {
        std::lock_guard guard(lock_);
        return entries_.size();
    }

private:
    struct Entry {
        Nanoseconds when;
        std::uint64_t cell;
        bool operator<(const Entry& other) const noexcept { return when > other.when; }  // the earliest on top
    };
    mutable std::mutex lock_;
    std::priority_queue<Entry> entries_;
};

}  // namespace peacepie::worker
