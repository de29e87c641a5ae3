// stopped_test.cpp - a broker that does nothing for long and goes on where it was.  Next: chaos_test.cpp.
#include "catch.hpp"
#include "sim/world.hpp"

using namespace peacepie;
using namespace peacepie::sim;
using namespace std::chrono_literals;

namespace {

constexpr int workers = 3;

}  // namespace

TEST_CASE("processes that wait for a stopped broker have no more to do each second, and its actors are what they were") {
    for (const auto seed : seeds(20)) {
        INFO("seed " << seed);
        World world(seed, workers);
        for (int i = 0; i < workers; ++i) {
            world.create("counter_" + std::to_string(i), "Counter", static_cast<std::size_t>(i));
            world.create("sender_" + std::to_string(i), "Sender", static_cast<std::size_t>(i));
        }
        std::vector<std::uint64_t> streams;
        for (int i = 0; i < workers; ++i) {
            const Value stream = Value::Map{{"to", "counter_" + std::to_string((i + 1) % workers)}, {"count", 500}};
            streams.push_back(world.ask("sender_" + std::to_string(i), "send_numbers", stream, 60'000));
        }
        world.run_for(Nanoseconds(world.random().below(5'000'000)));
        world.freeze_broker(30s);
        world.run_for(29s);
        for (std::size_t worker = 0; worker < workers; ++worker) CHECK(world.timers_of(worker) < 20);
        world.run_for(5s);
        for (const auto mid : streams) (void)world.wait(mid);
        world.run_for(1s);
        for (int i = 0; i < workers; ++i) {
            CHECK(world.lives_in(static_cast<std::size_t>(i), "counter_" + std::to_string(i)));
            const auto from = "sender_" + std::to_string((i + workers - 1) % workers);
            const auto report = world.call("counter_" + std::to_string(i), "report");
            CHECK(text(report, "fault") == "");
            CHECK(number(*report.body.find("seen"), from.c_str()) == 500);
        }
        world.must_be_accounted_for();
    }
}
