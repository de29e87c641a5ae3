// watchdog_test.cpp - a call that lasts is named once and found hung; calls that only follow each other are not.
#include "worker/watchdog.hpp"

#include "catch.hpp"

using namespace peacepie;
using namespace peacepie::worker;
using namespace std::chrono_literals;

namespace {

/// Looks every 80 ms, from one moment to another, at a loop that stays in that place.
struct Looks {
    Watchdog watchdog{10s};
    Nanoseconds now{1h};
    int named = 0, hung = 0;

    void at(std::optional<Watchdog::Place> place, Nanoseconds lasting) {
        for (const auto end = now + lasting; now < end; now += 80ms) {
            const auto found = watchdog.look(place, now);
            named += found.wants_naming;
            hung += found.is_hung;
        }
    }
};

}  // namespace

TEST_CASE("a call that does not return is named once after the patience and hung after the timeout") {
    Looks looks;
    looks.at(Watchdog::Place{1, 1}, limits::handler_patience);
    CHECK(looks.named == 0);
    looks.at(Watchdog::Place{1, 1}, 2s - limits::handler_patience);
    CHECK(looks.named == 1);
    looks.at(Watchdog::Place{1, 1}, 7s);
    CHECK(looks.named == 1);
    CHECK(looks.hung == 0);
    looks.at(Watchdog::Place{1, 1}, 2s);  // eleven in all
    CHECK(looks.named == 1);
    CHECK(looks.hung > 0);
}

TEST_CASE("a turn of many calls, each of which returns, is not hung however long it lasts") {
    Looks looks;
    for (std::uint8_t call = 0; call < 64; ++call) looks.at(Watchdog::Place{1, call}, 1700ms);
    CHECK(looks.named == 0);
    CHECK(looks.hung == 0);
    CHECK(looks.watchdog.look(Watchdog::Place{1, 63}, looks.now).turn_lasts > 1min);
}

TEST_CASE("a second call that does not return is named as well") {
    Looks looks;
    looks.at(Watchdog::Place{1, 1}, 3s);
    looks.at(Watchdog::Place{1, 2}, 3s);
    looks.at(std::nullopt, 3s);
    looks.at(Watchdog::Place{2, 2}, 3s);
    CHECK(looks.named == 3);
}

TEST_CASE("a loop that runs no actor is not hung") {
    Looks looks;
    looks.at(std::nullopt, 1min);
    looks.at(Watchdog::Place{1, 1}, 1s);
    CHECK(looks.named + looks.hung == 0);
}

TEST_CASE("the time in which the whole process was stopped does not count") {
    Looks looks;
    looks.at(Watchdog::Place{1, 1}, 1s);
    looks.now += 1h;
    looks.at(Watchdog::Place{1, 1}, 1s);
    CHECK(looks.hung == 0);
    looks.at(Watchdog::Place{1, 1}, 10s);
    CHECK(looks.hung > 0);
}

TEST_CASE("without a timeout a call is named and never hung") {
    Looks looks;
    looks.watchdog = Watchdog();
    looks.at(Watchdog::Place{1, 1}, 10min);
    CHECK(looks.named == 1);
    CHECK(looks.hung == 0);
}
