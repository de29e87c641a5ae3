// passed_mail.hpp - what an actor on probation was given, in order, so that its earlier self can be given it again.
//
// An ask is struck off when its answer passes.  Bounded like the mail held for a move; when a bound is reached all of it is
// given up, and only counted.  Pure.  Owned by a Relocation; the broker's thread.
// Next: probations.cpp gives it back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "wire/bounds.hpp"
#include "wire/envelope.hpp"
#include "wire/link.hpp"

namespace peacepie::broker {

/// A message that waits with the broker.
struct HeldMail {
    std::string encoded;  ///< empty: an ask that was answered meanwhile
    Nanoseconds since;
};

class PassedMail {
public:
    void note(const Envelope& envelope, std::string_view encoded, Nanoseconds since, CountedBounds& bounds) {
        ++noted_;
        if (overflowed_) return;
        bytes_ += encoded.size();
        if (!bounds.allows(Bound::held_messages, mail_.size() + 1) || !bounds.allows(Bound::held_bytes, bytes_)) return give_up();
        if (envelope.wants_answer()) asks_.insert_or_assign(key_of(envelope.sender, envelope.mid), mail_.size());
        mail_.push_back({std::string(encoded), since});
    }
    void answered(std::string_view asker, std::uint64_t mid) {
        const auto found = asks_.find(key_of(asker, mid));
        if (found == asks_.end()) return;
        auto& encoded = mail_[found->second].encoded;
        bytes_ -= encoded.size();
        std::string().swap(encoded);
        asks_.erase(found);
    }
    /// Nothing is here any more but the number of all.
    [[nodiscard]] bool overflowed() const noexcept { return overflowed_; }
    [[nodiscard]] std::size_t noted() const noexcept { return noted_; }
    [[nodiscard]] std::deque<HeldMail> take() {
        asks_.clear();
        bytes_ = 0;
        return std::exchange(mail_, {});
    }

private:
    [[nodiscard]] static std::string key_of(std::string_view asker, std::uint64_t mid) {
        return std::string(asker) + ' ' + std::to_string(mid);
    }
    void give_up() {
        overflowed_ = true;
        (void)take();
    }

    std::deque<HeldMail> mail_;
    std::unordered_map<std::string, std::size_t> asks_;  // not answered yet: where they lie
    std::size_t bytes_ = 0;
    std::size_t noted_ = 0;
    bool overflowed_ = false;
};

}  // namespace peacepie::broker
