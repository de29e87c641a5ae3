// fences_test.cpp - a gate beside an actor's senders opens behind all that they said before, whatever breaks meanwhile, and it does open.
//
// Decision 5.  Next: moves_test.cpp.
#include "catch.hpp"
#include "sim/world.hpp"

using namespace peacepie;
using namespace peacepie::sim;
using namespace std::chrono_literals;

namespace {

Value class_of_simulation(const char* name) { return Value::Map{{"requires_dist", "sim_actors"}, {"class", name}}; }
Value numbers(const std::string& to) { return Value::Map{{"to", to}, {"count", 4'000}}; }

/// The counter is in process 0.  In process 1 one speaks to it, and others to nobody, so that much waits there when the network is slow.
void start(World& world) {
    world.create("counter", "Counter", 0);
    world.create("local", "Sender", 1);
    (void)world.ask("local", "send_numbers", numbers("counter"), 60'000);
    for (const auto* talker : {"ben", "carl"}) {
        world.create(talker, "Sender", 1);
        (void)world.ask(talker, "send_numbers", numbers("nobody"), 60'000);
    }
    world.run_for(2ms);
}

struct Moves {
    int called_off = 0, made = 0, seeds = 0;
    void happened() const {
        if (seeds < 20) return;  // one seed played again
        CHECK(called_off > 0);
        CHECK(made > 0);
    }
};

/// Moves of so little time that many are called off, until the counter has left process 1.
void move_away(World& world, Moves& moves) {
    for (int i = 0; i < 400 && world.lives_in(1, "counter"); ++i) {
        const auto time = 1 + static_cast<std::uint32_t>(world.random().below(60));
        const auto answer = world.wait(world.ask("", "recreate_actor", to_node("counter", world.node(2)), time));
        moves.made += answer.command == "actor_is_recreated" ? 1 : 0;
        moves.called_off += text(answer, "reason") == "expired" ? 1 : 0;
        if (text(answer, "reason") != "expired") world.run_for(10ms);
    }
    world.run_for(20s);
    world.must_be_accounted_for();
}

}  // namespace

TEST_CASE("moves are called off while a fence that an earlier broker was sent is on its way, and no words overtake earlier ones") {
    Moves moves;
    for (const auto seed : seeds(20)) {
        ++moves.seeds;
        INFO("seed " << seed);
        World world(seed, 3);
        start(world);
        world.slow_down(1, 5s);
        (void)world.call("", "recreate_actor", to_node("counter", world.node(1)));
        world.freeze_broker(1s);
        world.run_until([&] { return world.lives_in(1, "counter"); }, 5s);
        world.run_for(300ms);    // its fence waits in the process, and more than a frame holds behind it
        world.restart_broker();  // this one is sent another behind all that
        move_away(world, moves);
    }
    moves.happened();
}

TEST_CASE("a probation ends with its broker, moves follow at once, and no words overtake earlier ones") {
    Moves moves;
    for (const auto seed : seeds(20)) {
        ++moves.seeds;
        INFO("seed " << seed);
        World world(seed, 3);
        start(world);
        Value upgrade = to_node("counter", world.node(1));
        upgrade.set("class_desc", class_of_simulation("Counter")).set("probation", Value::Map{{"errors", 1}, {"milliseconds", 20'000}});
        (void)world.ask("", "recreate_actor", upgrade, 60'000);
        world.run_for(100ms);
        world.slow_down(1, 5s);
        world.run_for(Nanoseconds(world.random().below(300'000'000)));
        world.restart_broker();
        world.run_until([&] { return world.lives_in(1, "counter"); }, 10s);
        move_away(world, moves);
    }
    moves.happened();
}

TEST_CASE("an actor that could not be saved hears those beside it, though the broker dies before it says that all is as before") {
    for (const auto seed : seeds(60)) {
        INFO("seed " << seed);
        World world(seed, 2);
        world.create("odd", "Odd", 0);
        world.create("local", "Sender", 0);
        (void)world.call("odd", "spoil");
        (void)world.ask("", "recreate_actor", to_node("odd", world.node(1)));
        world.after_steps(world.random().below(40), [&world] { world.restart_broker(); });
        world.run_for(3s);
        const auto answered = world.call("local", "ask_numbers", Value::Map{{"to", "odd"}, {"command", "count"}, {"count", 3}});
        CHECK(answered.kind == Kind::reply);
    }
}

TEST_CASE("a sender comes beside a recipient that is to leave after a long turn, on probation or not, and its words keep their order") {
    for (const auto seed : seeds(60)) {
        INFO("seed " << seed);
        World world(seed, 3);
        world.create("counter", "Counter", 0);
        world.create("local", "Sender", 1);
        int said = 0, slow = 0;
        std::size_t at = 0;
        const auto a_while = [&] { world.run_for(Nanoseconds(world.random().below(4'000'000))); };
        const auto says = [&] {
            (void)world.call("local", "send_numbers", Value::Map{{"to", "counter"}, {"count", 40}, {"first", said}});
            said += 40;
        };
        for (int i = 0; i < 12; ++i) {
            Value comes = to_node("local", world.node(at));
            const auto probation = 1 + world.random().below(20);
            if (world.random().one_in(2))
                comes.set("class_desc", class_of_simulation("Sender")).set("probation", Value::Map{{"errors", 1}, {"milliseconds", probation}});
            const auto came = world.ask("", "recreate_actor", comes);
            for (int n = 0; n < 3; ++n) says(), a_while();
            (void)world.ask("counter", "slower", Value::Map{{"sender", "outside"}, {"number", slow++}});
            a_while();
            const auto to = (at + 1 + world.random().below(2)) % 3;
            const auto moved = world.ask("", "recreate_actor", to_node("counter", world.node(to)), world.random().one_in(3) ? 20 : 10'000);
            for (int n = 0; n < 6; ++n) says(), a_while();
            (void)world.wait(came);
            if (world.wait(moved).command == "actor_is_recreated") at = to;
        }
        world.run_for(1s);
        const auto report = world.call("counter", "report");
        CHECK(text(report, "fault") == "");
        CHECK(number(*report.body.find("seen"), "local") == said);
        world.must_be_accounted_for();
    }
}

TEST_CASE("an actor that is removed as its probation ends is gone at once, though its handler waits for something") {
    for (const auto seed : seeds(60)) {
        INFO("seed " << seed);
        World world(seed, 2);
        world.create("counter", "Counter", 0);
        Value upgrade = to_node("counter", world.node(1));
        upgrade.set("class_desc", class_of_simulation("Counter")).set("probation", Value::Map{{"errors", 1}, {"milliseconds", 60}});
        (void)world.ask("", "recreate_actor", upgrade);
        world.run_for(40ms);
        (void)world.ask("counter", "slower", Value::Map{{"sender", "outside"}, {"number", 0}});
        world.run_for(10ms);
        world.slow_down(1, 1s);  // so that its fence is on its way for a while
        world.run_for(Nanoseconds(world.random().below(60'000'000)));
        const auto before = world.now();
        CHECK(world.call(world.node(1), "remove_actor", Value::Map{{"name", "counter"}}).command == "actor_is_removed");
        CHECK(world.now() - before < 2s);
    }
}
