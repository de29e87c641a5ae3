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
