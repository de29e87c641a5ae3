// turns_test.cpp - the newest cell of a loop is taken only while a turn of that loop lasts, and then by one.
#include "worker/turns.hpp"

#include <atomic>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "worker/cell.hpp"
#include "worker/run_queue.hpp"

using namespace peacepie::worker;

namespace {

std::vector<Cell>& cells() {
    static std::vector<Cell> some(64);
    return some;
}

}  // namespace

TEST_CASE("a turn that ended or was never begun cannot be detained") {
    Turns turns;
    CHECK_FALSE(turns.detain(turns.number()));
    const auto first = turns.begin(cells()[0]);
    turns.end();
    CHECK_FALSE(turns.detain(first));
    CHECK(turns.begin(cells()[0]) == first + 1);
    CHECK_FALSE(turns.detain(first));
    CHECK_FALSE(turns.may_be_robbed());
}

TEST_CASE("a detained turn may be robbed until it ends") {
    Turns turns;
    const auto turn = turns.begin(cells()[0]);
    REQUIRE(turns.detain(turn));
    CHECK(turns.may_be_robbed());
    CHECK(turns.running() == &cells()[0]);
    turns.end();
    CHECK_FALSE(turns.may_be_robbed());
    CHECK(turns.begin(cells()[1]) > turn);
    CHECK_FALSE(turns.may_be_robbed());
}

TEST_CASE("a turn that was robbed ends when the robber has what it takes") {
    Turns turns;
    REQUIRE(turns.detain(turns.begin(cells()[0])));
    std::atomic<bool> has_ended{false};
    std::thread loop;
    {
        Turns::Robbery robbery(turns);
        REQUIRE(turns.may_be_robbed());
        loop = std::thread([&] { turns.end(), has_ended.store(true); });
        while (turns.may_be_robbed()) std::this_thread::yield();  // the loop has come back and waits
        CHECK_FALSE(has_ended.load());
    }
    loop.join();
    CHECK(has_ended.load());
}

TEST_CASE("a loop, its monitor and a thief together run each cell exactly once") {
    constexpr int rounds = 20'000;
    RunQueue mine, thiefs;
    Turns turns;
    std::atomic<int> run{0}, taken{0};
    std::atomic<bool> done{false};
    std::thread monitor([&] {
        while (!done.load()) (void)turns.detain(turns.number());
    });
    std::thread thief([&] {
        while (!done.load()) {
            if (!mine.has_spare(turns.may_be_robbed())) continue;
            Turns::Robbery robbery(turns);
            if (mine.steal(thiefs, turns.may_be_robbed())) run.fetch_add(1), taken.fetch_add(1);
            while (thiefs.pop()) run.fetch_add(1);
        }
    });
    bool crowded = false;
    int given = 0;
    for (int i = 0; i < rounds; ++i) {
        turns.begin(cells()[0]);
        given += 1;
        if (mine.push(&cells()[static_cast<std::size_t>(i) % cells().size()], crowded)) run.fetch_add(1);
        if (i % 64 == 0)  // a handler that lasts, so that the others meet it
            for (int patience = 0; !turns.may_be_robbed() && patience < 100; ++patience) std::this_thread::yield();
        turns.end();
        if (i % 3 != 0 && mine.pop()) run.fetch_add(1);
    }
    while (mine.pop()) run.fetch_add(1);
    done.store(true);
    thief.join();
    monitor.join();
    while (thiefs.pop()) run.fetch_add(1);
    CHECK(run.load() == given);
    CHECK(taken.load() > 0);
}
