// network.hpp - the simulator's clock and connections: everything random comes from one seed.
//
// A connection keeps its frames in order and gives each a delay of its own; between connections nothing is ordered.
// One thread.  Next: world.hpp.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <string>

#include "wire/link.hpp"

namespace peacepie::sim {

class ManualClock final : public Clock {
public:
    [[nodiscard]] Nanoseconds now() const noexcept override { return now_; }
    void advance_to(Nanoseconds when) { now_ = std::max(now_, when); }

private:
    Nanoseconds now_ = std::chrono::seconds(1000);
};

class Random {
public:
    explicit Random(std::uint64_t seed) : engine_(seed) {}
    [[nodiscard]] std::uint64_t below(std::uint64_t bound) { return bound == 0 ? 0 : engine_() % bound; }
    [[nodiscard]] bool one_in(std::uint64_t odds) { return below(odds) == 0; }

private:
    std::mt19937_64 engine_;
};

/// One direction of one connection.
class Pipe {
public:
    void put(std::string frame, Nanoseconds earliest) {
        last_ = std::max(last_, earliest);  // never overtakes
        bytes_ += frame.size();
        frames_.push_back({last_, std::move(frame)});
    }
    [[nodiscard]] bool has_due(Nanoseconds now) const { return !frames_.empty() && frames_.front().when <= now; }
    [[nodiscard]] std::optional<Nanoseconds> next() const {
        if (frames_.empty()) return std::nullopt;
        return frames_.front().when;
    }
    [[nodiscard]] std::size_t size() const { return frames_.size(); }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }
    [[nodiscard]] std::string take() {
        std::string frame = std::move(frames_.front().bytes);
        frames_.pop_front();
        bytes_ -= frame.size();
        return frame;
    }

private:
    struct Frame {
        Nanoseconds when;
        std::string bytes;
    };
    std::deque<Frame> frames_;
    std::size_t bytes_ = 0;
    Nanoseconds last_{0};
};

}  // namespace peacepie::sim
