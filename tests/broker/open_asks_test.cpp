// open_asks_test.cpp - asks that passed through, until their answer does.
#include "broker/open_asks.hpp"
#include "catch.hpp"

using namespace peacepie;
using namespace peacepie::broker;
using namespace std::chrono_literals;

TEST_CASE("an open ask is closed once") {
    OpenAsks asks;
    CHECK(asks.open("a", 1, "b", 5, 10s, false) == OpenAsks::Opened::yes);
    CHECK(asks.is_open("a", 1));
    CHECK_FALSE(asks.close("a", 2));
    CHECK_FALSE(asks.close("b", 1));
    CHECK(asks.close("a", 1));
    CHECK_FALSE(asks.close("a", 1));
    CHECK(asks.size() == 0);
}

TEST_CASE("a client's mid that is in use is refused and a worker's replaces the first") {
    OpenAsks asks;
    CHECK(asks.open("@me", 1, "b", 5, 10s, true) == OpenAsks::Opened::yes);
    CHECK(asks.open("@me", 1, "b", 5, 10s, true) == OpenAsks::Opened::mid_in_use);
    CHECK(asks.open("a", 1, "b", 5, 10s, false) == OpenAsks::Opened::yes);
    CHECK(asks.open("a", 1, "c", 6, 20s, false) == OpenAsks::Opened::yes);
    CHECK(asks.size() == 2);
    CHECK(asks.take_late(15s).size() == 1);
    CHECK(asks.is_open("a", 1));
}

TEST_CASE("late asks are taken once, whatever their deadline and however seldom one looks") {
    OpenAsks asks;
    for (int i = 0; i < 1'000; ++i) asks.open("a", static_cast<std::uint64_t>(i), "b", 5, 1s + i * 97ms, false);
    std::size_t taken = 0;
    for (auto now = 0s; now <= 40s; now += 7s) {
        for (const auto& ask : asks.take_late(now)) {
            CHECK(1s + static_cast<int>(ask.mid) * 97ms <= now);
            ++taken;
        }
    }
    taken += asks.take_late(300s).size();
    CHECK(taken == 1'000);
    CHECK(asks.size() == 0);
}

TEST_CASE("a deadline within the tick that was looked at already is not forgotten") {
    OpenAsks asks;
    asks.open("a", 1, "b", 5, 1'050ms, false);
    CHECK(asks.take_late(1'010ms).empty());
    CHECK(asks.take_late(1'060ms).size() == 1);
}

TEST_CASE("lost asks are taken by where they went") {
    OpenAsks asks;
    asks.open("a", 1, "b", 5, 10s, false);
    asks.open("a", 2, "c", 6, 10s, true);
    asks.open("d", 1, "b", 5, 10s, false);
    const auto lost = asks.take_lost([](std::string_view recipient, Peer at) { return recipient == "b" && at == 5; });
    CHECK(lost.size() == 2);
    CHECK(asks.size() == 1);
    CHECK(asks.close("a", 2));
}
