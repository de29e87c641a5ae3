// inside.hpp - the seam's view of an Actor: the one friend it has.
//
// Static functions only; in the actor's turns.  Authors have no use for this.
// Next: actor.hpp is what authors see, seam.cpp uses this.
#pragma once

#include "peacepie/actor.hpp"

namespace peacepie {

struct Inside {
    [[nodiscard]] static const Host& host(const Actor& actor) noexcept { return actor.host_; }
    [[nodiscard]] static const ActorClass& class_of(const Actor& actor) noexcept { return *actor.class_; }
    [[nodiscard]] static Waiters& waiters(Actor& actor) noexcept { return actor.waiters_; }
    [[nodiscard]] static const Turn*& turn(Actor& actor) noexcept { return actor.turn_; }
    [[nodiscard]] static Visit*& visits(Actor& actor) noexcept { return actor.visits_; }
    [[nodiscard]] static Actor::Flags& flags(Actor& actor) noexcept { return actor.flags_; }
    [[nodiscard]] static std::unique_ptr<Value>& kept(Actor& actor) noexcept { return actor.kept_; }

    static void meet(Actor& actor, Host host) noexcept { actor.host_ = host; }
    static Task<> started(Actor& actor) { return actor.started(); }
    static void stopping(Actor& actor) noexcept { actor.stopping(); }
    static void params_changed(Actor& actor) { actor.params_changed(); }
    static void self_check(Actor& actor) { actor.self_check(); }
    static void upgrade(Actor& actor, std::string from, Value& state) { actor.upgrade(std::move(from), state); }

    /// A message from this actor.  Throws Error bad_argument when `to` names nobody, too_large when the body is.
    [[nodiscard]] static Posting posting(const Actor& actor, Kind kind, const To& to, const Command& command, std::string_view body);
    /// Runs one handler as a turn of this actor; failures become errors and log lines.
    static void invoke(Actor& actor, const Handler& handler, Turn& turn);
};

/// Runs `step` and turns what it throws into an error to the asker, or a word to the worker.
using Step = void (*)(void* with);
void guarded(Actor& actor, const Turn& turn, Step step, void* with);
template <class F>
void guarded(Actor& actor, const Turn& turn, F&& f) {
    guarded(actor, turn, [](void* with) { (*static_cast<std::remove_reference_t<F>*>(with))(); }, &f);
}

/// Resumes a visit until it waits again or has ended and answered.
void run(Visit& visit);
/// Drops all suspended visits, newest first.
void drop_visits(Actor& actor) noexcept;

}  // namespace peacepie
