// monitors_test.cpp - a monitor of an actor outlives broker, connection and move of its watcher, and fires once.  Next: world.hpp.
#include "catch.hpp"
#include "sim/world.hpp"

using namespace peacepie;
using namespace peacepie::sim;
using namespace std::chrono_literals;

namespace {

struct Watching : World {
    explicit Watching(std::uint64_t seed) : World(seed, 3) {
        create("watched", "Counter", 1);
        create("watcher", "Watcher", 0);
        const auto watching = call("watcher", "watch", Value::Map{{"actor", "watched"}});
        INFO(watching.command << " " << watching.body.encoded());
        REQUIRE(watching.command == "done");
    }
    void some_time(std::uint64_t at_most_ms) { run_for(Nanoseconds(random().below(at_most_ms * 1'000'000))); }
    void remove_watched() {
        REQUIRE(call("", "remove_actor", Value::Map{{"name", "watched"}}).command == "actor_is_removed");
        run_for(2s);
    }
    /// Why the watched one ended, as often as the watcher was told.
    std::vector<std::string> downs() { return convert<std::vector<std::string>>::from(call("watcher", "report").body); }
    void something_happens() {
        switch (random().below(4)) {
            case 0: return restart_broker();
            case 1: return restart_broker_without_names();
            case 2: return loses_connection(0);
            default: (void)call("", "recreate_actor", to_node("watcher", node(random().one_in(2) ? 0 : 2)));
        }
    }
    using Once = std::vector<std::string>;
};

}  // namespace

TEST_CASE("a monitor outlives brokers, connections and moves of its watcher, and exactly one down follows") {
    for (const auto seed : seeds(60)) {
        INFO("seed " << seed);
        Watching world(seed);
        for (int i = 0; i < 4; ++i) {
            world.something_happens();
            world.some_time(3'000);
        }
        world.run_for(15s);
        CHECK(world.downs().empty());
        world.remove_watched();
        CHECK(world.downs() == Watching::Once{"killed"});
        world.restart_broker();
        world.run_for(15s);
        CHECK(world.downs() == Watching::Once{"killed"});
    }
}

TEST_CASE("an actor that ends while there is no broker, or while its watcher is away, is down once all the same") {
    for (const auto seed : seeds(60)) {
        INFO("seed " << seed);
        Watching world(seed);
        world.some_time(100);
        world.crash_worker(1);
        world.random().one_in(2) ? world.restart_broker() : world.loses_connection(0);
        world.some_time(500);
        world.start_worker(1);
        world.run_for(20s);
        const auto downs = world.downs();
        REQUIRE(downs.size() == 1);
        CHECK((downs[0] == "worker_lost" || downs[0] == "no_connection"));
    }
}

TEST_CASE("an actor that was removed while its broker was dead is down, though another has its name by then") {
    for (const auto seed : seeds(60)) {
        INFO("seed " << seed);
        Watching world(seed);
        world.random().one_in(2) ? world.restart_broker() : world.restart_broker_without_names();
        world.crash_worker(1);
        world.start_worker(1);
        world.some_time(6'000);
        (void)world.call("", "remove_actor", Value::Map{{"name", "watched"}});
        const Value counter = Value::Map{{"requires_dist", "sim_actors"}, {"class", "Counter"}};
        (void)world.call(world.node(2), "create_actor", Value::Map{{"class_desc", counter}, {"name", "watched"}});
        world.run_for(20s);
        CHECK(world.downs().size() == 1);
    }
}

TEST_CASE("who no longer monitors, or has ended, is told nothing, by another broker either") {
    Watching world(1);
    SECTION("ended it") { (void)world.call("watcher", "look_away"); }
    SECTION("is gone") {
        REQUIRE(world.call("", "remove_actor", Value::Map{{"name", "watcher"}}).command == "actor_is_removed");
        world.create("watcher", "Watcher", 0);
    }
    world.restart_broker();
    world.run_for(15s);
    CHECK(number(world.call("", "stats").body, "monitors") == 0);
    world.remove_watched();
    CHECK(world.downs().empty());
}
