#include "catch.hpp"

#include "wire/restart_rule.hpp"

using namespace peacepie;
using namespace std::chrono_literals;

TEST_CASE("a process that dies is started again after a growing delay, and given up after three deaths within the window") {
    RestartRule rule;
    const Nanoseconds now = 1h;
    CHECK(rule.died(now) == now + 100ms);
    CHECK(rule.died(now + 1s) == now + 1s + 200ms);
    CHECK(rule.died(now + 2s) == now + 2s + 400ms);
    CHECK_FALSE(rule.died(now + 3s));
}

TEST_CASE("after a healthy time old deaths are forgotten") {
    RestartRule rule;
    Nanoseconds now = 1h;
    for (int i = 0; i < 20; ++i) {
        CHECK(rule.died(now) == now + 100ms);
        now += limits::restart_window;
    }
}

TEST_CASE("a rule is quiet when none of the deaths it remembers counts any more") {
    RestartRule rule;
    const Nanoseconds now = 1h;
    CHECK(rule.is_quiet(now));
    (void)rule.died(now);
    CHECK_FALSE(rule.is_quiet(now));
    CHECK(rule.is_quiet(now + limits::restart_window));
}
