// credit_test.cpp - floods between processes that tell each other's broker what they have taken in.  Next: chaos_test.cpp.
#include "catch.hpp"
#include "sim/world.hpp"
#include "wire/limits.hpp"

using namespace peacepie;
using namespace peacepie::sim;
using namespace std::chrono_literals;

namespace {

constexpr int workers = 3, messages = 2'000;

/// Beyond the window reach one frame, and the words about what was taken in, which need no credit.
std::size_t bound(const World& world) { return world.credit_window() + limits::batch_size_max + 4'096; }

std::uint64_t stream(World& world, const std::string& from, const std::string& to) {
    return world.ask(from, "send_numbers", Value::Map{{"to", to}, {"count", messages}}, 60'000);
}

}  // namespace

TEST_CASE("a process that takes nothing in is sent a window and holds up nobody, and what waited comes in order") {
    for (const auto seed : seeds(20)) {
        INFO("seed " << seed);
        World world(seed, workers);
        world.create("sender", "Sender", 0);
        world.create("slow", "Counter", 1);
        world.create("fast", "Counter", 2);
        world.freeze_worker(1, 2s);
        const auto sent = stream(world, "sender", "slow");
        const auto until = world.now() + 1'900ms;
        for (int number = 0; world.now() < until; ++number) {
            const auto asked_at = world.now();
            CHECK(world.call("fast", "add", Value::Map{{"sender", "outside"}, {"number", number}}).body == Value(number));
            CHECK(world.now() - asked_at < 100ms);
            CHECK(world.bytes_to(1) < bound(world));
            world.run_for(20ms);
        }
        (void)world.wait(sent);
        world.run_for(1s);
        const auto report = world.call("slow", "report");
        CHECK(text(report, "fault") == "");
        CHECK(number(*report.body.find("seen"), "sender") == messages);
        world.must_be_accounted_for();
    }
}

TEST_CASE("floods both ways through windows of whatever size come to an end, each in its order") {
    for (const auto seed : seeds(20)) {
        INFO("seed " << seed);
        World world(seed, workers);
        std::vector<std::uint64_t> streams;
        for (int i = 0; i < workers; ++i) {
            world.create("sender_" + std::to_string(i), "Sender", static_cast<std::size_t>(i));
            world.create("counter_" + std::to_string(i), "Counter", static_cast<std::size_t>(i));
        }
        for (int i = 0; i < workers; ++i) streams.push_back(stream(world, "sender_" + std::to_string(i), "counter_" + std::to_string((i + 1) % workers)));
        for (int i = 0; i < 20; ++i) {
            world.slow_down(world.random().below(workers), 20ms);
            world.run_for(10ms);
            for (std::size_t one = 0; one < workers; ++one) CHECK((world.bytes_to(one) < bound(world) && world.bytes_from(one) < bound(world)));
        }
        for (const auto mid : streams) CHECK(world.wait(mid).body == Value(messages));
        world.run_for(1s);
        for (int i = 0; i < workers; ++i) {
            const auto report = world.call("counter_" + std::to_string((i + 1) % workers), "report");
            CHECK(text(report, "fault") == "");
            CHECK(number(*report.body.find("seen"), ("sender_" + std::to_string(i)).c_str()) == messages);
        }
        world.must_be_accounted_for();
    }
}

TEST_CASE("a process that says hello again in the middle of a flood hears its welcome behind what waits for it") {
    for (const auto seed : seeds(20)) {
        INFO("seed " << seed);
        World world(seed, workers);
        world.create("sender", "Sender", 0);
        world.create("slow", "Counter", 1);
        world.freeze_worker(1, 1s);
        (void)stream(world, "sender", "slow");
        world.run_for(999ms);
        world.doubt_connection(1);
        world.run_for(2s);
        const auto before = world.now();
        CHECK(world.call(world.node(1), "ping").command == "pong");
        CHECK(world.now() - before < 50ms);
        CHECK(number(*world.call("slow", "report").body.find("seen"), "sender") == messages);
        world.must_be_accounted_for();
    }
}

TEST_CASE("another broker, or another connection, in the middle of a flood begins with new credit, and the flood goes on") {
    for (const auto seed : seeds(20)) {
        INFO("seed " << seed);
        World world(seed, workers);
        world.create("sender", "Sender", 0);
        world.create("slow", "Counter", 1);
        world.freeze_worker(1, 500ms);
        (void)stream(world, "sender", "slow");
        world.run_for(Nanoseconds(world.random().below(600'000'000)));
        world.random().one_in(2) ? world.restart_broker() : world.cut(world.random().below(2), Nanoseconds(world.random().below(200'000'000)));
        world.run_for(5s);
        const auto before = world.now();
        CHECK(world.call("slow", "add", Value::Map{{"sender", "outside"}, {"number", 0}}).body == Value(0));
        CHECK(world.now() - before < 100ms);
        world.create("second", "Sender", 1);
        world.create("counter", "Counter", 0);
        CHECK(world.wait(stream(world, "second", "counter")).body == Value(messages));
        world.run_for(1s);
        CHECK(number(*world.call("counter", "report").body.find("seen"), "second") == messages);
        world.must_be_accounted_for();
    }
}
