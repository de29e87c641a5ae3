// received.hpp - which reliable messages an actor has handled, so that none is handled twice; and what it answered.
//
// Owned by its cell and used in its turns; travels with the actor, and is kept with the state of a durable one.
// Bounded: so many origins, the one unheard longest goes first; so many numbers of each and of all; so many bytes of answers.  Of an origin
// that had to go it is known how far it had come, so that nothing of it is handled a second time; that is bounded as well.
// Next: cell_delivery.cpp asks it.
#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "wire/limits.hpp"
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

    static constexpr std::size_t pushed_out_max = limits::origins_max;  ///< of each only how far it had come: it is kept with each state, like the rest
    static constexpr std::size_t numbers_max = 100'000;  ///< of all origins: what is kept of them must be a value that can be read again

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
        std::uint64_t forgotten = 0;   ///< whether a number up to this one was handled is known from `recent` only, if at all
    };
    /// What is left of an origin.
    struct PushedOut {
        std::string name;
        std::uint64_t last = 0, forgotten = 0;
    };
    [[nodiscard]] Origin& of(const std::string& name);
    void push_one_out();
    [[nodiscard]] PushedOut take_pushed_out(const std::string& name);
    void remember(PushedOut origin);
    void shorten(Origin& origin);
    void read_origin(const Value::Array& fields);

    std::list<Origin> origins_;  // heard last comes first
    std::unordered_map<std::string, std::list<Origin>::iterator, TextHash, std::equal_to<>> by_name_;
    std::list<PushedOut> pushed_out_;  // likewise
    std::unordered_map<std::string_view, std::list<PushedOut>::iterator> pushed_out_by_name_;  // keys are in the list
    std::size_t bytes_ = 0;      // of answers
    std::size_t numbers_ = 0;    // of them, and of those that were too large
};

}  // namespace peacepie::worker
