// received.hpp - which reliable messages an actor has handled, so that none is handled twice; and what it answered.
//
// Owned by its cell and used in its turns; travels with the actor, and is kept with the state of a durable one.
// Bounded: so many origins, the one unheard longest goes first; so many numbers of each; so many bytes of answers.
// Next: cell_delivery.cpp asks it.
#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <string>
#include <unordered_map>

#include "wire/text_hash.hpp"
#include "worker/delivery.hpp"
#include "worker/mail.hpp"

namespace peacepie::worker {

class Received {
public:
    enum class Verdict : std::uint8_t {
        handle,   ///< it is new
        in_work,  ///< it is being handled: its answer will come
        repeat,   ///< it was handled: answer() has what was answered
        early,    ///< one before it has not come yet
        too_old   ///< so long ago that nobody knows
    };
    struct Done {
        std::uint64_t number = 0;
        MailKind kind = MailKind::reply;
        std::string command, body;
        bool is_kept = true;  ///< false: the answer was too large to be repeated
    };

    [[nodiscard]] Verdict judge(const Delivery& delivery);
    void begin(const Delivery& delivery);
    /// It was not handled after all: it may come again.
    void call_off(const std::string& origin, std::uint64_t number);
    /// `in_sequence`: its sender numbers 1, 2, 3 …
    void done(const std::string& origin, bool in_sequence, Done done);
    /// After `repeat`: null for one that was only counted.
    [[nodiscard]] const Done* answer(const Delivery& delivery) const;

    [[nodiscard]] bool empty() const noexcept { return origins_.empty(); }
    [[nodiscard]] Value to_value() const;
    /// Fields that cannot be read are passed over.
    void read(const Value& value);

private:
    struct Origin {
        std::string name;
        std::uint64_t last = 0;        ///< of a sequence: all up to it were handled
        std::deque<Done> recent;       ///< of the others, by number
        std::deque<std::uint64_t> in_work;
        bool has_forgotten = false;    ///< numbers below the oldest in `recent`
    };
    [[nodiscard]] Origin& of(const std::string& name);
    void shorten(Origin& origin);

    std::list<Origin> origins_;  // heard last comes first
    std::unordered_map<std::string, std::list<Origin>::iterator, TextHash, std::equal_to<>> by_name_;
    std::size_t bytes_ = 0;      // of answers
};

}  // namespace peacepie::worker
