// relocation.hpp - one move of one actor, the broker's half: where it stands, what to do next, the mail held meanwhile.
//
//   preparing ─prepared─▶ fencing ─fence_back─▶ freezing ─frozen─▶ loading ─loaded─▶ settled: moved
//       │                    │                     │                 │  │  └─ of a dry run: settled, all as before
//       └─ refused, late, overflowed, source or ───┴─────────────────┘  │     with a probation:
//          target lost, withdrawn ─▶ settled: stayed                    ▼
//          (or lost with its owner)                                 probation ─passed, source lost─▶ settled: moved
//                                                   target lost ┌───────┤
//                                   settled: stayed ◀───────────┤       └misbehaved─▶ returning
//                                   (at home again)             └── left, late, lost ────┘
//
// Fencing: the owner may still gate its local senders since the last move; mail must not be held before it says that it gates nobody,
// or their earlier messages would be held while their later ones are handed over with the mailbox (decision 0005).
// Mail for the name is held while freezing and loading; answers still pass while freezing, because the running turn may
// wait for them.  The route is flipped only in the step `commit`.  When the source dies after its snapshot came, the
// target becomes the owner at once (`adopt`) and the move goes on, since nobody else has the state.
// A target on probation that is lost but may run on (decision 0026) is waited for in `returning` as well, with the route at home already.
// On probation the source stays frozen, and what the target is given is noted; while returning mail is held again (decision 0020).
// Pure: says what to do, does nothing.  Owned by Moves; the broker's thread.
// Next: moves.hpp carries the steps out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/passed_mail.hpp"
#include "wire/envelope.hpp"
#include "wire/fault.hpp"
#include "wire/link.hpp"

namespace peacepie::broker {

/// How long, and how well, the target must do before the source is given up.
struct Probation {
    std::uint64_t errors = 1;  ///< so many handlers that fail end it
    Nanoseconds span{0};
    bool replay = false;       ///< when it ends badly, the source is given the target's mail again
};

/// What is decided before a move begins.
struct Move {
    std::string name;
    std::uint64_t epoch = 0;  ///< of the next life
    std::string source;       ///< nodes; equal for a recreation in place
    std::string target;
    std::string class_desc = {};  ///< encoded; empty: as it is
    Nanoseconds deadline{0};  ///< of all before a probation
    bool dry_run = false;     ///< only to see whether the target takes it
    std::optional<Probation> probation = {};
};

class Relocation {
public:
    enum class Phase : std::uint8_t { preparing, fencing, freezing, loading, probation, returning, settled };
    enum class Event : std::uint8_t {
        prepared,     ///< the target has a cold instance
        fence_back,   ///< the owner gates nobody (any more)
        frozen,       ///< the snapshot has come
        loaded,       ///< the target has taken the snapshot
        passed,       ///< the probation is over
        misbehaved,   ///< on probation it failed too often
        left,         ///< the target has dropped its instance
        refused,      ///< source or target said no, or the system ends
        late,         ///< a deadline has passed
        overflowed,   ///< too much mail is held
        source_lost,
        target_lost,
        target_cut_off,   ///< lost, and its process may run on for a while
        withdrawn,    ///< the name was given up by its owner
    };
    enum class Step : std::uint8_t {
        await_fence,
        send_freeze,
        send_load,
        adopt,            ///< the route leads to the target from now on, mail is still held
        commit,           ///< the route leads to the target, under the new epoch
        send_start,
        begin_probation,  ///< held mail goes to the target, in order, and all that is given to it is noted
        send_settle,      ///< the target stays
        send_discard,
        send_withdraw,    ///< the target is to go
        await_end,        ///< until a target that was cut off has stopped, or is known to be dead
        return_home,      ///< the route leads to the source again, under another epoch, and the class is what it was
        send_resume,
        give_back,        ///< noted mail is given to the source again, or counted as lost
        send_cancel,
        release,          ///< held mail goes to the owner, in order
        release_as_lost,  ///< held mail is answered: nobody owns the name
        restore_class,    ///< class and kept state are what they were: who is made again is made as before
        forget_name,
        answer_moved,
        answer_can,
        answer_stayed,
    };
    using Steps = std::vector<Step>;

    explicit Relocation(Move move) : move_(std::move(move)) {}

    /// The only place where the phase changes.  Events that come too late for their phase mean nothing.
    [[nodiscard]] Steps on(Event event);

    [[nodiscard]] const Move& move() const noexcept { return move_; }
    [[nodiscard]] Phase phase() const noexcept { return phase_; }
    /// In `returning`: the route leads home, and only the end of the target's copy is waited for.
    [[nodiscard]] bool awaits_end() const noexcept { return phase_ == Phase::returning && is_home_; }
    [[nodiscard]] bool is_in_place() const noexcept { return move_.source == move_.target; }
    [[nodiscard]] bool holds(const Envelope& envelope) const noexcept {
        return phase_ == Phase::loading || ((phase_ == Phase::freezing || phase_ == Phase::returning) && !envelope.is_answer());
    }

    void hold(std::string_view encoded, Nanoseconds now);
    [[nodiscard]] bool is_overfull(CountedBounds& bounds) const noexcept;
    [[nodiscard]] std::deque<HeldMail> take_held();

    /// A message goes to the target.
    void note(const Envelope& envelope, std::string_view encoded, Nanoseconds since, CountedBounds& bounds) {
        if (move_.probation && !envelope.is_answer()) passed_.note(envelope, encoded, since, bounds);
    }
    [[nodiscard]] PassedMail& passed() noexcept { return passed_; }

private:
    [[nodiscard]] Steps on_success(Event event);
    [[nodiscard]] Steps on_failure(Event event);
    [[nodiscard]] Steps on_loaded();
    [[nodiscard]] Steps in_probation(Event event);
    [[nodiscard]] Steps in_returning(Event event);

    Move move_;
    Phase phase_ = Phase::preparing;
    bool adopted_ = false;  ///< the source died after its snapshot came
    bool is_home_ = false;  ///< the route, though the target's copy may run on
    std::deque<HeldMail> held_;
    std::size_t held_bytes_ = 0;
    PassedMail passed_;
};

}  // namespace peacepie::broker
