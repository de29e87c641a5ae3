// crashes_test.cpp - processes die at any moment and come back; every actor lives again, once.  Next: accidents_test.cpp.
#include "catch.hpp"
#include "sim/world.hpp"

using namespace peacepie;
using namespace peacepie::sim;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t workers = 3;
constexpr int counters = 6;

std::string counter(std::size_t number) { return "counter_" + std::to_string(number); }

struct Crashes : World {
    explicit Crashes(std::uint64_t seed) : World(seed, workers) {
        for (std::size_t i = 0; i < counters; ++i) create(counter(i), "Counter", i % workers);
    }
    void some_time(std::uint64_t at_most_ms) { run_for(Nanoseconds(random().below(at_most_ms * 1'000'000))); }

    void some_accident() {
        const auto which = random().below(workers);
        switch (random().below(5)) {
            case 0:
                restart_broker();
                break;
            case 1:
                (void)ask("", "recreate_actor", to_node(counter(random().below(counters)), node(which)));
                some_time(8);  // into the middle of it
                if (random().one_in(2)) return restart_broker();
                [[fallthrough]];
            case 2:
                crash_worker(which);
                some_time(600);
                start_worker(which);
                break;
            case 4: {  // source and target, one after the other, in the middle of a move
                const auto other = (which + 1) % workers;
                (void)ask("", "recreate_actor", to_node(counter(random().below(counters)), node(which)));
                some_time(8);
                crash_worker(other);
                some_time(8);
                crash_worker(which);
                start_worker(other);
                some_time(600);
                start_worker(which);
                break;
            }
            case 3:  // broker and worker, and the broker cannot have seen how the worker ended
                crash_worker(which);
                restart_broker();
                start_worker(which);
                break;
        }
    }
    std::int64_t living() {
        std::int64_t all = 0;
        for (std::size_t i = 0; i < workers; ++i) all += number(call(node(i), "stats").body, "actors");
        return all;
    }
};

}  // namespace

TEST_CASE("whatever dies at whatever moment, every actor lives again and only once") {
    for (const auto seed : seeds(60)) {
        INFO("seed " << seed);
        Crashes world(seed);
        for (int round = 0; round < 5; ++round) {
            for (auto more = 1 + world.random().below(3); more > 0; --more) {
                for (std::size_t i = 0; i < counters; ++i) world.send(counter(i), "count");
                world.some_time(40);
                world.some_accident();
                world.some_time(400);
            }
            world.run_for(16s);
            for (std::size_t i = 0; i < counters; ++i) {
                INFO("round " << round << ", actor " << i);
                const auto answer = world.call(counter(i), "report");
                CHECK(answer.command == "report");
                CHECK(world.call("", "seek_actor", Value::Map{{"entity", counter(i)}}).command == "actor_is_found");
            }
            REQUIRE(world.living() == counters);
        }
    }
}

TEST_CASE("a broker that finds no names has actors made again as they were declared, with their states, wherever they have moved to by then") {
    for (const auto seed : seeds(40)) {
        INFO("seed " << seed);
        World world(seed, workers);
        const Value counter_class = Value::Map{{"requires_dist", "sim_actors"}, {"class", "Counter"}};
        for (std::size_t i = 0; i < counters; ++i) {
            const Value params = Value::Map{{"period", 5 + static_cast<double>(i)}};
            const Value wish = Value::Map{{"class_desc", counter_class}, {"name", counter(i)}, {"durable", true}, {"params", params}};
            CHECK(world.call(world.node(i % workers), "create_actor", wish).command == "actor_is_created");
            CHECK(world.call(counter(i), "add", Value::Map{{"sender", "outside"}, {"number", 0}}).kind == Kind::reply);
        }
        for (int round = 0; round < 2; ++round) {
            for (std::size_t i = 0; i < counters; ++i) (void)world.ask("", "recreate_actor", to_node(counter(i), world.node(world.random().below(workers))));
            world.run_for(Nanoseconds(world.random().below(20'000'000)));
            world.restart_broker_without_names();
            world.run_for(16s);
            for (std::size_t i = 0; i < workers; ++i) world.crash_worker(i);
            for (std::size_t i = 0; i < workers; ++i) world.start_worker(i);
            world.run_for(16s);
            for (std::size_t i = 0; i < counters; ++i) {
                INFO("round " << round << ", actor " << i);
                const auto report = world.call(counter(i), "report");
                REQUIRE(report.command == "report");
                CHECK(number(*report.body.find("seen"), "outside") == 1);
                const auto shown = world.call(counter(i), "get_params");
                CHECK(shown.body.find("params")->as_array()->front().find("value")->encoded() == Value(5 + static_cast<double>(i)).encoded());
            }
        }
    }
}

