// cut_test.cpp - a network that is cut for longer than actors are waited for: they live on the one side or on the other.  Next: chaos_test.cpp.
#include "catch.hpp"
#include "sim/world.hpp"

using namespace peacepie;
using namespace peacepie::sim;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t workers = 3, victim = 1;

/// Two actors that talk beside each other, with tickers, in the process that will be cut off.
struct Cut : World {
    explicit Cut(std::uint64_t seed) : World(seed, workers) {
        create("counter", "Counter", victim);
        create("sender", "Sender", victim);
        checker().may_go_back("counter");
        (void)call("counter", "report");  // starts its ticker
    }
    [[nodiscard]] Nanoseconds up_to(Nanoseconds most) { return Nanoseconds(random().below(static_cast<std::uint64_t>(most.count()))); }

    void load() {
        (void)ask("sender", "send_numbers", Value::Map{{"to", "counter"}, {"count", 300}, {"first", first_}}, 60'000);
        first_ += 300;
    }
    /// The counter is at home elsewhere, and its next version on probation, for long, in the process that will be cut off; the ask of that.
    std::uint64_t upgrade() {
        REQUIRE(call("", "recreate_actor", to_node("counter", node(0))).command == "actor_is_recreated");
        const Value counter = Value::Map{{"requires_dist", "sim_actors"}, {"class", "Counter"}};
        const Value probation = Value::Map{{"errors", 1}, {"milliseconds", 60'000}};
        const Value body = Value::Map{{"entity", "counter"}, {"node", node(victim)}, {"class_desc", counter}, {"probation", probation}};
        const auto asked = ask("", "recreate_actor", body, 120'000);
        run_for(500ms);
        REQUIRE(text(call("", "seek_actor", Value::Map{{"entity", "counter"}}), "node") == node(victim));
        return asked;
    }
    /// Whether the process that was cut off has handled anything in that time.
    [[nodiscard]] bool ticks_within(Nanoseconds span) {
        const auto before = turns_of(victim);
        run_for(span);
        return turns_of(victim) != before;
    }
    /// Tickers of actors that are made again are started by whoever asks them.
    void run_while_asking(Nanoseconds span) {
        for (const auto end = now() + span; now() < end;) {
            (void)ask("counter", "report");
            run_for(std::min<Nanoseconds>(1s, end - now()));
        }
    }

private:
    int first_ = 0;
};

constexpr auto stopped_by = limits::isolation_patience + 2s;  // looked at every 1.2 seconds

}  // namespace

TEST_CASE("a process that is cut off goes on for some seconds, stands still before its actors are made elsewhere, and never runs them again") {
    for (const auto seed : seeds(40)) {
        INFO("seed " << seed);
        Cut world(seed);
        world.load();
        world.run_for(world.up_to(10ms));
        world.cut(victim, 40s);
        CHECK(world.ticks_within(limits::isolation_patience - 3s));
        world.run_for(stopped_by - (limits::isolation_patience - 3s));
        CHECK_FALSE(world.ticks_within(1s));
        CHECK(world.lives_in(victim, "counter"));
        world.run_while_asking(5s);
        CHECK((world.lives_in(0, "counter") || world.lives_in(2, "counter")));
        CHECK_FALSE(world.ticks_within(2s));
        world.run_while_asking(40s);
        CHECK_FALSE(world.lives_in(victim, "counter"));
        CHECK(world.call("counter", "report").command == "report");
        world.must_be_accounted_for();
    }
}

TEST_CASE("a process that is back before its actors are made elsewhere goes on where it stood") {
    for (const auto seed : seeds(40)) {
        INFO("seed " << seed);
        Cut world(seed);
        world.load();
        world.cut(victim, stopped_by + 100ms + world.up_to(1s));
        world.run_for(stopped_by);
        CHECK_FALSE(world.ticks_within(10ms));
        world.run_for(10s);
        CHECK(world.lives_in(victim, "counter"));
        CHECK(world.ticks_within(1s));
        world.must_be_accounted_for();
    }
}

TEST_CASE("a process whose connection is dead though its broker could be reached makes another before its actors are made elsewhere") {
    for (const auto seed : seeds(40)) {
        INFO("seed " << seed);
        Cut world(seed);
        world.load();
        world.run_for(world.up_to(10ms));
        world.forget_connection(victim);
        world.run_for(9s);
        CHECK(world.ticks_within(1s));
        CHECK(world.lives_in(victim, "counter"));
        CHECK(world.call("counter", "report").command == "report");
        world.must_be_accounted_for();
    }
}

TEST_CASE("while the broker stands still and its machine answers, those that wait for it go on among themselves") {
    for (const auto seed : seeds(10)) {
        INFO("seed " << seed);
        Cut world(seed);
        world.freeze_broker(30s);
        world.run_for(20s);
        CHECK(world.ticks_within(1s));
        world.run_for(30s);
        CHECK(world.lives_in(victim, "counter"));
        world.must_be_accounted_for();
    }
}

TEST_CASE("a temporary actor that is made by hand as soon as its name is free does not meet the one that was cut off") {
    for (const auto seed : seeds(40)) {
        INFO("seed " << seed);
        Cut world(seed);
        const Value body = Value::Map{{"class_desc", Value::Map{{"requires_dist", "sim_actors"}, {"class", "Late"}}}, {"name", "late"}, {"restart", "temporary"}};
        REQUIRE(world.call(world.node(victim), "create_actor", body).command == "actor_is_created");
        world.run_for(world.up_to(1s));
        world.cut(victim, 14s + world.up_to(20s));
        bool is_made = false;
        for (int i = 0; i < 40 && !is_made; ++i) {
            is_made = world.call(world.node(2), "create_actor", body).command == "actor_is_created";
            world.run_for(500ms);
        }
        CHECK(is_made);
        world.run_for(40s);
        CHECK(world.lives_in(2, "late"));
        world.must_be_accounted_for();
    }
}

TEST_CASE("cuts of any length, with brokers and processes that die or stand still beside them, never give a name two owners") {
    for (const auto seed : seeds(60)) {
        INFO("seed " << seed);
        Cut world(seed);
        for (int round = 0; round < 3; ++round) {
            world.load();
            const auto which = world.random().below(workers);
            world.cut(which, world.up_to(25s));
            world.run_while_asking(world.up_to(8s));
            switch (world.random().below(5)) {
                case 0: world.freeze_broker(world.up_to(15s)); break;
                case 1: world.freeze_worker(which, world.up_to(15s)); break;
                case 2: world.restart_broker(); break;
                case 3: world.forget_connection(which); break;
                default: break;
            }
            world.run_while_asking(30s);
        }
        world.run_for(60s);
        CHECK(world.call("counter", "report").command == "report");
        world.must_be_accounted_for();
    }
}

TEST_CASE("an upgrade on probation in a process that is cut off goes back, and not before that process has stopped") {
    for (const auto seed : seeds(40)) {
        INFO("seed " << seed);
        Cut world(seed);
        const auto asked = world.upgrade();
        world.run_for(world.up_to(500ms));
        world.cut(victim, 40s);
        world.run_while_asking(20s);
        REQUIRE(world.answer(asked) != nullptr);
        CHECK(world.answer(asked)->command == "actor_is_not_recreated");
        world.run_while_asking(40s);
        CHECK(world.lives_in(0, "counter"));
        CHECK(world.call("counter", "report").command == "report");
        world.must_be_accounted_for();
    }
}

TEST_CASE("a target on probation that is away for a moment, and back by another connection, never has its turns beside the earlier version") {
    for (const auto seed : seeds(60)) {
        INFO("seed " << seed);
        Cut world(seed);
        (void)world.upgrade();
        world.load();
        if (world.random().one_in(2)) world.cut(victim, world.up_to(2'500ms));
        else world.loses_connection(victim);
        world.run_while_asking(20s);
        CHECK(world.call("counter", "report").command == "report");
        world.must_be_accounted_for();
    }
}
