// relocation_test.cpp - the states of one move, every way through them.
#include "broker/relocation.hpp"
#include "broker/snapshot_facts.hpp"
#include "catch.hpp"
#include "wire/limits.hpp"
#include "wire/value.hpp"

using namespace peacepie;
using namespace peacepie::broker;
using Event = Relocation::Event;
using Phase = Relocation::Phase;
using Step = Relocation::Step;
using Steps = Relocation::Steps;

namespace {

Relocation elsewhere() { return Relocation({.name = "a", .epoch = 2, .source = "x", .target = "y"}); }
Relocation in_place() { return Relocation({.name = "a", .epoch = 2, .source = "x", .target = "x"}); }

Relocation freezing(Relocation move) {
    CHECK(move.on(Event::prepared) == Steps{Step::await_fence});
    CHECK(move.on(Event::fence_back) == Steps{Step::send_freeze});
    return move;
}
Relocation loading(Relocation move) {
    auto frozen = freezing(std::move(move));
    CHECK(frozen.on(Event::frozen) == Steps{Step::send_load});
    return frozen;
}

const Envelope ask{.kind = Kind::ask, .command = "tick"};
const Envelope answer{.kind = Kind::reply, .command = "done"};

}  // namespace

TEST_CASE("a move that succeeds commits before it starts the target and releases mail before it discards the source") {
    auto move = loading(elsewhere());
    CHECK(move.on(Event::loaded) ==
          Steps{Step::commit, Step::send_start, Step::release, Step::send_discard, Step::answer_moved});
    CHECK(move.phase() == Phase::settled);
}

TEST_CASE("mail is held while freezing and loading and answers pass while freezing") {
    auto move = elsewhere();
    CHECK_FALSE(move.holds(ask));
    auto frozen = freezing(std::move(move));
    CHECK(frozen.holds(ask));
    CHECK_FALSE(frozen.holds(answer));
    CHECK(frozen.on(Event::frozen) == Steps{Step::send_load});
    CHECK(frozen.holds(ask));
    CHECK(frozen.holds(answer));
}

TEST_CASE("no mail is held before the fence of the last move is back") {
    auto move = elsewhere();
    CHECK(move.on(Event::prepared) == Steps{Step::await_fence});
    CHECK(move.phase() == Phase::fencing);
    CHECK_FALSE(move.holds(ask));
    CHECK(move.on(Event::late) == Steps{Step::send_cancel, Step::release, Step::answer_stayed});
}

TEST_CASE("a failure before the freeze only cancels the target") {
    for (const auto event : {Event::refused, Event::late}) {
        auto move = elsewhere();
        CHECK(move.on(event) == Steps{Step::send_cancel, Step::release, Step::answer_stayed});
    }
}

TEST_CASE("a failure after the freeze resumes the source before its mail is released") {
    for (const auto event : {Event::refused, Event::late, Event::overflowed}) {
        for (auto& move : {freezing(elsewhere()), loading(elsewhere()), freezing(in_place()), loading(in_place())}) {
            auto failing = move;
            CHECK(failing.on(event) == Steps{Step::send_resume, Step::send_cancel, Step::release, Step::answer_stayed});
            CHECK(failing.on(Event::loaded).empty());
        }
    }
}

TEST_CASE("when the target is lost the source goes on") {
    auto preparing = elsewhere();
    CHECK(preparing.on(Event::target_lost) == Steps{Step::release, Step::answer_stayed});
    auto later = loading(elsewhere());
    CHECK(later.on(Event::target_lost) == Steps{Step::send_resume, Step::release, Step::answer_stayed});
}

TEST_CASE("when the source is lost before its snapshot came the held mail is answered") {
    auto move = freezing(elsewhere());
    CHECK(move.on(Event::source_lost) == Steps{Step::send_cancel, Step::release_as_lost, Step::answer_stayed});
}

TEST_CASE("when the source is lost after its snapshot came the target becomes the owner") {
    auto move = loading(elsewhere());
    CHECK(move.on(Event::source_lost) == Steps{Step::adopt});
    CHECK(move.phase() == Phase::loading);
    CHECK(move.holds(ask));
    SECTION("and the move goes on") {
        CHECK(move.on(Event::loaded) == Steps{Step::commit, Step::send_start, Step::release, Step::answer_moved});
    }
    SECTION("unless the target fails as well") {
        CHECK(move.on(Event::late) ==
              Steps{Step::send_cancel, Step::forget_name, Step::release_as_lost, Step::answer_stayed});
    }
}

