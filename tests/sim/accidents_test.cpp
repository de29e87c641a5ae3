// accidents_test.cpp - what goes wrong while an actor moves, and what is promised all the same.  Next: moves_test.cpp.
#include <utility>
#include <vector>

#include "catch.hpp"
#include "sim/world.hpp"
#include "wire/limits.hpp"

using namespace peacepie;
using namespace peacepie::sim;
using namespace std::chrono_literals;

namespace {

constexpr int workers = 3;

}  // namespace

TEST_CASE("recreations in place that are called off at any moment keep the order of each sender") {
    int called_off = 0;
    for (const auto seed : seeds(20)) {
        INFO("seed " << seed);
        World world(seed, workers);
        world.create("counter", "Counter", 0);
        world.create("local", "Sender", 0);
        world.create("streamer", "Sender", 0);
        world.create("remote", "Sender", 1);
        const auto asks = world.ask("local", "ask_numbers", Value::Map{{"to", "counter"}, {"command", "slow"}, {"count", 120}}, 60'000);
        const auto sends = world.ask("streamer", "send_numbers", Value::Map{{"to", "counter"}, {"count", 400}}, 60'000);
        const auto far = world.ask("remote", "send_numbers", Value::Map{{"to", "counter"}, {"count", 400}}, 60'000);
        for (int i = 0; i < 80; ++i) {
            const auto patience = 1 + static_cast<std::uint32_t>(world.random().below(9));
            const auto answer = world.wait(world.ask("", "recreate_actor", in_place("counter"), patience));
            called_off += answer.command == "actor_is_not_recreated" ? 1 : 0;
            world.run_for(Nanoseconds(world.random().below(4'000'000)));
        }
        CHECK(world.wait(asks).body == Value(120));
        (void)world.wait(sends);
        (void)world.wait(far);
        world.run_for(1s);
        const auto report = world.call("counter", "report");
        CHECK(text(report, "fault") == "");
        const Value& seen = *report.body.find("seen");
        CHECK(number(seen, "local") == 120);
        CHECK(number(seen, "streamer") == 400);
        CHECK(number(seen, "remote") == 400);
    }
    CHECK((called_off > 0 || seeds(20).size() == 1));
}

TEST_CASE("an admin whose mailbox is flooded still takes the broker's words") {
    World world(3, workers);
    world.create("counter", "Counter", 0);
    world.create("flooder", "Sender", 0);
    const auto too_many = static_cast<int>(limits::mailbox_length_max) + 1'000;
    (void)world.call("flooder", "flood", Value::Map{{"to", world.node(0)}, {"count", too_many}});
    CHECK(world.dead_letters() > 0);  // the box was full indeed
    CHECK(world.call("", "recreate_actor", to_node("counter", world.node(1))).command == "actor_is_recreated");
}

TEST_CASE("another broker while a move waits for the running turn leaves the actor at home, at work and movable") {
    for (const auto seed : seeds(30)) {
        INFO("seed " << seed);
        World world(seed, workers);
        world.create("counter", "Counter", 0);
        world.create("busy", "Sender", 0);
        world.create("local", "Sender", 0);
        (void)world.ask("busy", "ask_numbers", Value::Map{{"to", "counter"}, {"command", "slower"}, {"count", 1}}, 60'000);
        world.run_for(8ms);
        (void)world.ask("", "recreate_actor", to_node("counter", world.node(1)));
        (void)world.ask("local", "send_numbers", Value::Map{{"to", "counter"}, {"count", 60}}, 60'000);
        world.run_for(Nanoseconds(world.random().below(30'000'000)));
        world.restart_broker();
        world.run_for(10s);
        const auto found = world.call("", "seek_actor", Value::Map{{"entity", "counter"}});
        REQUIRE(found.command == "actor_is_found");
        CHECK(text(found, "node") == world.node(0));
        for (std::size_t i : {1u, 2u, 0u}) {
            const auto moved = world.call("", "recreate_actor", to_node("counter", world.node(i)));
            INFO(text(moved, "reason") << " " << text(moved, "text"));
            CHECK(moved.command == "actor_is_recreated");
        }
        CHECK(number(*world.call("counter", "report").body.find("seen"), "busy") == 1);
    }
}

TEST_CASE("a connection cut, a process that dies or a broker restarted at any step of a move: no message runs twice and the actor is not stuck") {
    for (const auto seed : seeds(60)) {
        INFO("seed " << seed);
        World world(seed, workers);
        world.create("counter", "Counter", 0);
        (void)world.call("counter", "report");  // starts its ticker: moments come while it is frozen
        for (int i = 0; i < 20; ++i) world.send("counter", i % 4 == 0 ? "slow" : "count", Value::Map{{"sender", "outside"}, {"number", i}});
        world.run_for(Nanoseconds(world.random().below(4'000'000)));
        (void)world.ask("", "recreate_actor", to_node("counter", world.node(world.random().below(workers))));
        world.after_steps(world.random().below(60), [&] {
            const auto which = world.random().below(workers);
            const auto fault = world.random().below(3);
            if (fault == 0) return world.restart_broker();
            if (fault == 1) return world.cut(which, Nanoseconds(world.random().below(100'000'000)));
            world.crash_worker(which);
            world.start_worker(which);
        });
        world.run_for(20s);
        CHECK(world.call("counter", "report").command == "report");
        CHECK(world.call("", "recreate_actor", to_node("counter", world.node(2))).command == "actor_is_recreated");
        world.must_be_accounted_for();
    }
}

TEST_CASE("control verbs may overtake data and never each other") {
    for (const auto seed : seeds(20)) {
        INFO("seed " << seed);
        World world(seed, workers);
        world.create("counter", "Counter", 0);
        for (int i = 0; i < 100; ++i) world.send("counter", "slower", numbered(i));  // five seconds of work
        world.run_for(Nanoseconds(world.random().below(20'000'000)));
        const auto before = world.now();
        const Value name = Value::Map{{"name", "counter"}};
        const bool stops_first = world.random().one_in(2);
        if (stops_first) {
            const auto stopped = world.ask("", "remove_actor", name);
            const auto moved = world.ask("", "recreate_actor", to_node("counter", world.node(1)));
            CHECK(world.wait(stopped).command == "actor_is_removed");
            CHECK(world.wait(moved).command == "actor_is_not_recreated");
        } else {
            const auto moved = world.ask("", "recreate_actor", to_node("counter", world.node(1)));
            const auto stopped = world.ask("", "remove_actor", name);
            const bool is_removed = world.wait(stopped).command == "actor_is_removed";  // then the move ends: its freeze had not been said yet
            CHECK((is_removed || world.wait(stopped).command == "conflict"));
            CHECK(world.wait(moved).command == (is_removed ? "actor_is_not_recreated" : "actor_is_recreated"));
            CHECK((world.call("", "seek_actor", Value::Map{{"entity", "counter"}}).command == "actor_is_found") == !is_removed);
        }
        CHECK(world.now() - before < 200ms);
    }
}

TEST_CASE("an actor whose state cannot be saved stays at home with its mail and says why") {
    World world(5, workers);
    world.create("odd", "Odd", 0);
    CHECK(world.call("odd", "count").body == Value(1));
    (void)world.call("odd", "spoil");
    const auto move = world.ask("", "recreate_actor", to_node("odd", world.node(1)));
    const auto waiting = world.ask("odd", "count");
    const auto refused = world.wait(move);
    CHECK(refused.command == "actor_is_not_recreated");
    CHECK(text(refused, "reason") == "spoiled");
    CHECK(text(refused, "text").find("cannot be saved") != std::string::npos);
    CHECK(world.wait(waiting).body == Value(2));
    (void)world.call("odd", "mend");
    CHECK(world.call("", "recreate_actor", to_node("odd", world.node(1))).command == "actor_is_recreated");
    CHECK(world.call("odd", "count").body == Value(3));
}

TEST_CASE("asks of overlapping handlers that a move interrupts are answered each once") {
    for (const auto seed : seeds(20)) {
        INFO("seed " << seed);
        World world(seed, workers);
        world.create("counter", "Crowd", 0);
        std::vector<std::uint64_t> asks;
        for (int i = 0; i < 10; ++i) asks.push_back(world.ask("counter", "crowd", numbered(i)));
        world.run_for(Nanoseconds(world.random().below(4'000'000)));
        const auto move = world.ask("", "recreate_actor", to_node("counter", world.node(1)));
        for (int i = 10; i < 20; ++i) asks.push_back(world.ask("counter", "crowd", numbered(i)));
        CHECK(world.wait(move).command == "actor_is_recreated");
        for (const auto mid : asks) {
            const auto answer = world.wait(mid);  // a second answer would throw
            CHECK((answer.kind == Kind::reply || answer.command == "stopping"));
        }
        const auto report = world.call("counter", "report");
        for (int i = 0; i < 20; ++i)
            CHECK(number(*report.body.find("seen"), ("outside_" + std::to_string(i)).c_str()) == 1);
    }
}

TEST_CASE("an overlapping command is answered while another handler waits and keeps its place otherwise") {
    for (const auto seed : seeds(20)) {
        INFO("seed " << seed);
        World world(seed, workers);
        world.create("counter", "Crowd", 0);
        const auto slower = world.ask("counter", "slower", numbered(1));
        const auto behind = world.ask("counter", "add", numbered(2));
        const auto crowd = world.ask("counter", "crowd", numbered(3));
        CHECK(world.wait(crowd).kind == Kind::reply);
        CHECK(world.answer(slower) == nullptr);
        CHECK(world.answer(behind) == nullptr);
        CHECK(world.wait(slower).kind == Kind::reply);
        CHECK(world.wait(behind).kind == Kind::reply);
        for (int i = 0; i < 30; ++i) {  // one sender's, over moves: a wrong place is a fault of the counter
            world.send("counter", i % 3 == 0 ? "crowd" : "count", Value::Map{{"sender", "outside"}, {"number", i}});
            if (i % 10 == 5) (void)world.ask("", "recreate_actor", to_node("counter", world.node(world.random().below(workers))));
        }
        world.run_for(2s);
        const auto report = world.call("counter", "report");
        CHECK(number(*report.body.find("seen"), "outside") == 30);
    }
}

TEST_CASE("a move during started() is refused as a conflict and works after it") {
    World world(9, workers);
    world.create("odd", "Odd", 0);
    CHECK(world.call("", "recreate_actor", to_node("odd", world.node(1))).command == "actor_is_recreated");
    const auto refused = world.call("", "recreate_actor", to_node("odd", world.node(2)));  // started() sleeps over there
    CHECK(refused.command == "actor_is_not_recreated");
    CHECK(text(refused, "reason") == "conflict");
    world.run_for(100ms);
    CHECK(world.call("", "recreate_actor", to_node("odd", world.node(2))).command == "actor_is_recreated");
}

TEST_CASE("an actor cannot be removed in the middle of its move and can be after it") {
    for (const auto seed : seeds(20)) {
        INFO("seed " << seed);
        World world(seed, workers);
        world.create("counter", "Counter", 0);
        const auto slower = world.ask("counter", "slower", numbered(1));
        world.run_for(6ms);
        const auto move = world.ask("", "recreate_actor", to_node("counter", world.node(1)));
        world.run_for(20ms);  // it waits for the running turn
        const auto removal = world.wait(world.ask(world.node(0), "remove_actor", Value::Map{{"name", "counter"}}));
        CHECK(world.wait(slower).kind == Kind::reply);
        CHECK(world.wait(move).command == "actor_is_recreated");
        CHECK(removal.kind == Kind::error);
        CHECK(removal.command == "conflict");
        CHECK(world.call(world.node(1), "remove_actor", Value::Map{{"name", "counter"}}).command == "actor_is_removed");
    }
}

TEST_CASE("an answer larger than a message may be is an error with a reason") {
    World world(13, workers);
    world.create("odd", "Odd", 0);
    const auto answer = world.call("odd", "large", Value::Map{{"size", 17 << 20}});
    CHECK(answer.kind == Kind::error);
    CHECK(answer.command == "too_large");
    CHECK_FALSE(text(answer, "text").empty());
    CHECK(world.call("odd", "count").body == Value(1));
}

TEST_CASE("short naps beside a long ask do not fill the table of deadlines") {
    World world(17, workers);
    world.create("odd", "Odd", 0);
    world.create("sleeper", "Sender", 0);
    const auto naps = world.ask("sleeper", "nap_beside_a_long_ask", Value::Map{{"to", "odd"}, {"count", 500}}, 60'000);
    world.run_for(400ms);
    CHECK(number(world.call(world.node(0), "stats").body, "timers") < 20);
    CHECK(world.wait(naps).body == Value(500));
}

TEST_CASE("every send ends: handled, or as a dead letter with its reason, and those to a name that comes later arrive when sent again") {
    for (const auto seed : seeds(20)) {
        INFO("seed " << seed);
        World world(seed, workers);
        world.create("counter", "Counter", 0);
        world.create("leaver", "Counter", 1);
        (void)world.ask("leaver", "slower", numbered(1));
        world.run_for(8ms);
        const auto removal = world.ask(world.node(1), "remove_actor", Value::Map{{"name", "leaver"}});
        constexpr int each = 50;
        for (int i = 0; i < each; ++i) {
            world.send("counter", "count", Value::Map{{"sender", "outside"}, {"number", i}});
            world.send("late", "count", Value::Map{{"sender", "outside"}, {"number", i}});
            world.send("counter", "no_such_command");
            world.send("leaver", "count", numbered(2));
            world.run_for(Nanoseconds(world.random().below(1'000'000)));
        }
        CHECK(world.wait(removal).command == "actor_is_removed");
        world.run_for(3s);
        CHECK(number(*world.call("counter", "report").body.find("seen"), "outside") == each);
        const auto letters = world.call("", "get_dead_letters").body;
        CHECK(number(letters, "kept") == 3 * each);
        CHECK(number(*letters.find("by_reason"), "is_not_handled") == each);
        CHECK(number(*letters.find("by_reason"), "no_such_actor") == 2 * each);
        world.create("late", "Counter", 2);
        CHECK(number(world.call("", "send_again", Value::Map{{"recipient", "late"}}).body, "count") == each);
        world.run_for(1s);
        const auto report = world.call("late", "report");
        CHECK(text(report, "fault") == "");
        CHECK(number(*report.body.find("seen"), "outside") == each);
    }
}

TEST_CASE("a flood of refused sends is reported in part and counted in whole") {
    World world(4, workers);
    world.create("flooder", "Sender", 0);
    const auto too_many = static_cast<int>(limits::mailbox_length_max) + 5'000;
    (void)world.call("flooder", "flood", Value::Map{{"to", world.node(0)}, {"count", too_many}});
    world.run_for(3s);
    const auto letters = world.call("", "get_dead_letters").body;
    const auto& by_reason = *letters.find("by_reason");
    CHECK(number(by_reason, "mailbox_full") > 4'000);
    CHECK(static_cast<std::uint64_t>(number(letters, "total")) == world.dead_letters());
    CHECK(number(letters, "kept") >= static_cast<std::int64_t>(limits::dead_letters_reported_max));
    CHECK(number(letters, "kept") + number(letters, "forgotten") == number(letters, "total"));
}

TEST_CASE("a source that dies while its target takes long to load leaves one actor with one life") {
    for (const auto seed : seeds(40)) {
        INFO("seed " << seed);
        World world(seed, workers);
        world.create("counter", "Counter", 0);
        (void)world.call("counter", "report");  // its ticker tells of a second life
        for (int i = 0; i < 20; ++i) world.send("counter", i % 4 == 0 ? "slow" : "count", Value::Map{{"sender", "outside"}, {"number", i}});
        (void)world.ask("", "recreate_actor", to_node("counter", world.node(1)));
        world.run_for(Nanoseconds(world.random().below(24'000'000)));
        world.freeze_worker(1, 400ms);
        world.run_for(Nanoseconds(world.random().below(4'000'000)));
        world.crash_worker(0);
        world.run_for(1s);
        world.start_worker(0);
        world.run_for(20s);
        CHECK(world.call("counter", "report").command == "report");
        world.must_be_accounted_for();
    }
}

TEST_CASE("what waits for another broker is handled before what its sender says to the actor's new home beside it") {
    for (const auto seed : seeds(60)) {
        INFO("seed " << seed);
        World world(seed, workers);
        world.create("counter", "Counter", 0);
        world.create("local", "Sender", 1);
        (void)world.ask("local", "send_numbers", Value::Map{{"to", "counter"}, {"count", 2'000}}, 60'000);
        world.run_for(2ms);
        (void)world.ask("", "recreate_actor", to_node("counter", world.node(1)));
        world.run_for(Nanoseconds(world.random().below(10'000'000)));
        world.slow_down(1, 10s);  // most of what is said waits in the process, and the fence behind it
        world.run_until([&] { return world.lives_in(1, "counter"); }, 5s);
        world.loses_connection(1);
        world.restart_broker();
        world.run_for(10s);
        CHECK(world.call("counter", "report").command == "report");
        world.must_be_accounted_for();
    }
}

TEST_CASE("asks that ended while their process was away are not answered again when their actor leaves it") {
    for (const auto seed : seeds(40)) {
        INFO("seed " << seed);
        World world(seed, workers);
        world.create("counter", "Counter", 1);
        std::vector<std::uint64_t> asks;
        for (int i = 0; i < 20; ++i) asks.push_back(world.ask("counter", "slower", numbered(i), 60'000));
        world.run_for(10ms);
        const auto span = 4s + Nanoseconds(world.random().below(3'000'000'000));
        world.freeze_worker(1, span);
        world.run_for(span + Nanoseconds(world.random().below(300'000'000)));
        (void)world.ask(world.node(1), "remove_actor", Value::Map{{"name", "counter"}});
        world.run_for(10s);
        for (const auto mid : asks) CHECK(world.answer(mid) != nullptr);  // a second answer would throw
    }
}

TEST_CASE("what a client of a broker that died had asked is answered to no client of the next one, whatever their numbers") {
    for (const auto seed : seeds(40)) {
        INFO("seed " << seed);
        World world(seed, workers);
        world.create("counter", "Counter", 1);
        for (int i = 0; i < 40; ++i) (void)world.ask("counter", "slow", numbered(i), 60'000);
        world.run_for(Nanoseconds(world.random().below(60'000'000)));
        world.restart_broker();
        std::vector<std::uint64_t> asks;
        for (int i = 0; i < 60; ++i) asks.push_back(world.ask("counter", "report", {}, 60'000));
        world.run_for(10s);
        for (const auto mid : asks) {
            const auto* answer = world.answer(mid);
            REQUIRE(answer != nullptr);
            CHECK((answer->command == "report" || answer->kind == Kind::error));  // never what "slow" answers
        }
    }
}
