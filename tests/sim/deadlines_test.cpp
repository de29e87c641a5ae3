// deadlines_test.cpp - how much time a message has, wherever it has to wait.  Next: accidents_test.cpp.
#include <utility>
#include <vector>

#include "catch.hpp"
#include "sim/world.hpp"

using namespace peacepie;
using namespace peacepie::sim;
using namespace std::chrono_literals;

namespace {

constexpr int workers = 3;

}  // namespace

TEST_CASE("a deadline travels with its message and shrinks, and a message whose deadline has passed is not handled") {
    for (const auto seed : seeds(20)) {
        INFO("seed " << seed);
        World world(seed, workers);
        world.create("counter", "Counter", 0);
        std::vector<std::uint64_t> slow;
        for (int i = 0; i < 3; ++i) slow.push_back(world.ask("counter", "slower", numbered(i)));
        const auto begun = world.now();
        const auto in_place = world.ask("counter", "add", numbered(7), 30);     // its turn would come after 150 ms
        const auto moved = world.ask("counter", "add", numbered(8), 120);       // at its new home after 50, with 70 left
        const auto in_time = world.ask("counter", "add", numbered(9), 1'000);
        CHECK(world.call("", "recreate_actor", to_node("counter", world.node(1))).command == "actor_is_recreated");
        for (const auto& [mid, time] : {std::pair{in_place, 30ms}, std::pair{moved, 120ms}}) {
            CHECK(world.wait(mid).command == "expired");
            CHECK(world.now() - begun < time + 1s);
        }
        CHECK(world.wait(in_time).body == Value(0));
        for (const auto mid : slow) CHECK(world.wait(mid).body == Value(0));
        const auto report = world.call("counter", "report");
        const Value& seen = *report.body.find("seen");
        CHECK(number(seen, "outside_7") == -1);
        CHECK(number(seen, "outside_8") == -1);
        CHECK(number(seen, "outside_9") == 1);
        world.must_be_accounted_for();
    }
}

TEST_CASE("an ask that waits in its process until its time is over is not handled when the broker is back, and one that has time left is") {
    for (const auto seed : seeds(20)) {
        INFO("seed " << seed);
        World world(seed, workers);
        world.create("counter", "Counter", 0);
        world.create("local", "Sender", 1);
        const auto ask_later = [&](double after, double within, int number) {
            return world.ask("local", "ask_later", Value::Map{{"to", "counter"}, {"after", after}, {"within", within}, {"number", number}}, 60'000);
        };
        const auto late = ask_later(5.0, 1.0, 7), in_time = ask_later(5.1, 20.0, 8);
        world.run_for(100ms);
        world.freeze_broker(9s);
        CHECK(world.wait(late).body == Value("expired"));
        CHECK(world.wait(in_time).body == Value("answered"));
        world.run_for(1s);
        const auto report = world.call("counter", "report");
        CHECK(number(*report.body.find("seen"), "local_7") == -1);
        CHECK(number(*report.body.find("seen"), "local_8") == 1);
        world.must_be_accounted_for();
    }
}