TEST_CASE("a recreation in place whose process is lost ends with it") {
    auto move = loading(in_place());
    CHECK(move.on(Event::source_lost) == Steps{Step::release_as_lost, Step::answer_stayed});
}

namespace {

Relocation on_probation(Relocation move) {
    auto loaded = loading(std::move(move));
    CHECK(loaded.on(Event::loaded) == Steps{Step::commit, Step::send_start, Step::begin_probation});
    CHECK(loaded.phase() == Phase::probation);
    CHECK_FALSE(loaded.holds(ask));
    return loaded;
}
Move with_probation(Move move) {
    move.probation = Probation{};
    return move;
}
Move tried(Move move) {
    move.dry_run = true;
    return move;
}
const Steps home_again{Step::return_home, Step::send_resume, Step::give_back, Step::release, Step::answer_stayed};

}  // namespace

TEST_CASE("a dry run that succeeds drops the target and wakes the source before its mail is released") {
    for (auto& move : {loading(Relocation(tried(elsewhere().move()))), loading(Relocation(tried(in_place().move())))}) {
        auto trial = move;
        CHECK(trial.on(Event::loaded) == Steps{Step::send_cancel, Step::send_resume, Step::release, Step::answer_can});
        CHECK(trial.phase() == Phase::settled);
    }
}

TEST_CASE("a dry run whose source is lost while its target loads ends with it") {
    auto trial = loading(Relocation(tried(elsewhere().move())));
    CHECK(trial.on(Event::source_lost) == Steps{Step::send_cancel, Step::release_as_lost, Step::answer_stayed});
}

TEST_CASE("a probation that is passed settles the target before it discards the source") {
    for (const auto event : {Event::passed, Event::refused}) {
        auto move = on_probation(Relocation(with_probation(in_place().move())));
        CHECK(move.on(event) == Steps{Step::send_settle, Step::release, Step::send_discard, Step::answer_moved});
        CHECK(move.phase() == Phase::settled);
    }
}

TEST_CASE("a target that misbehaves on probation is withdrawn while mail is held, and the source goes on under all of it") {
    for (const auto event : {Event::left, Event::late, Event::refused, Event::overflowed, Event::target_lost}) {
        auto move = on_probation(Relocation(with_probation(elsewhere().move())));
        CHECK(move.on(Event::misbehaved) == Steps{Step::send_withdraw});
        CHECK(move.phase() == Phase::returning);
        CHECK(move.holds(ask));
        CHECK_FALSE(move.holds(answer));
        CHECK(move.on(Event::misbehaved).empty());
        CHECK(move.on(event) == home_again);
    }
}

TEST_CASE("a target that is cut off on probation has its mail held until it has stopped, and the route leads home before its session ends") {
    for (const auto event : {Event::left, Event::late, Event::refused}) {
        auto move = on_probation(Relocation(with_probation(elsewhere().move())));
        CHECK(move.on(Event::target_cut_off) == Steps{Step::return_home, Step::await_end});
        CHECK(move.holds(ask));
        CHECK(move.on(event) == home_again);
    }
    auto both = on_probation(Relocation(with_probation(in_place().move())));
    CHECK(both.on(Event::target_cut_off) == Steps{Step::restore_class, Step::release_as_lost, Step::answer_stayed});
    auto not_started = loading(elsewhere());
    CHECK(not_started.on(Event::target_cut_off) == loading(elsewhere()).on(Event::target_lost));
}

TEST_CASE("whoever is lost in a probation, the other is the actor, and nobody is when both are lost in place") {
    auto without_target = on_probation(Relocation(with_probation(elsewhere().move())));
    CHECK(without_target.on(Event::target_lost) == home_again);
    auto without_source = on_probation(Relocation(with_probation(elsewhere().move())));
    CHECK(without_source.on(Event::source_lost) == Steps{Step::send_settle, Step::release, Step::answer_moved});
    auto without_both = on_probation(Relocation(with_probation(in_place().move())));
    CHECK(without_both.on(Event::source_lost) == Steps{Step::restore_class, Step::release_as_lost, Step::answer_stayed});
    auto returning = on_probation(Relocation(with_probation(elsewhere().move())));
    CHECK(returning.on(Event::misbehaved) == Steps{Step::send_withdraw});
    CHECK(returning.on(Event::source_lost) ==
          Steps{Step::restore_class, Step::forget_name, Step::give_back, Step::release_as_lost, Step::answer_stayed});
}

