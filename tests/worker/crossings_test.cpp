// crossings_test.cpp - when a loop rests because the actors it runs come from another.
#include "worker/crossings.hpp"

#include "catch.hpp"

using namespace peacepie;
using namespace peacepie::worker;
using namespace std::chrono_literals;

namespace {

/// A loop whose turns take so long, of which one in `crossing_every` comes over.
struct BusyLoop {
    BusyLoop(Nanoseconds turn, std::uint32_t crossing_every) : turn(turn), crossing_every(crossing_every) {}

    const Nanoseconds turn;
    const std::uint32_t crossing_every;
    Crossings crossings;
    Nanoseconds now{1s};
    std::uint32_t turns = 0;

    /// Works for that long or until it is to rest; -> the span to rest.
    Nanoseconds works_for(Nanoseconds span, std::size_t loops = 2) {
        for (const auto until = now + span; now < until;) {
            now += turn;
            if (++turns % crossing_every == 0) crossings.note();
            if (turns % Crossings::window != 0) continue;
            if (const auto rest = crossings.look(now, turns, loops); rest != 0ns) return rest;
        }
        return 0ns;
    }
    /// Handlers are called so many times in each microsecond, by the other loop.
    void rests(Nanoseconds span, double calls_in_a_us) {
        now += span;
        crossings.rested(now, span, static_cast<std::uint64_t>(calls_in_a_us * static_cast<double>(span.count()) / 1'000));
    }
};

}  // namespace

TEST_CASE("a loop rests when every second of its short turns comes over, and twice as long while the other does as much alone") {
    BusyLoop loop(240ns, 2);
    Nanoseconds before = 0ns;
    for (int i = 0; i < 4; ++i) {
        const auto rest = loop.works_for(1ms);
        CHECK((before == 0ns ? rest != 0ns : rest == 2 * before));
        loop.rests(rest, 13.0);
        before = rest;
    }
    CHECK(loop.works_for(1ms) == before);  // the longest
}

TEST_CASE("a loop goes on while few turns come over, while turns are long, while it is alone, and while many loops do more all the same") {
    CHECK(BusyLoop(240ns, 20).works_for(10ms) == 0ns);
    CHECK(BusyLoop(2us, 1).works_for(10ms) == 0ns);
    CHECK(BusyLoop(240ns, 2).works_for(10ms, 1) == 0ns);
    CHECK(BusyLoop(600ns, 2).works_for(10ms, 8) == 0ns);
}

TEST_CASE("a rest in which the other did less than both is taken again after a while, and that while grows to a quarter of a second") {
    BusyLoop loop(240ns, 2);
    for (const auto patience : {32ms, 64ms, 128ms, 256ms, 256ms}) {
        loop.rests(loop.works_for(3ms), 5.0);
        CHECK(loop.works_for(patience - 2ms) == 0ns);
    }
}

TEST_CASE("a rest from which a loop was called back at once says nothing about the next") {
    BusyLoop loop(240ns, 2);
    const auto rest = loop.works_for(1ms);
    loop.rests(rest / 10, 0.0);
    CHECK(loop.works_for(1ms) == rest);
    loop.rests(0ns, 0.0);
    CHECK(loop.works_for(1ms) == rest);
}

TEST_CASE("turns between which the loop was idle say nothing") {
    BusyLoop loop(240ns, 2);
    for (int i = 0; i < 100; ++i) {
        CHECK(loop.works_for(60us) == 0ns);  // less than a window
        loop.crossings.interrupt();
        loop.now += 5us;
    }
}
