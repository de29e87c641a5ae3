// run_queue_test.cpp - newest first, the others in order, nothing lost to a thief.
#include "worker/run_queue.hpp"

#include <atomic>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "worker/cell.hpp"

using namespace peacepie::worker;

namespace {

std::vector<Cell>& cells() {
    static std::vector<Cell> some(RunQueue::capacity + 8);
    return some;
}

}  // namespace

TEST_CASE("the newest cell runs first and the others in the order in which they became ready") {
    RunQueue queue;
    bool crowded = true;
    CHECK(queue.push(&cells()[0], crowded) == nullptr);
    CHECK_FALSE(crowded);
    CHECK(queue.push(&cells()[1], crowded) == nullptr);
    CHECK(crowded);
    CHECK(queue.push(&cells()[2], crowded) == nullptr);
    CHECK(queue.pop() == &cells()[2]);
    CHECK(queue.pop() == &cells()[0]);
    CHECK(queue.pop() == &cells()[1]);
    CHECK(queue.pop() == nullptr);
    CHECK_FALSE(queue.has_spare(true));
}

TEST_CASE("two cells that wake each other do not starve a third") {
    RunQueue queue;
    bool crowded = false;
    REQUIRE(queue.push_back(&cells()[9]));
    int turns = 0;
    for (Cell* next = nullptr; next != &cells()[9]; ++turns) {
        (void)queue.push(&cells()[static_cast<std::size_t>(turns % 2)], crowded);
        next = queue.pop();
        REQUIRE(turns < 100);
    }
    CHECK(turns > 10);
}

TEST_CASE("a full ring hands the displaced cell to the overflow") {
    RunQueue queue;
    bool crowded = false;
    for (std::size_t i = 0; i <= RunQueue::capacity; ++i) REQUIRE(queue.push(&cells()[i], crowded) == nullptr);
    CHECK(queue.push(&cells()[RunQueue::capacity + 1], crowded) == &cells()[RunQueue::capacity]);
}

TEST_CASE("what a thief takes from the ring its owner does not run") {
    constexpr int rounds = 20'000;
    RunQueue mine, thiefs;
    std::atomic<int> run{0};
    std::atomic<bool> done{false};
    std::thread thief([&] {
        while (!done.load()) {
            if (mine.steal(thiefs, false)) run.fetch_add(1);
            while (thiefs.pop()) run.fetch_add(1);
        }
    });
    bool crowded = false;
    int given = 0;
    for (int i = 0; i < rounds; ++i) {
        if (!mine.push(&cells()[static_cast<std::size_t>(i) % 64], crowded)) ++given;
        else ++given, run.fetch_add(1);  // displaced: the overflow would run it
        if (i % 3 == 0 && mine.pop()) run.fetch_add(1);
    }
    while (mine.pop()) run.fetch_add(1);
    done.store(true);
    thief.join();
    while (thiefs.pop()) run.fetch_add(1);
    CHECK(run.load() == given);
}

TEST_CASE("an owner that finds nothing has nothing, whatever thieves take meanwhile") {
    RunQueue mine, thiefs;
    std::atomic<bool> ended{false};
    std::thread thief([&] {
        while (!ended.load()) (void)mine.steal(thiefs, false), (void)thiefs.pop();
    });
    bool crowded = false;
    int left_behind = 0;
    for (int round = 0; round < 300'000; ++round) {
        if (round % 3 == 0) (void)mine.push_back(&cells()[0]);
        (void)mine.push(&cells()[1], crowded);  // it is the newest so often in a row that the ring is to have its turn
        if (mine.pop() == nullptr && mine.has_spare(true)) ++left_behind;
    }
    ended.store(true);
    thief.join();
    CHECK(left_behind == 0);
}

TEST_CASE("of newborns the last comes first for the owner, and a thief takes the first born and half of the others") {
    RunQueue mine, thiefs;
    bool crowded = false;
    REQUIRE(mine.push_newborn(&cells()[0], crowded));
    CHECK(crowded);
    for (std::size_t i = 1; i < 4; ++i) REQUIRE(mine.push_newborn(&cells()[i], crowded));
    CHECK_FALSE(crowded);
    CHECK(mine.pop() == &cells()[3]);
    CHECK(mine.steal(thiefs, false) == &cells()[0]);
    CHECK(thiefs.pop() == &cells()[1]);
    CHECK(mine.has_spare(false));
    CHECK(mine.pop() == &cells()[2]);
    CHECK(mine.pop() == nullptr);
    CHECK_FALSE(mine.has_spare(true));
}