TEST_CASE("an actor that is removed on probation takes its frozen earlier self with it") {
    auto move = on_probation(Relocation(with_probation(elsewhere().move())));
    CHECK(move.on(Event::withdrawn) == Steps{Step::send_cancel, Step::send_discard, Step::release_as_lost, Step::answer_stayed});
}

TEST_CASE("without a source there is no probation, because there is no way back") {
    auto move = loading(Relocation(with_probation(elsewhere().move())));
    CHECK(move.on(Event::source_lost) == Steps{Step::adopt});
    CHECK(move.on(Event::loaded) == Steps{Step::commit, Step::send_start, Step::release, Step::answer_moved});
}

TEST_CASE("what was passed on is kept in order without the asks that were answered, and given up as a whole above its bound") {
    PassedMail passed;
    CountedBounds bounds;
    for (std::uint64_t mid = 1; mid <= 3; ++mid)
        passed.note({.kind = Kind::ask, .mid = mid, .command = "tick", .sender = "s"}, "ask " + std::to_string(mid), Nanoseconds{5}, bounds);
    passed.note({.command = "tick", .sender = "s"}, "send", Nanoseconds{6}, bounds);
    passed.answered("s", 2);
    passed.answered("t", 1);
    const auto mail = passed.take();
    REQUIRE(mail.size() == 4);
    CHECK((mail[0].encoded == "ask 1" && mail[1].encoded.empty() && mail[2].encoded == "ask 3" && mail[3].encoded == "send"));
    for (std::size_t i = 0; i <= limits::held_messages_max; ++i) passed.note({.command = "tick"}, "x", Nanoseconds{0}, bounds);
    CHECK(passed.overflowed());
    CHECK(passed.take().empty());
    CHECK(passed.noted() == limits::held_messages_max + 5);
}

TEST_CASE("events that do not belong to the phase change nothing") {
    auto move = elsewhere();
    CHECK(move.on(Event::loaded).empty());
    CHECK(move.on(Event::frozen).empty());
    CHECK(move.phase() == Phase::preparing);
    auto frozen = freezing(std::move(move));
    CHECK(frozen.on(Event::prepared).empty());
}

TEST_CASE("held mail keeps its order and is bounded") {
    CountedBounds bounds;
    auto move = freezing(elsewhere());
    for (std::size_t i = 0; i <= limits::held_messages_max; ++i) {
        CHECK_FALSE(move.is_overfull(bounds));
        move.hold(std::to_string(i), Nanoseconds{0});
    }
    CHECK(move.is_overfull(bounds));
    const auto held = move.take_held();
    CHECK(held.front().encoded == "0");
    CHECK(held.back().encoded == std::to_string(limits::held_messages_max));
    CHECK_FALSE(move.is_overfull(bounds));
}

TEST_CASE("a snapshot tells the size of its state and the length of its mailbox without being decoded") {
    const Value state = Value::Map{{"index", 3}};
    const auto bytes = Value(Value::Map{{"version", "1"}, {"state", state}, {"mailbox", Value::Array{1, 2, 3}}}).encoded();
    const auto facts = read_snapshot_facts(bytes);
    REQUIRE(facts);
    CHECK(facts->state_bytes == state.encoded().size());
    CHECK(facts->moved_messages == 3);
    const auto told = Value(Value::Map{{"mailbox", Binary{"abc"}}, {"moved_messages", 7}, {"state_bytes", 9}}).encoded();
    CHECK(read_snapshot_facts(told)->moved_messages == 7);
    CHECK(read_snapshot_facts(told)->state_bytes == 9);
    CHECK_FALSE(read_snapshot_facts(""));
    CHECK_FALSE(read_snapshot_facts(bytes.substr(0, bytes.size() - 1)));
    CHECK_FALSE(read_snapshot_facts(Value("text").encoded()));
}
