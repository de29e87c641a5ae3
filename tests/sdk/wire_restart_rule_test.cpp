#include <set>
#include <utility>

#include "catch.hpp"

#include "wire/restart_rule.hpp"

using namespace peacepie;
using namespace std::chrono_literals;

namespace {

constexpr Nanoseconds begin = 1h + 127ns;  // ends in 100 of 201: its delay is neither longer nor shorter

}  // namespace

TEST_CASE("a process that dies is started again after a growing delay, and given up after three deaths within the window") {
    RestartRule rule;
    for (const auto& [later, delay] : {std::pair{0s, 100ms}, std::pair{1s, 200ms}, std::pair{2s, 400ms}}) {
        const auto now = begin + later;
        const auto again = rule.died(now);
        REQUIRE(again);
        CHECK(*again - now >= delay * 9 / 10);
        CHECK(*again - now <= delay * 11 / 10);
    }
    CHECK_FALSE(rule.died(begin + 3s));
}

TEST_CASE("what dies together does not come back in one instant, and a tenth more or less is all the difference") {
    std::set<Nanoseconds> delays;
    for (int i = 0; i < 201; ++i) delays.insert(*RestartRule().died(begin + Nanoseconds(i)) - begin - Nanoseconds(i));
    CHECK(delays.size() == 201);
    CHECK(*delays.begin() == 90ms);
    CHECK(*delays.rbegin() == 110ms);
}

TEST_CASE("after a healthy time old deaths are forgotten") {
    RestartRule rule;
    Nanoseconds now = begin;
    for (int i = 0; i < 20; ++i) {
        CHECK(*rule.died(now) <= now + 110ms);
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
