// driver.hpp - what all drivers of a workload share: when it began, how much is left, when it was done.
//
// `run` begins a workload, `result` tells seconds and counts once it is done; figures.py asks both.  In the actor's turns.
// Next: in_one_worker.hpp and across.hpp have the workloads.
#pragma once

#include <peacepie/peacepie.hpp>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

namespace bench {

using Moment = std::chrono::steady_clock::time_point;

inline double seconds_between(Moment from, Moment to) { return std::chrono::duration<double>(to - from).count(); }

class Driver : public peacepie::Actor {
protected:
    Driver() { on("result", &Driver::result); }

    void begin(std::int64_t count) {
        count_ = left_ = count;
        done_ = false;
        spans_.clear();
        began_ = std::chrono::steady_clock::now();
    }
    /// True when that was the last.
    bool one_more() {
        if (--left_ > 0) return false;
        ended_ = std::chrono::steady_clock::now();
        return done_ = true;
    }

    std::int64_t left_ = 0;
    std::vector<double> spans_;  // of single round trips, in microseconds

private:
    Reply result() {
        std::sort(spans_.begin(), spans_.end());
        const auto at = [&](double part) {
            return spans_.empty() ? 0.0 : spans_[static_cast<std::size_t>(static_cast<double>(spans_.size() - 1) * part)];
        };
        return reply("result", named("done", done_), named("count", count_), named("left", left_),
                     named("seconds", done_ ? seconds_between(began_, ended_) : 0.0), named("p50", at(0.5)),
                     named("p99", at(0.99)), named("p999", at(0.999)));
    }

    std::int64_t count_ = 0;
    bool done_ = false;
    Moment began_, ended_;
};

}  // namespace bench
