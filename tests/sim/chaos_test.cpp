// chaos_test.cpp - everything at once: load, moves, and any fault at any step, with the checker looking on.  Next: crashes_test.cpp.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "catch.hpp"
#include "sim/world.hpp"

using namespace peacepie;
using namespace peacepie::sim;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t workers = 3, counters = 4;

std::string counter(std::size_t number) { return "counter_" + std::to_string(number); }

struct Chaos : World {
    explicit Chaos(std::uint64_t seed) : World(seed, workers) {
        for (std::size_t i = 0; i < counters; ++i) {
            create(counter(i), "Counter", i % workers);
            (void)call(counter(i), "report");  // starts its ticker
        }
    }
    std::size_t one() { return random().below(workers); }
    Nanoseconds up_to(std::uint64_t milliseconds) { return Nanoseconds(random().below(milliseconds * 1'000'000)); }

    void load() {
        for (std::size_t i = 0; i < counters; ++i) {
            const auto sender = "sender_" + std::to_string(++senders_);  // each its own, so that its numbers begin at 0
            (void)ask(node(one()), "create_actor", Value::Map{{"class_desc", Value::Map{{"requires_dist", "sim_actors"}, {"class", "Sender"}}},
                                                             {"name", sender}, {"restart", "temporary"}});
            (void)ask(sender, "send_numbers", Value::Map{{"to", counter(i)}, {"count", 20}});
            const auto outside = "outside_" + std::to_string(senders_);
            const bool asks = random().one_in(2);  // of one kind: the time of a waiting ask may pass, and a gap is no wrong order
            for (int n = 0; n < 10; ++n) {
                const Value body = Value::Map{{"sender", outside}, {"number", n}};
                if (asks) (void)ask(counter(i), n % 3 == 0 ? "slow" : "add", body, 2'000);
                else send(counter(i), "count", body);
            }
            if (random().one_in(2)) (void)ask("", "recreate_actor", to_node(counter(i), node(one())));
        }
    }
    void some_fault() {
        const auto which = one();
        switch (random().below(8)) {
            case 0: return restart_broker();
            case 1:
                crash_worker(which);
                return after_steps(random().below(400), [this, which] { start_worker(which); });
            case 2:
                crash_worker(which);
                return start_worker(which);
            case 3: return cut(which, up_to(100));
            case 4: return cut(which, up_to(12'000));
            case 5: return freeze_worker(which, up_to(random().one_in(3) ? 14'000 : 2'000));
            case 6: return freeze_broker(up_to(random().one_in(3) ? 8'000 : 500));
            case 7: return slow_down(which, up_to(1'000));
        }
    }
    void play(int rounds) {
        for (int round = 0; round < rounds; ++round) {
            load();
            for (auto more = random().below(4); more > 0; --more) after_steps(random().below(1'500), [this] { some_fault(); });
            run_for(2s + up_to(1'000));
        }
        run_for(90s);
    }

private:
    int senders_ = 0;
};

std::uint64_t hash_of(std::uint64_t seed) {
    Chaos world(seed);
    world.play(3);
    return world.hash();
}

}  // namespace

TEST_CASE("whatever breaks at whatever step, no message ends in silence, no turn runs twice and each actor comes back") {
    for (const auto seed : seeds(100)) {
        INFO("seed " << seed);
        Chaos world(seed);
        world.play(4);
        for (std::size_t i = 0; i < counters; ++i) {
            INFO(counter(i));
            CHECK(world.call(counter(i), "report").command == "report");
            for (std::size_t to = 0; to < workers; ++to)
                CHECK(text(world.call("", "recreate_actor", to_node(counter(i), world.node(to))), "text") == "");
        }
        world.must_be_accounted_for();
    }
}

TEST_CASE("the same seed plays the same events, in another process as well") {
    int left = 3;  // each seed plays three times and starts a process: enough of that
    for (const auto seed : seeds(3)) {
        if (left-- == 0) break;
        INFO("seed " << seed);
        const auto here = hash_of(seed);
        CHECK(hash_of(seed) == here);
        if (std::getenv("PEACEPIE_SIM_HASH")) {
            std::printf("\nhash %llu\n", static_cast<unsigned long long>(here));
            std::fflush(stdout);
            return;
        }
        // Another process has its heap, stack and code elsewhere, and another pid.
        const auto command = "PEACEPIE_SIM_HASH=1 PEACEPIE_SIM_SEED=" + std::to_string(seed) + " /proc/" + std::to_string(getpid()) +
                             "/exe 'the same seed plays*' 2>/dev/null";
        FILE* other = popen(command.c_str(), "r");
        REQUIRE(other);
        unsigned long long there = 0;
        for (char line[256]; std::fgets(line, sizeof line, other);) (void)std::sscanf(line, "hash %llu", &there);
        pclose(other);
        CHECK(there == here);
    }
}
