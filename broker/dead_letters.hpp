// dead_letters.hpp - sends that reached nobody or were refused, kept for a while: to be looked at, sent again or forgotten.
//
// Bounded in count and bytes; the oldest go first and are counted.  Owned by Exchange; the broker's thread.  Pure.
//     total = kept + forgotten + sent_again
// Asks are answered and so are no letters; an answer that reaches nobody, what HEAD says itself and what HEAD is told are
// only counted (counters.hpp).  In memory only: a broker that is started again begins with none.
// Next: head_letters.cpp has the commands.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/bounds.hpp"
#include "wire/envelope.hpp"
#include "wire/fault.hpp"

namespace peacepie::broker {

struct DeadLetter {
    std::uint64_t id = 0;       ///< given by the store, growing
    std::string sender, recipient, command;  ///< recipient: empty when only its stale handle was known
    std::uint64_t mid = 0;
    Fault reason = Fault::no_such_actor;
    std::string text;           ///< for people
    std::int64_t time = 0;      ///< seconds since 1970
    std::string meta, body;     ///< empty when the body is too large to be kept
    std::size_t body_size = 0;

    /// Copies what may be kept of the envelope.
    [[nodiscard]] static DeadLetter of(const Envelope& envelope, Fault reason, std::string_view text, std::int64_t time);
    /// It can be sent again: somebody is named, and the body is here.
    [[nodiscard]] bool is_whole() const noexcept { return !recipient.empty() && body.size() == body_size; }
    [[nodiscard]] std::size_t footprint() const noexcept;
};

/// Which letters a command is about: those that fit all that is said.
struct LetterSelection {
    std::optional<std::vector<std::uint64_t>> ids = {};  ///< sorted
    std::optional<Fault> reason = {};
    std::optional<std::string> recipient = {};

    [[nodiscard]] bool fits(const DeadLetter& letter) const;
};

class DeadLetters {
public:
    explicit DeadLetters(CountedBounds& bounds) : bounds_(bounds) {}

    void keep(DeadLetter letter);
    /// Those that somebody had no room to keep or to report.
    void count(Fault reason, std::uint64_t letters);

    template <class Each>
    void each(const LetterSelection& selection, Each each) const {
        for (const auto& letter : letters_)
            if (selection.fits(letter)) each(letter);
    }
    /// Takes out, oldest first, those that can be sent again.
    [[nodiscard]] std::deque<DeadLetter> take_to_send(const LetterSelection& selection);
    /// How many they were.
    std::size_t forget(const LetterSelection& selection);

    [[nodiscard]] std::uint64_t total() const noexcept { return total_; }
    [[nodiscard]] std::size_t kept() const noexcept { return letters_.size(); }
    [[nodiscard]] std::uint64_t forgotten() const noexcept { return forgotten_; }
    [[nodiscard]] std::uint64_t sent_again() const noexcept { return sent_again_; }
    [[nodiscard]] const std::array<std::uint64_t, fault_codes.size()>& by_reason() const noexcept { return by_reason_; }

private:
    template <class Fits>
    [[nodiscard]] std::deque<DeadLetter> take(Fits fits);

    CountedBounds& bounds_;
    std::deque<DeadLetter> letters_;  // oldest first
    std::size_t bytes_ = 0;           // of their footprints
    std::uint64_t last_id_ = 0, total_ = 0, forgotten_ = 0, sent_again_ = 0;
    std::array<std::uint64_t, fault_codes.size()> by_reason_{};  // of all
};

}  // namespace peacepie::broker
