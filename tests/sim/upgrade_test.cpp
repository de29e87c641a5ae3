// upgrade_test.cpp - upgrades on probation: what comes meanwhile, and the way back, at any moment.  Next: world.hpp.
#include "catch.hpp"
#include "sim/world.hpp"

using namespace peacepie;
using namespace peacepie::sim;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t workers = 3;
constexpr int count = 200;

Value class_of_simulation(const char* name) { return Value::Map{{"requires_dist", "sim_actors"}, {"class", name}}; }

Value upgrade(const std::string& node, const char* to_class, int milliseconds, bool replay) {
    return Value::Map{{"entity", "counter"}, {"node", node}, {"class_desc", class_of_simulation(to_class)},
                      {"probation", Value::Map{{"errors", 1}, {"milliseconds", milliseconds}}}, {"replay", replay}};
}

/// Senders of numbers to the counter, one in each of these workers.
std::vector<std::uint64_t> start_senders(World& world, const std::vector<std::size_t>& where) {
    std::vector<std::uint64_t> asks;
    for (const auto worker : where) {
        const auto name = "sender_" + std::to_string(worker);
        world.create(name, "Sender", worker);
        asks.push_back(world.ask(name, "send_numbers", Value::Map{{"to", "counter"}, {"count", count}}, 60'000));
    }
    return asks;
}

/// Everything that was sent has been counted once, in order.
void all_is_counted(World& world, const std::vector<std::size_t>& senders, const std::vector<std::uint64_t>& asks) {
    for (const auto mid : asks) CHECK(world.wait(mid).kind == Kind::reply);
    world.run_for(1s);
    const auto report = world.call("counter", "report");
    REQUIRE(report.command == "report");
    CHECK(text(report, "fault") == "");
    for (const auto worker : senders) CHECK(number(*report.body.find("seen"), ("sender_" + std::to_string(worker)).c_str()) == count);
    world.must_be_accounted_for();
}

std::string class_now(World& world) {
    const auto found = world.call("", "seek_actor", Value::Map{{"entity", "counter"}, {"with_class_desc", true}});
    REQUIRE(found.command == "actor_is_found");
    return *found.body.find("class_desc")->find("class")->as_text();
}

std::int64_t living(World& world) {
    world.run_for(100ms);  // whoever was moved away is dropped behind the answer
    std::int64_t all = 0;
    for (std::size_t i = 0; i < workers; ++i) all += number(world.call(world.node(i), "stats").body, "actors");
    return all;
}

}  // namespace

TEST_CASE("mail of a version that fails on probation is given to the earlier one, once and in the order of each sender") {
    for (const auto seed : seeds(60)) {
        INFO("seed " << seed);
        World world(seed, workers);
        const auto home = world.random().below(workers);
        world.create("counter", "Counter", home);
        const std::vector<std::size_t> senders{0, 1, 2};
        const auto asks = start_senders(world, senders);
        world.run_for(Nanoseconds(world.random().below(10'000'000)));
        const auto answer = world.wait(world.ask("", "recreate_actor", upgrade(world.node(world.random().below(workers)), "Fragile", 2'000, true)));
        CHECK(answer.command == "actor_is_not_recreated");
        CHECK(text(answer, "reason") == "handler_failed");
        CHECK(number(answer.body, "replayed") > 20);
        all_is_counted(world, senders, asks);
        CHECK(class_now(world) == "Counter");
        CHECK(text(world.call("", "seek_actor", Value::Map{{"entity", "counter"}}), "node") == world.node(home));
        CHECK(world.call("", "recreate_actor", to_node("counter", world.node(1))).command == "actor_is_recreated");
        CHECK(living(world) == 4);
    }
}

TEST_CASE("a spawned actor goes back to its birthplace like any other") {
    for (const auto seed : seeds(30)) {
        INFO("seed " << seed);
        World world(seed, workers);
        world.create("parent", "Counter", 0);
        const auto child = *world.call("parent", "spawn", Value::Map{{"count", 1}}).body.as_array()->front().as_text();
        Value body = upgrade(world.node(world.random().below(workers)), "Fragile", 2'000, true);
        body.set("entity", child);
        const auto move = world.ask("", "recreate_actor", body);
        for (int i = 0; i < 60; ++i) {
            world.send(child, "count", Value::Map{{"sender", "outside"}, {"number", i}});
            world.run_for(Nanoseconds(world.random().below(1'000'000)));
        }
        CHECK(world.wait(move).command == "actor_is_not_recreated");
        world.run_for(1s);
        const auto report = world.call(child, "report");
        CHECK(text(report, "fault") == "");
        CHECK(number(*report.body.find("seen"), "outside") == 60);
        CHECK(text(world.call("", "seek_actor", Value::Map{{"entity", child}}), "node") == world.node(0));
        (void)world.call(child, "leave");
        world.run_for(1s);
        CHECK(world.call("", "seek_actor", Value::Map{{"entity", child}}).command == "actor_is_not_found");
    }
}

TEST_CASE("asks to a version that fails on probation are answered once each, by it or by the earlier one") {
    for (const auto seed : seeds(40)) {
        INFO("seed " << seed);
        World world(seed, workers);
        world.create("counter", "Counter", 0);
        const bool replay = world.random().one_in(2);
        const auto move = world.ask("", "recreate_actor", upgrade(world.node(world.random().below(workers)), "Fragile", 2'000, replay));
        std::vector<std::uint64_t> asks;
        for (int i = 0; i < 60; ++i) {
            asks.push_back(world.ask("counter", "add", Value::Map{{"sender", "s" + std::to_string(i)}, {"number", 0}}));
            world.run_for(Nanoseconds(world.random().below(1'000'000)));
        }
        CHECK(world.wait(move).command == "actor_is_not_recreated");
        for (const auto mid : asks) {
            const auto answer = world.wait(mid);  // a second answer would throw
            const bool is_typed = answer.command == "handler_failed" || (!replay && answer.command == "fenced");
            CHECK((answer.kind == Kind::reply || is_typed));
        }
        world.run_for(12s);
        CHECK(text(world.call("counter", "report"), "fault") == "");
    }
}

TEST_CASE("a process that dies at any moment of a probation costs the earlier version nothing") {
    for (const auto seed : seeds(60)) {
        INFO("seed " << seed);
        World world(seed, workers);
        world.create("counter", "Counter", 0);
        world.checker().may_go_back("counter");
        const std::vector<std::size_t> senders{0, 2};
        const auto asks = start_senders(world, senders);
        const auto move = world.ask("", "recreate_actor", upgrade(world.node(1), "Counter", 300, true));
        world.run_for(Nanoseconds(world.random().below(60'000'000)));
        world.crash_worker(1);
        CHECK(world.wait(move).command == "actor_is_not_recreated");
        world.start_worker(1);
        all_is_counted(world, senders, asks);
        CHECK(text(world.call("", "seek_actor", Value::Map{{"entity", "counter"}}), "node") == world.node(0));
    }
}

TEST_CASE("probations that are passed lose, double and reorder nothing, wherever the senders are") {
    for (const auto seed : seeds(30)) {
        INFO("seed " << seed);
        World world(seed, workers);
        world.create("counter", "Counter", 0);
        const std::vector<std::size_t> senders{0, 1, 2};
        const auto asks = start_senders(world, senders);
        for (int i = 0; i < 4; ++i) {
            const auto span = 1 + static_cast<int>(world.random().below(20));
            const auto answer = world.wait(world.ask("", "recreate_actor", upgrade(world.node(world.random().below(workers)), "Counter", span, false)));
            CHECK(answer.command == "actor_is_recreated");
            CHECK(number(answer.body, "probation_ms") >= span);
        }
        all_is_counted(world, senders, asks);
        CHECK(living(world) == 4);
    }
}

TEST_CASE("a dry run changes nothing: not the order of mail, not the home, not the class") {
    for (const auto seed : seeds(30)) {
        INFO("seed " << seed);
        World world(seed, workers);
        world.create("counter", "Counter", 0);
        const std::vector<std::size_t> senders{0, 1, 2};
        const auto asks = start_senders(world, senders);
        for (int i = 0; i < 6; ++i) {
            Value body = Value::Map{{"entity", "counter"}, {"node", world.node(world.random().below(workers))},
                                    {"class_desc", class_of_simulation("Fragile")}, {"dry_run", true}};
            CHECK(world.call("", "recreate_actor", body).command == "actor_can_be_recreated");
        }
        all_is_counted(world, senders, asks);
        CHECK(class_now(world) == "Counter");
        CHECK(living(world) == 4);
    }
}

TEST_CASE("another broker at any moment of a move, a probation or a way back leaves one living actor and not two") {
    for (const auto seed : seeds(60)) {
        INFO("seed " << seed);
        World world(seed, workers);
        world.create("counter", "Counter", 0);
        const auto target = world.random().below(workers);
        const auto before = number(*world.call("counter", "report").body.find("seen"), "outside");
        CHECK(before == -1);
        (void)world.ask("", "recreate_actor", upgrade(world.node(target), world.random().one_in(2) ? "Fragile" : "Counter", 200, true));
        for (int i = 0; i < 30; ++i) world.send("counter", "count", Value::Map{{"sender", "outside"}, {"number", i}});
        world.run_for(Nanoseconds(world.random().below(world.random().one_in(2) ? 20'000'000 : 300'000'000)));
        world.restart_broker();
        world.run_for(20s);
        const auto found = world.call("", "seek_actor", Value::Map{{"entity", "counter"}});
        REQUIRE(found.command == "actor_is_found");
        CHECK(world.call("counter", "report").command == "report");
        CHECK(living(world) == 1);
        CHECK(world.call("", "recreate_actor", to_node("counter", world.node(1))).command == "actor_is_recreated");
        CHECK(living(world) == 1);
    }
}

TEST_CASE("another broker during a probation believes in the new version and what it has done, whoever says hello first") {
    for (const auto seed : seeds(60)) {
        INFO("seed " << seed);
        World world(seed, workers);
        world.create("counter", "Counter", 0);
        (void)world.ask("", "recreate_actor", upgrade(world.node(world.random().below(workers)), "Counter", 5'000, true));
        world.run_for(200ms);
        for (int i = 0; i < 20; ++i)
            CHECK(world.call("counter", "add", Value::Map{{"sender", "outside"}, {"number", i}}).kind == Kind::reply);
        world.run_for(Nanoseconds(world.random().below(1'000'000'000)));
        world.restart_broker();
        world.run_for(16s);
        CHECK(number(*world.call("counter", "report").body.find("seen"), "outside") == 20);
        CHECK(living(world) == 1);
    }
}
