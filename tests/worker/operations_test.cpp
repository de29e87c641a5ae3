// operations_test.cpp - what an actor waits for, and an actor's observers and switches.
#include "worker/operations.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "catch.hpp"
#include "worker/observation.hpp"

using namespace peacepie;
using namespace peacepie::worker;

TEST_CASE("an operation is closed once and tells what it was") {
    Operations operations;
    operations.add({1, 100, Operation::Kind::ask});
    operations.add({2, 50, Operation::Kind::wait});
    CHECK(operations.close(2)->kind == Operation::Kind::wait);
    CHECK_FALSE(operations.close(2));
    CHECK_FALSE(operations.close(3));
    CHECK(operations.is_open(1));
    CHECK(operations.size() == 1);
}

TEST_CASE("the earliest deadline is that of an open operation that was not seen to yet") {
    Operations operations;
    operations.add({1, 100, Operation::Kind::ask});
    operations.add({2, 50, Operation::Kind::alarm});
    CHECK(operations.earliest_deadline() == 50);
    CHECK(operations.due(60) == std::vector<std::uint64_t>{2});
    operations.disarm(2);
    CHECK(operations.is_open(2));
    CHECK(operations.earliest_deadline() == 100);
}

TEST_CASE("closed operations are swept while the open ones stay") {
    Operations operations;
    for (std::uint64_t i = 1; i <= 1000; ++i) operations.add({i, Operation::never, Operation::Kind::ask});
    for (std::uint64_t i = 1; i <= 1000; ++i)
        if (i % 10 != 0) CHECK(operations.close(i));
    CHECK(operations.size() == 100);
    for (std::uint64_t i = 10; i <= 1000; i += 10) CHECK(operations.close(i));
    CHECK(operations.size() == 0);
}

TEST_CASE("rhythms side by side keep each a moment registered and come when they are due, beside one that is far off") {
    WakeTimes times;
    std::multiset<std::uint64_t> registered;
    const auto arm = [&](std::uint64_t deadline) {
        if (times.arm(deadline)) registered.insert(deadline);
    };
    constexpr std::array<std::uint64_t, 3> rhythms{1'000, 550, 7};
    constexpr std::uint64_t far = 1'000'000;
    std::array<std::uint64_t, 3> deadlines = rhythms;
    arm(far);
    for (const auto deadline : deadlines) arm(deadline);
    std::uint64_t now = 0;
    for (int handled = 0; handled < 10'000;) {
        REQUIRE_FALSE(registered.empty());
        now = *registered.begin();
        REQUIRE(now <= std::ranges::min(deadlines));  // none is late
        registered.erase(registered.begin());
        if (!times.woken(now)) continue;
        for (std::size_t i = 0; i < rhythms.size(); ++i)
            if (deadlines[i] <= now) ++handled, arm(deadlines[i] = now + rhythms[i]);
        arm(std::min(far, std::ranges::min(deadlines)));
        REQUIRE(registered.size() <= 4);
    }
    CHECK(now < far);
    CHECK(registered.count(far) == 1);
}

TEST_CASE("moments that come late and together are one, and none is left behind") {
    WakeTimes times;
    CHECK(times.arm(30));
    CHECK_FALSE(times.arm(30));
    CHECK(times.arm(20));
    CHECK(times.arm(10));
    CHECK_FALSE(times.woken(9));
    CHECK(times.woken(20));
    CHECK_FALSE(times.woken(20));
    CHECK(times.arm(25));
    CHECK(times.woken(30));
    CHECK(times.arm(WakeTimes::never - 1));
    CHECK_FALSE(times.arm(WakeTimes::never));
}

TEST_CASE("a second subscription of the same observer changes nothing and one unsubscribe ends it") {
    Observation observation;
    const Value body = Value::Map{{"command", "tick"}};
    CHECK(observation.change(GenericCommand::subscribe, body, "@me.1") == "subscribed");
    CHECK(observation.change(GenericCommand::subscribe, body, "@me.1") == "subscribed");
    CHECK(observation.observers.size() == 1);
    CHECK(observation.change(GenericCommand::unsubscribe, body, "@me.1") == "unsubscribed");
    CHECK_THROWS_AS(observation.change(GenericCommand::unsubscribe, body, "@me.1"), Error);
}

TEST_CASE("the last logging switch can be taken back") {
    Observation observation;
    const Value body = Value::Map{{"commands", Value::Array{"tick"}}};
    CHECK(observation.change(GenericCommand::cumulative_commands_set, body, "x") == "set");
    CHECK_FALSE(observation.is_logged("a", "tick", std::chrono::seconds(1)));
    CHECK(observation.change(GenericCommand::cumulative_commands_remove, body, "x") == "removed");
    CHECK(observation.is_logged("a", "tick", std::chrono::seconds(2)));
    CHECK(observation.change(GenericCommand::not_log_commands_set, body, "x") == "set");
    CHECK_FALSE(observation.is_logged("a", "tick", std::chrono::seconds(3)));
    CHECK(observation.change(GenericCommand::not_log_commands_remove, body, "x") == "removed");
    CHECK_THROWS_AS(observation.change(GenericCommand::not_log_commands_remove, Value::Map{{"commands", "tick"}}, "x"), Error);
}

TEST_CASE("observers and switches travel as a value") {
    Observation observation;
    (void)observation.change(GenericCommand::subscribe, Value::Map{{"command", "tick"}}, "@me.1");
    (void)observation.change(GenericCommand::not_log_commands_set, Value::Map{{"commands", Value::Array{"a", "b"}}}, "x");
    const auto travelled = Observation::from_value(observation.to_value());
    CHECK(travelled.observers == observation.observers);
    CHECK(travelled.not_logged == observation.not_logged);
}
