// returning_test.cpp - what is said of actors that are not there at the moment and are on their way back.  Next: crashes_test.cpp.
#include "catch.hpp"
#include "sim/world.hpp"

using namespace peacepie;
using namespace peacepie::sim;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t workers = 3;
constexpr std::size_t counters = 6;

std::string counter(std::size_t number) { return "counter_" + std::to_string(number); }

/// Asks and sends at any step to actors of which none is ever gone for good.
struct Returning : World {
    explicit Returning(std::uint64_t seed) : World(seed, workers) {}

    void make(const std::string& name, std::size_t worker, const char* key, Value value) {
        const Value counter_class = Value::Map{{"requires_dist", "sim_actors"}, {"class", "Counter"}};
        const auto made = call(node(worker), "create_actor", Value::Map{{"class_desc", counter_class}, {"name", name}, {key, std::move(value)}});
        REQUIRE(made.command == "actor_is_created");
    }
    void write_to_all(int times, std::uint64_t steps) {
        for (int i = 0; i < times; ++i)
            for (std::size_t which = 0; which < counters; ++which)
                after_steps(random().below(steps), [this, which] {
                    asks_.push_back(ask(counter(which), "report", {}, 2'000));
                    send(counter(which), "count");
                });
    }
    void some_time(std::uint64_t at_most_ms) { run_for(Nanoseconds(random().below(at_most_ms * 1'000'000))); }
    /// How often somebody was told that there is no such actor.
    std::int64_t told_of_none() {
        run_for(3s);
        std::int64_t told = std::max<std::int64_t>(0, number(*call("", "get_dead_letters").body.find("by_reason"), "no_such_actor"));
        for (const auto mid : asks_) {
            const auto* one = answer(mid);
            const bool is_none = one != nullptr && one->command == "no_such_actor";
            if (is_none) UNSCOPED_INFO(text(*one, "text"));
            told += is_none ? 1 : 0;
        }
        return told;
    }
    bool all_are_back() {
        for (std::size_t which = 0; which < counters; ++which)
            if (call(counter(which), "report").command != "report") return false;
        return true;
    }

private:
    std::vector<std::uint64_t> asks_;
};

}  // namespace

TEST_CASE("whoever writes to an actor whose process or broker died is never told that there is no such actor") {
    for (const auto seed : seeds(60)) {
        INFO("seed " << seed);
        Returning world(seed);
        for (std::size_t i = 0; i < counters; ++i) world.create(counter(i), "Counter", i % workers);
        world.write_to_all(60, 3'000);
        const auto which = world.random().below(workers);
        world.some_time(20);
        const auto how = world.random().below(4);
        if (how == 3) (void)world.ask("", "recreate_actor", to_node(counter(0), world.node(which)));
        if (how == 3) world.some_time(8);
        if (how != 0) world.crash_worker(which);
        if (how != 1) world.restart_broker();
        if (how == 2) world.some_time(100);
        if (how != 0) world.start_worker(which);
        world.run_for(16s);
        CHECK(world.told_of_none() == 0);
        CHECK(world.all_are_back());
    }
}

TEST_CASE("whoever writes to a permanent actor that retires is never told that there is no such actor, wherever it has moved to") {
    for (const auto seed : seeds(40)) {
        INFO("seed " << seed);
        Returning world(seed);
        for (std::size_t i = 0; i < counters; ++i) world.make(counter(i), i % workers, "restart", "permanent");
        for (std::size_t i = 0; i < counters; i += 2)
            CHECK(world.call("", "recreate_actor", to_node(counter(i), world.node(world.random().below(workers)))).command == "actor_is_recreated");
        const Value counter_class = Value::Map{{"requires_dist", "sim_actors"}, {"class", "Counter"}};
        for (std::size_t i = 0; i < workers; ++i)  // a creation that is refused changes nothing for whoever has the name
            CHECK(world.call(world.node(i), "create_actor", Value::Map{{"class_desc", counter_class}, {"name", counter(i)}}).command == "actor_is_not_created");
        world.write_to_all(40, 1'000);
        world.some_time(5);
        for (std::size_t i = 0; i < counters; ++i) world.send(counter(i), "leave");
        world.run_for(3s);
        CHECK(world.told_of_none() == 0);
        CHECK(world.all_are_back());
    }
}

TEST_CASE("whoever writes to members of a group that is made again is never told that there is no such actor") {
    for (const auto seed : seeds(40)) {
        INFO("seed " << seed);
        Returning world(seed);
        for (std::size_t i = 0; i < counters; ++i)
            world.make(counter(i), i % workers, "group", Value::Map{{"name", "band"}, {"strategy", "one_for_all"}, {"intensity", 20}});
        world.write_to_all(60, 2'000);
        world.some_time(20);
        const auto which = world.random().below(workers);
        world.crash_worker(which);
        world.some_time(20);
        world.start_worker(which);
        world.run_for(16s);
        CHECK(world.told_of_none() == 0);
        CHECK(world.all_are_back());
    }
}

TEST_CASE("an actor that is starting while its broker is replaced is not made a second time beside itself") {
    for (const auto seed : seeds(60)) {
        INFO("seed " << seed);
        World world(seed, workers);
        const Value late = Value::Map{{"class_desc", Value::Map{{"requires_dist", "sim_actors"}, {"class", "Late"}}}, {"name", "late"}};
        (void)world.ask(world.node(1), "create_actor", late);
        world.run_for(Nanoseconds(world.random().below(60'000'000)));
        world.restart_broker();
        world.run_for(12s);
        const auto answer = world.call("late", "count");  // it never came to be, when the ask was lost
        CHECK((answer.kind == Kind::reply || answer.command == "no_such_actor"));
    }
}

TEST_CASE("an actor that was removed, or retired and is not permanent, is said to be none") {
    World world(1, workers);
    world.create(counter(0), "Counter", 1);
    world.create(counter(1), "Counter", 1);
    CHECK(world.call(world.node(1), "remove_actor", Value::Map{{"name", counter(0)}}).command == "actor_is_removed");
    world.send(counter(1), "leave");
    world.run_for(1s);
    for (std::size_t i : {0u, 1u}) CHECK(world.call(counter(i), "report").command == "no_such_actor");
}
