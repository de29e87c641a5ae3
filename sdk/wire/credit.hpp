// credit.hpp - how much may be under way to a peer that tells what it has taken in; decisions/0023-credit.md says why.
//
// Each end of a connection between worker and broker has both: a Credit for what it sends, an Intake for what comes.
// Plain values; whoever sends has the one, whoever receives has the other.
// Next: broker/outbox.hpp and worker/outbox.hpp spend it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "wire/value.hpp"

namespace peacepie {

class Credit {
public:
    /// As large as the peer's hello or welcome said.  0: it does not tell what it takes in, so nothing is held back.
    void begin(std::uint64_t window) noexcept {
        window_ = window == 0 ? unlimited : window;
        under_way_ = 0;
    }
    /// One frame may reach beyond the window: one that is larger than all of it would never go else.
    [[nodiscard]] bool is_left() const noexcept { return under_way_ < window_; }
    void spend(std::uint64_t bytes) noexcept { under_way_ += bytes; }
    /// The peer took them, or they were not sent after all.  It may tell of more than was counted here: of frames from before begin().
    void give_back(std::uint64_t bytes) noexcept { under_way_ -= std::min(under_way_, bytes); }

private:
    static constexpr auto unlimited = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t window_ = unlimited;
    std::uint64_t under_way_ = 0;
};

class Intake {
public:
    /// 0: the peer does not want to be told.
    explicit Intake(std::uint64_t window = 0) noexcept : due_at_(window == 0 ? std::numeric_limits<std::uint64_t>::max() : std::max<std::uint64_t>(window / 4, 1)) {}

    /// How much the peer is to be told of now: each quarter of the window once, so that it never waits for a word that is not due.
    [[nodiscard]] std::uint64_t take_in(std::uint64_t bytes) noexcept {
        untold_ += bytes;
        return untold_ < due_at_ ? 0 : std::exchange(untold_, 0);
    }

private:
    std::uint64_t due_at_;
    std::uint64_t untold_ = 0;
};

/// The word that tells it, as one element of a batch.
void append_taken(std::string& batch, std::uint64_t bytes);
/// A number of bytes: the `credit` of a hello or welcome, the `bytes` of a `taken`; 0 when there is none.
[[nodiscard]] std::uint64_t credit_in(const Value& body, std::string_view field);

}  // namespace peacepie
