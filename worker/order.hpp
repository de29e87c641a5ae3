// order.hpp - what the admin tells a cell to do, and what came of it.
//
// Made by the admin, travels to the cell as a mail, comes back to the admin, which runs `then`.  Owned by whoever holds it.
// Next: cell.cpp carries orders out.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "worker/mail.hpp"
#include "worker/observation.hpp"

namespace peacepie::worker {

/// An actor on its way: everything that its next home needs.
struct Snapshot {
    std::string state;              ///< as pp_actor_type.save wrote it
    std::string version;            ///< of the package that wrote it
    bool durable = false;           ///< declared so
    bool permanent = false;         ///< likewise
    std::string declared;           ///< how it was created, encoded; empty: with nothing but a class
    std::string deliveries;         ///< reliable messages that came and went: encoded, or empty
    Observation observation;
    Value watches;                  ///< whom it monitors, or nil: watches.hpp
    std::uint64_t last_operation = 0;
    std::string mailbox;            ///< messages not yet handled, as a batch of envelopes with time left
    std::size_t mailbox_length = 0;
    std::uint64_t sends = 0;        ///< of them, counted as gone when the snapshot goes out; not in it

    [[nodiscard]] Value to_value() const;
    /// Throws Error bad_request when a field is missing.
    [[nodiscard]] static Snapshot from_value(const Value& value);
};

struct Order {
    enum class Verb : std::uint8_t {
        create,   ///< build the instance; with `starts` also bring it to life
        load,     ///< give a cold instance its state
        start,    ///< bring a cold instance to life at its new home
        await_fence,  ///< come back when nobody is gated
        freeze,   ///< end the running turn, start no other, answer with a snapshot
        resume,   ///< the move was called off: go on
        stop,     ///< end the running turn, say last words, die
        keep,     ///< say the state again: the broker may not have heard it
        unkept,   ///< the broker had no room for the state: say it again with the next step
        enlist,   ///< the broker has an entry for this spawned actor now
        settle,   ///< the probation is over: stay
        withdraw, ///< the move was called off, or the probation has failed: die, and let nobody hear of it
        discard,  ///< die without a word: the actor lives elsewhere, or never lived
    };

    Verb verb;
    bool starts = false;            ///< create: start at once
    bool moved = false;             ///< start: after a move; local mail waits for the fence
    bool for_good = false;          ///< stop: what is kept of it is forgotten, too
    bool fenced = false;            ///< discard: it was away, and nobody knows what became of its snapshot
    std::string parameters;         ///< create: an encoded map, or empty
    std::vector<std::string> set_aside;  ///< create: reliable messages that crashed it before, `ORIGIN#NUMBER`
    std::unique_ptr<Snapshot> snapshot;  ///< load: in; freeze: out; create: what was kept of an earlier life, or null
    std::uint64_t epoch = 0;        ///< resume: of the life that begins, after a way back; 0: the same life goes on
    std::uint64_t errors = 0;       ///< start: so many failures end the probation; 0: there is none

    std::uint64_t cell = 0;         ///< whom it was given to
    std::string code;               ///< what went wrong, as a fault's code; empty: nothing
    std::string text;
    std::function<void(Order&)> then;  ///< run by the admin when the order is back; may be empty

    Order(Verb order, std::function<void(Order&)> next) : verb(order), then(std::move(next)) {}
    [[nodiscard]] bool failed() const noexcept { return !code.empty(); }
};

}  // namespace peacepie::worker