TEST_CASE("an ask that a crash interrupts ends with an error that says so, within its time") {
    for (const auto seed : seeds(40)) {
        INFO("seed " << seed);
        Crashes world(seed);
        std::vector<std::uint64_t> asks;
        for (int i = 0; i < 40; ++i) {
            asks.push_back(world.ask(counter(static_cast<std::size_t>(i) % counters), "slow", Value::Map{{"sender", "s" + std::to_string(i)}, {"number", 0}}, 5'000));
            if (i == 20) world.crash_worker(1);
            world.some_time(3);
        }
        world.run_for(6s);
        for (const auto mid : asks) {
            const auto* answer = world.answer(mid);
            REQUIRE(answer != nullptr);
            const bool is_typed = answer->command == "worker_lost" || answer->command == "unavailable";
            CHECK((answer->kind == Kind::reply || is_typed));
        }
    }
}

TEST_CASE("a process frozen for longer than patience comes back: what its actors had not read is not handled behind newer mail of its sender") {
    std::uint64_t fenced = 0;
    for (const auto seed : seeds(40)) {
        INFO("seed " << seed);
        World world(seed, workers);
        world.create("counter", "Counter", 1);
        world.create("local", "Sender", 1);
        world.create("remote", "Sender", 2);
        std::vector<std::uint64_t> asks;
        int outside = 0;
        const auto say_more = [&](int count, const char* command = "count") {
            for (int i = 0; i < count; ++i) world.send("counter", command, Value::Map{{"sender", "outside"}, {"number", outside++}});
        };
        for (const auto* sender : {"local", "remote"}) asks.push_back(world.ask(sender, "send_numbers", Value::Map{{"to", "counter"}, {"count", 1'000}}, 60'000));
        asks.push_back(world.ask("counter", "slower", Value::Map{{"sender", "asking"}, {"number", 0}}, 5'000));
        say_more(10, "slower");
        world.run_for(Nanoseconds(world.random().below(20'000'000)));
        world.freeze_worker(1, 12s + Nanoseconds(world.random().below(8'000'000'000)));
        for (int i = 0; i < 100; ++i) {
            say_more(5);
            world.run_for(250ms);
        }
        world.run_for(60s);
        for (const auto mid : asks) CHECK(world.answer(mid) != nullptr);
        CHECK(text(world.call("", "seek_actor", Value::Map{{"entity", "counter"}}), "node") != "");
        world.must_be_accounted_for();
        fenced += static_cast<std::uint64_t>(std::max<std::int64_t>(0, number(*world.call("", "get_dead_letters").body.find("by_reason"), "fenced")));
    }
    CHECK((fenced > 0 || seeds(40).size() == 1));
}

TEST_CASE("a process frozen for longer than patience comes back: what its actors had not got rid of does not go out behind their next life's words") {
    for (const auto seed : seeds(40)) {
        INFO("seed " << seed);
        World world(seed, workers);
        world.create("counter", "Counter", 2);
        world.create("teller", "Sender", 1);
        (void)world.ask("teller", "send_numbers", Value::Map{{"to", "counter"}, {"count", 1'000}}, 60'000);
        world.run_for(Nanoseconds(world.random().below(50'000'000)));
        world.freeze_worker(1, 15s + Nanoseconds(world.random().below(3'000'000'000)));
        world.run_for(14s + 500ms);
        const auto again = world.ask("teller", "send_numbers", Value::Map{{"to", "counter"}, {"count", 100}, {"first", 1'000}}, 60'000);
        world.run_for(10s);
        CHECK(world.wait(again).kind == Kind::reply);
        world.must_be_accounted_for();
    }
}

TEST_CASE("a process frozen for longer than patience comes back: its actor that has lived and died elsewhere meanwhile does not begin again where it was") {
    for (const auto seed : seeds(40)) {
        INFO("seed " << seed);
        World world(seed, workers);
        world.create("counter", "Counter", 1);
        (void)world.call("counter", "report");  // starts its ticker: it has turns wherever it lives
        world.freeze_worker(1, 17s + Nanoseconds(world.random().below(2'000'000'000)));
        const auto new_home = [&] { return world.lives_in(0, "counter") ? 0u : world.lives_in(2, "counter") ? 2u : 1u; };
        world.run_until([&] { return new_home() != 1; }, 16s);
        const auto home = new_home();
        CHECK(world.call("counter", "report").command == "report");
        world.crash_worker(home);
        world.run_for(6s);  // the frozen one has said hello, and the name still waits for the one that crashed
        world.start_worker(home);
        world.run_for(20s);
        CHECK(world.call("counter", "report").command == "report");
        world.must_be_accounted_for();
    }
}
