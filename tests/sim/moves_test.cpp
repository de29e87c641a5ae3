// moves_test.cpp - G1 to G5 while the receiver is on the move.  Next: world.hpp.
#include "catch.hpp"
#include "sim/world.hpp"
#include "wire/convert.hpp"

using namespace peacepie;
using namespace peacepie::sim;
using namespace std::chrono_literals;

namespace {

constexpr int workers = 3;

/// The names of the actors that a new counter in a worker of the seed's choice has spawned.
std::vector<std::string> spawned_by(World& world, const std::string& parent, int count) {
    world.create(parent, "Counter", world.random().below(workers));
    return convert<std::vector<std::string>>::from(world.call(parent, "spawn", Value::Map{{"count", count}}).body);
}

struct Load {
    std::vector<std::uint64_t> asks;
    std::vector<std::uint64_t> moves;
    int senders = 0;
    int outside = 0;
};

/// Senders in every process and one outside, while the counter moves at random.
Load load_and_move(World& world, const std::string& counter, int count, int moves) {
    Load load;
    (void)world.call(counter, "report");  // starts its ticker
    for (std::size_t w = 0; w < workers; ++w) {
        const auto name = "sender_" + std::to_string(w);
        world.create(name, "Sender", w);
        load.asks.push_back(world.ask(name, "send_numbers", Value::Map{{"to", counter}, {"count", count}}, 60'000));
        world.create("asker_" + std::to_string(w), "Sender", w);
        load.asks.push_back(world.ask("asker_" + std::to_string(w), "ask_numbers",
                                      Value::Map{{"to", counter}, {"command", w == 0 ? "slow" : "add"}, {"count", count / 4}}, 60'000));
    }
    for (int i = 0; i < moves; ++i) {
        load.moves.push_back(world.ask("", "recreate_actor", to_node(counter, world.node(world.random().below(workers)))));
        const auto burst = world.random().below(20);
        for (std::uint64_t j = 0; j < burst; ++j)
            world.send(counter, "count", Value::Map{{"sender", "outside"}, {"number", load.outside++}});
        world.run_for(Nanoseconds(world.random().below(12'000'000)));
    }
    load.senders = workers;
    return load;
}

/// All that was sent to the counter has come, once and in the order of each sender, wherever the counter was.
void nothing_is_lost(World& world, const std::string& counter) {
    constexpr int count = 120;
    const auto load = load_and_move(world, counter, count, 12);
    for (const auto mid : load.asks) CHECK(world.wait(mid).kind == Kind::reply);
    int moved = 0;
    for (const auto mid : load.moves) {
        const auto answer = world.wait(mid);
        CHECK((answer.command == "actor_is_recreated" || answer.command == "actor_is_not_recreated"));
        moved += answer.command == "actor_is_recreated" ? 1 : 0;
    }
    CHECK(moved >= 1);  // most are asked for while one is under way
    world.run_for(1s);
    const auto report = world.call(counter, "report");
    CHECK(*report.body.find("fault")->as_text() == "");
    const Value& seen = *report.body.find("seen");
    for (int w = 0; w < workers; ++w) {
        CHECK(number(seen, ("sender_" + std::to_string(w)).c_str()) == count);
        CHECK(number(seen, ("asker_" + std::to_string(w)).c_str()) == count / 4);
    }
    if (load.outside > 0) CHECK(number(seen, "outside") == load.outside);
    CHECK(world.dead_letters() == 0);
}

}  // namespace

TEST_CASE("messages of each sender arrive once and in order while the receiver moves at random") {
    for (const auto seed : seeds(40)) {
        INFO("seed " << seed);
        World world(seed, workers);
        world.create("counter", "Counter", 0);
        nothing_is_lost(world, "counter");
    }
}

TEST_CASE("a spawned actor moves at random like any other: its mail arrives once and in order") {
    for (const auto seed : seeds(40)) {
        INFO("seed " << seed);
        World world(seed, workers);
        nothing_is_lost(world, spawned_by(world, "parent", 1).front());
    }
}

TEST_CASE("spawned actors that retire, wherever they are on the move, are gone for everybody and answer nobody late") {
    for (const auto seed : seeds(40)) {
        INFO("seed " << seed);
        World world(seed, workers);
        std::vector<std::uint64_t> moves, asks;
        const auto children = spawned_by(world, "parent", 6);
        for (const auto& child : children) {
            for (int i = 0; i < 2; ++i)
                moves.push_back(world.ask("", "recreate_actor", to_node(child, world.node(world.random().below(workers)))));
            world.run_for(Nanoseconds(world.random().below(6'000'000)));
            world.send(child, "leave");
            asks.push_back(world.ask(child, "report"));
            world.run_for(Nanoseconds(world.random().below(6'000'000)));
        }
        for (const auto mid : moves) {
            const auto answer = world.wait(mid);
            CHECK((answer.command == "actor_is_recreated" || answer.command == "actor_is_not_recreated"));
        }
        for (const auto mid : asks) CHECK(world.wait(mid).kind == Kind::error);
        for (const auto& child : children) {
            CHECK(world.call(child, "report").command == "no_such_actor");
            CHECK(world.call("", "seek_actor", Value::Map{{"entity", child}}).command == "actor_is_not_found");
        }
    }
}

TEST_CASE("a ticker keeps its phase over moves") {
    for (const auto seed : seeds(10)) {
        INFO("seed " << seed);
        World world(seed, workers);
        world.create("counter", "Counter", 0);
        const auto began = world.now();
        (void)world.call("counter", "report");
        for (int i = 0; i < 5; ++i) {
            (void)world.call("", "recreate_actor", to_node("counter", world.node(static_cast<std::size_t>(i % workers))));
            world.run_for(100ms);
        }
        const auto report = world.call("counter", "report");
        const auto periods = (world.now() - began) / 10ms;
        CHECK(number(report.body, "ticks") >= periods - 3);
        CHECK(number(report.body, "ticks") <= periods + 1);
    }
}

TEST_CASE("a move to where the class cannot be built leaves the actor at home and says why") {
    World world(7, workers);
    world.create("counter", "Counter", 0);
    Value body = to_node("counter", world.node(1));
    body.set("class_desc", Value::Map{{"requires_dist", "nowhere"}, {"class", "Counter"}});
    const auto answer = world.call("", "recreate_actor", body);
    CHECK(answer.command == "actor_is_not_recreated");
    CHECK(answer.body.find("reason"));
    CHECK(world.call("counter", "report").kind == Kind::reply);
}

TEST_CASE("a turn that outlasts the move's time calls the move off and nothing is lost") {
    for (const auto seed : seeds(20)) {
        INFO("seed " << seed);
        World world(seed, workers);
        world.create("counter", "Counter", 0);
        world.create("local", "Sender", 0);
        world.create("remote", "Sender", 1);
        const auto local = world.ask("local", "ask_numbers", Value::Map{{"to", "counter"}, {"command", "slow"}, {"count", 30}}, 60'000);
        const auto remote = world.ask("remote", "send_numbers", Value::Map{{"to", "counter"}, {"count", 60}}, 60'000);
        for (int i = 0; i < 8; ++i) {
            const auto move = world.ask("", "recreate_actor", to_node("counter", world.node(2)), 1 + static_cast<std::uint32_t>(world.random().below(8)));
            (void)world.wait(move);
            world.run_for(Nanoseconds(world.random().below(10'000'000)));
            (void)world.wait(world.ask("", "recreate_actor", to_node("counter", world.node(0)), 1 + static_cast<std::uint32_t>(world.random().below(8))));
        }
        CHECK(world.wait(local).body == Value(30));
        (void)world.wait(remote);
        world.run_for(1s);
        const auto report = world.call("counter", "report");
        CHECK(*report.body.find("fault")->as_text() == "");
        CHECK(number(*report.body.find("seen"), "remote") == 60);
        CHECK(number(*report.body.find("seen"), "local") == 30);
    }
}