TEST_CASE("what a turn has spawned runs before the ring goes on, so that few are alive at a time") {
    RunQueue queue;
    bool crowded = false;
    REQUIRE(queue.push_back(&cells()[0]));
    for (int turn = 0; turn < 3; ++turn) {
        REQUIRE(queue.pop() == &cells()[0]);
        for (std::size_t i = 1; i <= 50; ++i) REQUIRE(queue.push_newborn(&cells()[i], crowded));
        REQUIRE(queue.push_back(&cells()[0]));
        for (std::size_t i = 50; i >= 1; --i) CHECK(queue.pop() == &cells()[i]);
    }
}

TEST_CASE("what became ready is next when the turns of newborns are long") {
    RunQueue queue;
    bool crowded = false;
    REQUIRE(queue.push_back(&cells()[0]));
    for (std::size_t i = 1; i <= 50; ++i) REQUIRE(queue.push_newborn(&cells()[i], crowded));
    for (std::size_t i = 50; i > 40; --i) CHECK(queue.pop() == &cells()[i]);
    CHECK(queue.newborns_in_a_row() == 10);
    queue.owes_no_more();
    const Cell* next = queue.pop();
    CHECK((next == &cells()[0] || queue.pop() == &cells()[0]));
    CHECK(queue.newborns_in_a_row() == 0);
}

TEST_CASE("newborns, what became ready, and the first born among many each get their turn") {
    RunQueue queue;
    bool crowded = false;
    REQUIRE(queue.push_newborn(&cells()[0], crowded));  // the first born: later ones keep coming before it
    REQUIRE(queue.push_back(&cells()[1]));
    int turns = 0;
    bool has_run_first = false, has_run_ready = false;
    for (; !(has_run_first && has_run_ready) && turns < 10'000; ++turns) {
        REQUIRE(queue.push_newborn(&cells()[static_cast<std::size_t>(2 + turns % 100)], crowded));
        const Cell* next = queue.pop();
        has_run_first |= next == &cells()[0];
        has_run_ready |= next == &cells()[1];
    }
    CHECK(has_run_first);
    CHECK(has_run_ready);
}

TEST_CASE("newborns beyond the bound are refused, and room comes back") {
    Newborns newborns;
    for (std::int64_t i = 0; i < Newborns::capacity; ++i) REQUIRE(newborns.push(&cells()[static_cast<std::size_t>(i) % 64]));
    CHECK_FALSE(newborns.push(&cells()[0]));
    CHECK(newborns.steal() == &cells()[0]);
    CHECK(newborns.push(&cells()[1]));
}

TEST_CASE("each newborn is run once, by its owner or by a thief") {
    constexpr int rounds = 200'000;
    static std::vector<Cell> born(1'024);
    std::vector<std::atomic<int>> runs(born.size());
    const auto run = [&](const Cell* cell) { runs[static_cast<std::size_t>(cell - born.data())].fetch_add(1); };
    Newborns newborns;
    std::atomic<bool> done{false};
    std::thread thief([&] {
        while (!done.load())
            if (const Cell* cell = newborns.steal()) run(cell);
    });
    std::vector<int> given(born.size());
    for (int i = 0; i < rounds; ++i) {
        const auto place = static_cast<std::size_t>(i) % born.size();
        if (newborns.push(&born[place])) ++given[place];
        if (i % 3 != 0)
            if (const Cell* cell = newborns.pop()) run(cell);
    }
    while (!newborns.empty())
        if (const Cell* cell = newborns.pop()) run(cell);
    done.store(true);
    thief.join();
    for (std::size_t i = 0; i < born.size(); ++i)
        if (runs[i].load() != given[i]) FAIL("cell " << i << " ran " << runs[i].load() << " times of " << given[i]);
}
