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

TEST_CASE("events that do not belong to the phase change nothing") {
    auto move = elsewhere();
    CHECK(move.on(Event::loaded).empty());
    CHECK(move.on(Event::frozen).empty());
    CHECK(move.phase() == Phase::preparing);
    auto frozen = freezing(std::move(move));
    CHECK(frozen.on(Event::prepared).empty());
}

TEST_CASE("held mail keeps its order and is bounded") {
    auto move = freezing(elsewhere());
    for (std::size_t i = 0; i <= limits::held_messages_max; ++i) {
        CHECK_FALSE(move.is_overfull());
        move.hold(std::to_string(i), Nanoseconds{0});
    }
    CHECK(move.is_overfull());
    const auto held = move.take_held();
    CHECK(held.front().encoded == "0");
    CHECK(held.back().encoded == std::to_string(limits::held_messages_max));
    CHECK_FALSE(move.is_overfull());
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
