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

namespace {

/// Senders wherever they are made, one for each counter, which numbers what it sends from 0.
struct Crowd : World {
    explicit Crowd(std::uint64_t seed) : World(seed, workers) {
        for (int i = 0; i < workers; ++i) {
            create(counter(i), "Counter", static_cast<std::size_t>(i));
            (void)call(counter(i), "report");  // starts its ticker
        }
    }
    [[nodiscard]] static std::string counter(int number) { return "counter_" + std::to_string(number); }
    [[nodiscard]] std::size_t one() { return random().below(workers); }
    [[nodiscard]] Nanoseconds up_to(std::uint64_t milliseconds) { return Nanoseconds(random().below(milliseconds * 1'000'000)); }

    /// A process in which one of the counters is at home.
    std::size_t one_with_counter() {
        const auto name = counter(static_cast<int>(one()));
        for (std::size_t worker = 0; worker < workers; ++worker)
            if (lives_in(worker, name)) return worker;
        return one();
    }

    /// With every counter asked once a second, wherever it lives by then: one that is made again has its ticker started.
    void run_while_asking(Nanoseconds span) {
        for (const auto end = now() + span; now() < end;) {
            for (int i = 0; i < workers; ++i) (void)ask(counter(i), "report");
            run_for(std::min<Nanoseconds>(1s, end - now()));
        }
    }

    void load() {
        for (int i = 0; i < workers; ++i) {
            const auto sender = "sender_" + std::to_string(++senders_);
            const Value what = Value::Map{{"class_desc", Value::Map{{"requires_dist", "sim_actors"}, {"class", "Sender"}}},
                                          {"name", sender}, {"restart", "temporary"}};
            (void)ask(node(one()), "create_actor", what);
            (void)ask(sender, "send_numbers", Value::Map{{"to", counter(i)}, {"count", 40}});
        }
    }

private:
    int senders_ = 0;
};

}  // namespace

TEST_CASE("a process that stood still, whatever it was doing, runs nothing that has come to live elsewhere meanwhile") {
    for (const auto seed : seeds(60)) {
        INFO("seed " << seed);
        Crowd world(seed);
        for (int round = 0; round < 4; ++round) {
            world.load();
            const auto which = world.one_with_counter();
            const auto span = world.random().one_in(2) ? 2s + world.up_to(12'000) : 13s + world.up_to(5'000);  // mostly elsewhere by then
            const auto stop = world.random().below(500);
            if (world.random().one_in(2)) world.after_steps(stop, [&world, which] { world.doubt_connection(which); });  // it greets meanwhile
            world.after_steps(stop + world.random().below(40), [&world, which, span] { world.freeze_worker(which, span); });
            world.run_until([&] { return world.stands_still(which); }, 60s);
            if (world.random().one_in(2)) {  // the broker does not answer when it goes on
                world.run_while_asking(span - 100ms);
                world.freeze_broker(world.up_to(4'000));
            }
            world.run_while_asking(span + world.up_to(1'000));
            if (world.random().one_in(2)) world.freeze_worker(which, 3'001ms + world.up_to(9'000));  // while it comes back
            world.run_while_asking(20s);
        }
        world.run_for(60s);
        for (int i = 0; i < workers; ++i) CHECK(world.call(Crowd::counter(i), "report").command == "report");
        world.must_be_accounted_for();
    }
}

TEST_CASE("a process that is told to end before, while or after it stands still ends in order") {
    for (const auto seed : seeds(60)) {
        INFO("seed " << seed);
        Crowd world(seed);
        world.load();
        const auto which = world.one();
        const auto process = world.process_of(which);
        const auto span = 3'001ms + world.up_to(9'000);
        world.after_steps(world.random().below(800), [&world, which, span] { world.freeze_worker(which, span); });
        world.after_steps(world.random().below(900), [&world, which] { world.end_worker(which); });
        world.run_for(span + 2s);  // actors that do not stop would be given up after four
        CHECK(world.process_of(which) != process);
        CHECK(world.refused() == 0);
        world.run_for(60s);
        world.must_be_accounted_for();
    }
}
