// creations_test.cpp - an actor begins where one of its senders lives: what that one said before by way of the broker comes first.
//
// Until the name is bound there the sender's words leave the process and come back; after that they stay.  Next: fences_test.cpp.
#include "catch.hpp"
#include "sim/world.hpp"

using namespace peacepie;
using namespace peacepie::sim;
using namespace std::chrono_literals;

namespace {

Value counter_class() { return Value::Map{{"requires_dist", "sim_actors"}, {"class", "Counter"}}; }
Value numbers(int count, int first) { return Value::Map{{"to", "counter"}, {"count", count}, {"first", first}}; }

/// What was said there waits in the process, and the fence behind it, when the counter has come to its sender in worker 1.
void comes_to_a_slow_process(World& world, Nanoseconds slow) {
    world.run_for(Nanoseconds(world.random().below(6'000'000)));
    world.slow_down(1, slow);
    world.run_until([&] { return world.lives_in(1, "counter"); }, 5s);
}

}  // namespace

TEST_CASE("an actor whose process died is made again beside its sender, whose words keep their order") {
    for (const auto seed : seeds(40)) {
        INFO("seed " << seed);
        World world(seed, 2);
        world.create("counter", "Counter", 1);
        world.create("local", "Sender", 0);
        (void)world.call("local", "send_numbers", numbers(100, 0));
        world.crash_worker(1);
        world.run_for(9s + 900ms);  // soon nobody waits for it any longer
        const auto sends = world.ask("local", "send_numbers", numbers(2'000, 100), 60'000);
        world.run_until([&] { return world.lives_in(0, "counter"); }, 5s);
        CHECK(world.wait(sends).kind == Kind::reply);
        world.run_for(1s);
        const auto report = world.call("counter", "report");
        CHECK(number(*report.body.find("seen"), "local") > 0);
        world.must_be_accounted_for();
    }
}

TEST_CASE("an actor is created, removed and created again beside its sender or far from it, and the sender's words keep their order") {
    for (const auto seed : seeds(60)) {
        INFO("seed " << seed);
        World world(seed, 2);
        world.create("local", "Sender", 0);
        const auto sends = world.ask("local", "send_numbers", numbers(1'000, 0), 60'000);
        for (int i = 0; i < 6; ++i) {
            world.run_for(Nanoseconds(world.random().below(10'000'000)));
            const auto node = world.node(world.random().below(2));
            const auto made = world.ask(node, "create_actor", Value::Map{{"class_desc", counter_class()}, {"name", "counter"}});
            if (world.random().one_in(3)) world.after_steps(world.random().below(200), [&] { world.slow_down(0, 20ms); });
            CHECK(world.wait(made).command == "actor_is_created");
            world.run_for(Nanoseconds(world.random().below(20'000'000)));
            if (world.random().one_in(2)) {
                const auto to = to_node("counter", world.node(world.random().below(2)));
                CHECK(world.call("", "recreate_actor", to).command == "actor_is_recreated");
            }
            const auto answer = world.call(node, "remove_actor", Value::Map{{"name", "counter"}});
            CHECK(answer.command == "actor_is_removed");
        }
        CHECK(world.wait(sends).kind == Kind::reply);
        world.run_for(1s);
        world.must_be_accounted_for();
    }
}

TEST_CASE("an actor of whose creation the broker was told too late is made when it is asked for again") {
    for (const auto seed : seeds(40)) {
        INFO("seed " << seed);
        World world(seed, 2);
        const Value wanted = Value::Map{{"class_desc", counter_class()}, {"name", "counter"}};
        (void)world.ask(world.node(1), "create_actor", wanted, 30'000);
        world.after_steps(world.random().below(20), [&world] { world.freeze_broker(14s); });
        world.run_for(40s);
        if (world.call(world.node(1), "create_actor", wanted).command != "actor_is_created")
            CHECK(world.call("counter", "report").kind == Kind::reply);
    }
}

TEST_CASE("an actor that moves on right after its birth or its move beside a sender has that one's earlier words before its later ones") {
    for (const auto seed : seeds(40)) {
        INFO("seed " << seed);
        World world(seed, 3);
        world.create("local", "Sender", 1);
        const bool is_born_there = world.random().one_in(2);
        if (!is_born_there) world.create("counter", "Counter", 0);
        const auto sends = world.ask("local", "send_numbers", numbers(2'000, 0), 60'000);
        world.run_for(2ms);
        if (is_born_there) (void)world.ask(world.node(1), "create_actor", Value::Map{{"class_desc", counter_class()}, {"name", "counter"}});
        else (void)world.ask("", "recreate_actor", to_node("counter", world.node(1)));
        comes_to_a_slow_process(world, 1s);
        CHECK(world.call("", "recreate_actor", to_node("counter", world.node(2))).command == "actor_is_recreated");
        CHECK(world.wait(sends).kind == Kind::reply);
        world.run_for(1s);
        world.must_be_accounted_for();
    }
}

TEST_CASE("an actor beside a sender that moves on as soon as another broker knows it has that one's earlier words before its later ones") {
    for (const auto seed : seeds(40)) {
        INFO("seed " << seed);
        World world(seed, 3);
        world.create("local", "Sender", 1);
        world.create("counter", "Counter", 0);
        (void)world.ask("local", "send_numbers", numbers(3'000, 0), 60'000);
        world.run_for(2ms);
        (void)world.ask("", "recreate_actor", to_node("counter", world.node(1)));
        comes_to_a_slow_process(world, 2s);
        world.restart_broker();
        Answer moved{Kind::error, "", {}};
        for (int i = 0; i < 300 && moved.command != "actor_is_recreated"; ++i) {
            moved = world.call("", "recreate_actor", to_node("counter", world.node(2)));
            if (moved.command != "actor_is_recreated") world.run_for(20ms);
        }
        CHECK(moved.command == "actor_is_recreated");
        world.run_for(3s);
        world.must_be_accounted_for();
    }
}
