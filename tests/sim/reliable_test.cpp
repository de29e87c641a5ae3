// reliable_test.cpp - durable actors and reliable messages, whoever dies at whatever moment.  Next: crashes_test.cpp.
#include "catch.hpp"
#include "sim/world.hpp"

using namespace peacepie;
using namespace peacepie::sim;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t workers = 3;

struct Post : World {
    Post(std::uint64_t seed, bool durable) : World(seed, workers) {
        if (durable) checker().may_go_back("counter");
        for (const auto& [name, actor_class, worker] : {std::tuple{"counter", "Counter", 1}, {"courier", "Sender", 2}}) {
            const Value class_desc = Value::Map{{"requires_dist", "sim_actors"}, {"class", actor_class}};
            const Value body = Value::Map{{"class_desc", class_desc}, {"name", name}, {"durable", durable}};
            REQUIRE(call(node(static_cast<std::size_t>(worker)), "create_actor", body).command == "actor_is_created");
        }
    }
    void some_time(std::uint64_t at_most_ms) { run_for(Nanoseconds(random().below(at_most_ms * 1'000'000))); }
    void move_somebody() {
        (void)ask("", "recreate_actor", to_node(random().one_in(2) ? "counter" : "courier", node(random().below(workers))));
    }
    /// Asked until the courier has taken them: an answer may be lost with a process, and then more is taken than was asked.
    void deliver(int count) {
        for (int tries = 0; tries < 100; ++tries) {
            if (wait(ask("courier", "deliver", Value::Map{{"to", "counter"}, {"count", count}}, 1'000)).kind == Kind::reply) return;
            run_for(500ms);
        }
        FAIL("the courier does not come back");
    }
    std::int64_t taken() { return *call("courier", "deliver", Value::Map{{"to", "counter"}, {"count", 0}}).body.as_integer(); }
    std::int64_t seen() { return number(*call("counter", "report").body.find("seen"), "courier"); }
    void check_all_came_once() {
        for (int tries = 0; tries < 60 && seen() < taken(); ++tries) run_for(1s);
        CHECK(seen() == taken());
        CHECK(text(call("counter", "report"), "fault") == "");
    }
};

}  // namespace

TEST_CASE("reliable messages between durable actors come once and in order, whoever dies or moves at whatever moment") {
    for (const auto seed : seeds(60)) {
        INFO("seed " << seed);
        Post world(seed, true);
        for (int round = 0; round < 5; ++round) {
            world.deliver(20);
            world.some_time(60);
            const auto victim = world.random().below(workers);
            switch (world.random().below(4)) {
                case 0: world.restart_broker(); break;
                case 1: world.move_somebody(); [[fallthrough]];
                case 2:
                    world.some_time(8);
                    world.crash_worker(victim);
                    world.some_time(600);
                    world.start_worker(victim);
                    break;
                case 3:
                    world.crash_worker(victim);
                    world.restart_broker();
                    world.start_worker(victim);
                    break;
            }
            world.some_time(400);
        }
        world.run_for(20s);
        world.check_all_came_once();
        CHECK(world.taken() >= 100);
    }
}

TEST_CASE("reliable messages of actors that are not durable survive brokers and moves") {
    for (const auto seed : seeds(40)) {
        INFO("seed " << seed);
        Post world(seed, false);
        for (int round = 0; round < 5; ++round) {
            world.deliver(20);
            world.some_time(30);
            world.move_somebody();
            world.some_time(10);
            if (world.random().one_in(2)) world.restart_broker();
            world.some_time(400);
        }
        world.run_for(20s);
        world.check_all_came_once();
    }
}

TEST_CASE("what a durable actor has answered it knows after every crash") {
    for (const auto seed : seeds(40)) {
        INFO("seed " << seed);
        Post world(seed, true);
        int due = 0;
        for (int round = 0; round < 6; ++round) {
            std::vector<std::uint64_t> asks;
            const int first = due;
            for (int i = 0; i < 20; ++i)
                asks.push_back(world.ask("counter", "slow", Value::Map{{"sender", "outside"}, {"number", first + i}}, 2'000));
            world.some_time(60);
            world.crash_worker(1);
            if (world.random().one_in(3)) world.restart_broker();
            world.some_time(300);
            world.start_worker(1);
            world.run_for(15s);
            for (std::size_t i = 0; i < asks.size(); ++i)
                if (const auto* answer = world.answer(asks[i]); answer != nullptr && answer->kind == Kind::reply) due = first + static_cast<int>(i) + 1;
            const auto report = world.call("counter", "report");
            const auto known = std::max<std::int64_t>(0, number(*report.body.find("seen"), "outside"));
            CHECK(known >= due);
            CHECK(text(report, "fault") == "");
            due = static_cast<int>(known);
        }
    }
}
