// reliable_test.cpp - durable actors and reliable messages, whoever dies at whatever moment.  Next: crashes_test.cpp.
#include "catch.hpp"
#include "sim/world.hpp"

using namespace peacepie;
using namespace peacepie::sim;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t workers = 3;

struct Post : World {
    Post(std::uint64_t seed, bool durable) : World(seed, workers), durable_(durable) {
        if (durable) checker().may_go_back("counter");
        make("counter", "Counter", 1);
        make("courier", "Sender", 2);
    }
    void make(const char* name, const char* actor_class, std::size_t worker) {
        const Value class_desc = Value::Map{{"requires_dist", "sim_actors"}, {"class", actor_class}};
        const Value body = Value::Map{{"class_desc", class_desc}, {"name", name}, {"durable", durable_}};
        REQUIRE(call(node(worker), "create_actor", body).command == "actor_is_created");
    }
    void some_time(std::uint64_t at_most_ms) { run_for(Nanoseconds(random().below(at_most_ms * 1'000'000))); }
    void move_somebody() {
        (void)ask("", "recreate_actor", to_node(random().one_in(2) ? "counter" : "courier", node(random().below(workers))));
    }
    /// Asked until the courier has taken them: an answer may be lost with a process, and then more is taken than was asked.
    void deliver(int count) {
        for (int tries = 0; tries < 100; ++tries) {
            if (wait(ask("courier", "deliver", Value::Map{{"to", "counter"}, {"count", count}}, 1'000)).kind == Kind::reply) return;
            run_for(500ms);
        }
        FAIL("the courier does not come back");
    }
    std::int64_t taken() { return *call("courier", "deliver", Value::Map{{"to", "counter"}, {"count", 0}}).body.as_integer(); }
    std::int64_t seen() { return number(*call("counter", "report").body.find("seen"), "courier"); }
    void remove(const char* name) { REQUIRE(call("", "remove_actor", Value::Map{{"name", name}}).command == "actor_is_removed"); }
    /// The courier sends so many to a counter that is not there.
    void deliver_in_vain(int count) {
        remove("counter");
        deliver(count);
        run_for(1s);
    }
    /// How many letters there are, all of the courier's messages, each whole and for that reason.
    std::size_t letters(const char* reason) {
        const auto told = call("", "get_dead_letters");
        const auto& all = *told.body.find("letters")->as_array();
        for (const auto& letter : all) {
            CHECK(*letter.find("sender")->as_text() == "courier");
            CHECK(*letter.find("recipient")->as_text() == "counter");
            CHECK(*letter.find("command")->as_text() == "slow");
            CHECK(*letter.find("reason")->as_text() == reason);
            CHECK(number(letter, "bytes") > 0);
        }
        return all.size();
    }
    /// As many as ever, said or not.
    std::int64_t lost_and_dead() { return static_cast<std::int64_t>(lost()) + number(call("", "get_dead_letters").body, "total"); }
    void check_all_came_once() {
        for (int tries = 0; tries < 60 && seen() < taken(); ++tries) run_for(1s);
        CHECK(seen() == taken());
        CHECK(text(call("counter", "report"), "fault") == "");
    }

private:
    bool durable_;
};

}  // namespace

TEST_CASE("reliable messages between durable actors come once and in order, whoever dies or moves at whatever moment") {
    for (const auto seed : seeds(60)) {
        INFO("seed " << seed);
        Post world(seed, true);
        for (int round = 0; round < 5; ++round) {
            world.deliver(20);
            world.some_time(60);
            const auto victim = world.random().below(workers);
            switch (world.random().below(4)) {
                case 0: world.restart_broker(); break;
                case 1: world.move_somebody(); [[fallthrough]];
                case 2:
                    world.some_time(8);
                    world.crash_worker(victim);
                    world.some_time(600);
                    world.start_worker(victim);
                    break;
                case 3:
                    world.crash_worker(victim);
                    world.restart_broker();
                    world.start_worker(victim);
                    break;
            }
            world.some_time(400);
        }
        world.run_for(20s);
        world.check_all_came_once();
        CHECK(world.taken() >= 100);
    }
}

TEST_CASE("reliable messages of actors that are not durable survive brokers and moves") {
    for (const auto seed : seeds(40)) {
        INFO("seed " << seed);
        Post world(seed, false);
        for (int round = 0; round < 5; ++round) {
            world.deliver(20);
            world.some_time(30);
            world.move_somebody();
            world.some_time(10);
            if (world.random().one_in(2)) world.restart_broker();
            world.some_time(400);
        }
        world.run_for(20s);
        world.check_all_came_once();
        world.must_be_accounted_for();
    }
}

TEST_CASE("what a durable actor has answered it knows after every crash") {
    for (const auto seed : seeds(40)) {
        INFO("seed " << seed);
        Post world(seed, true);
        int due = 0;
        for (int round = 0; round < 6; ++round) {
            std::vector<std::uint64_t> asks;
            const int first = due;
            for (int i = 0; i < 20; ++i)
                asks.push_back(world.ask("counter", "slow", Value::Map{{"sender", "outside"}, {"number", first + i}}, 2'000));
            world.some_time(60);
            world.crash_worker(1);
            if (world.random().one_in(3)) world.restart_broker();
            world.some_time(300);
            world.start_worker(1);
            world.run_for(15s);
            for (std::size_t i = 0; i < asks.size(); ++i)
                if (const auto* answer = world.answer(asks[i]); answer != nullptr && answer->kind == Kind::reply) due = first + static_cast<int>(i) + 1;
            const auto report = world.call("counter", "report");
            const auto known = std::max<std::int64_t>(0, number(*report.body.find("seen"), "outside"));
            CHECK(known >= due);
            CHECK(text(report, "fault") == "");
            due = static_cast<int>(known);
        }
    }
}

TEST_CASE("reliable messages that nobody acknowledges for ten minutes are dead letters with their bodies, and the sender goes on") {
    for (const bool durable : {false, true}) {
        INFO("durable " << durable);
        Post world(1, durable);
        world.deliver_in_vain(30);
        world.run_for(limits::delivery_patience - 10s);
        CHECK(world.letters("no_such_actor") == 0);
        world.run_for(20s);
        CHECK(world.letters("no_such_actor") == 30);
        world.make("counter", "Counter", 1);
        CHECK(number(world.call("", "send_again").body, "count") == 30);
        world.run_for(5s);
        CHECK(world.seen() == 30);
        world.deliver(5);
        world.check_all_came_once();
        world.must_be_accounted_for();
    }
}

TEST_CASE("reliable messages that nobody had acknowledged when their sender was removed or ended by itself are dead letters") {
    for (const bool durable : {false, true})
        for (const bool by_itself : {false, true}) {
            INFO("durable " << durable << ", by itself " << by_itself);
            Post world(1, durable);
            world.deliver_in_vain(30);
            if (by_itself) (void)world.call("courier", "leave");
            else world.remove("courier");
            world.run_for(5s);
            CHECK(world.letters("stopping") == 30);
            CHECK(world.lost() == 0);
            world.must_be_accounted_for();
        }
}

TEST_CASE("a permanent durable sender that ends by itself comes back without the messages that have become dead letters") {
    Post world(1, true);
    world.remove("courier");
    const Value class_desc = Value::Map{{"requires_dist", "sim_actors"}, {"class", "Sender"}};
    const Value body = Value::Map{{"class_desc", class_desc}, {"name", "courier"}, {"durable", true}, {"restart", "permanent"}};
    REQUIRE(world.call(world.node(2), "create_actor", body).command == "actor_is_created");
    world.deliver_in_vain(30);
    (void)world.call("courier", "leave");
    world.run_for(15s);
    CHECK(world.letters("stopping") == 30);
    CHECK(world.taken() == 30);
    world.make("counter", "Counter", 1);
    world.run_for(15s);
    CHECK(world.seen() == -1);
    world.must_be_accounted_for();
}

TEST_CASE("when a process ends in order the unacknowledged messages of a durable sender are kept, and those of another are dead letters") {
    for (const bool durable : {false, true}) {
        INFO("durable " << durable);
        Post world(1, durable);
        world.deliver_in_vain(30);
        world.end_worker(2);
        world.run_for(15s);
        CHECK(world.letters("stopping") == (durable ? 0 : 30));
        CHECK(world.lost() == 0);
        world.make("counter", "Counter", 1);
        world.make("courier", "Sender", 2);
        CHECK(world.taken() == (durable ? 30 : 0));
        if (durable) world.check_all_came_once();
        world.must_be_accounted_for();
    }
}

TEST_CASE("what a durable sender had said and nobody had acknowledged is dead letters when it is removed while its process is dead") {
    Post world(1, true);
    world.deliver_in_vain(30);
    world.crash_worker(2);
    world.run_for(1s);
    world.remove("courier");
    world.run_for(1s);
    CHECK(world.letters("stopping") == 30);
    world.start_worker(2);
    world.run_for(15s);
    CHECK(world.letters("stopping") == 30);
    CHECK(world.lost() == 0);
    world.must_be_accounted_for();
}

TEST_CASE("what nobody had acknowledged when a process died is counted as lost with it, but for what is kept of durable senders") {
    for (const bool durable : {false, true}) {
        INFO("durable " << durable);
        Post world(1, durable);
        world.deliver(10);
        world.check_all_came_once();
        world.deliver_in_vain(30);
        CHECK(world.call("", "recreate_actor", to_node("courier", world.node(0))).command == "actor_is_recreated");
        world.run_for(1s);
        world.crash_worker(2);
        world.run_for(1s);
        CHECK(world.lost() == 0);  // they had moved
        world.start_worker(2);
        world.crash_worker(0);
        world.run_for(1s);
        CHECK(world.lost() == (durable ? 0 : 30));
        world.start_worker(0);
        world.run_for(15s);
        CHECK(world.letters("") == 0);
        world.must_be_accounted_for();
    }
}

TEST_CASE("unacknowledged messages of an actor whose process was away, and that was made elsewhere meanwhile, do not end in silence") {
    for (const auto seed : seeds(20)) {
        INFO("seed " << seed);
        Post world(seed, false);
        world.deliver_in_vain(30);
        world.freeze_worker(2, 14s);
        world.run_for(30s);
        const auto remembered = world.taken();
        CHECK(world.lost_and_dead() == (remembered == 0 ? 30 : 0));
        world.must_be_accounted_for();
    }
}
