// turn.hpp - what is being handled, and what outlives its first return.
//
// A Turn is on the stack of the seam while a plain handler runs.  A handler that is a coroutine gets a Visit, from the
// pool, until it has ended.  Both belong to their actor and are touched in its turns only.
// Next: task.hpp is what a Visit drives, visit.cpp drives it.
#pragma once

#include <coroutine>
#include <cstdint>
#include <string>
#include <string_view>

#include "peacepie/frame_pool.hpp"
#include "peacepie/reply.hpp"
#include "wire/envelope.hpp"

namespace peacepie {

class Actor;

enum class Purpose : std::uint8_t {
    message,  ///< somebody sent or asked
    ticker,   ///< a ticker came due
    start     ///< started(), before anything else
};

struct Turn {
    Purpose purpose = Purpose::message;
    Kind kind = Kind::send;
    std::uint64_t mid = 0;
    std::uint64_t sender = 0;
    std::string_view sender_text;
    std::string_view body;  ///< borrowed: empty once the handler has its arguments
};

/// What the seam has just stored word by word is loaded word by word: a load of two such words at once, as compilers like it,
/// waits until both have left the processor's store buffer, which took a twelfth of a hop between two actors.
template <class Word>
[[nodiscard]] inline Word by_itself(Word word) noexcept {
    asm("" : "+r"(word));
    return word;
}

/// One handler that is a coroutine, from its first step to its answer.
struct Visit : Turn, Pooled {
    Visit(Actor& of, const Turn& turn) : Turn(turn), actor(of) { body = {}; }

    Actor& actor;
    Visit* older = nullptr;             ///< the actor's suspended visits, newest first
    Visit* newer = nullptr;
    std::coroutine_handle<> root;       ///< the handler's own frame; all others hang below it
    std::coroutine_handle<> ready;      ///< what to resume next; null: the visit waits or is over
    Reply (*take)(std::coroutine_handle<>) = nullptr;  ///< the result of `root`, or its exception
    bool overlapping = false;
    bool suspended = false;
    std::string kept_sender;            ///< the bytes of sender_text while suspended
};

}  // namespace peacepie
