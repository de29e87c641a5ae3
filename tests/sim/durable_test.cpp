// durable_test.cpp - a durable actor whose state cannot be kept: nobody is told what may be forgotten.  Next: reliable_test.cpp.
#include "catch.hpp"
#include "sim/world.hpp"
#include "wire/limits.hpp"

using namespace peacepie;
using namespace peacepie::sim;
using namespace std::chrono_literals;

namespace {

constexpr auto too_much = static_cast<std::int64_t>(limits::kept_state_max) + 1;

struct Kept : World {
    explicit Kept(Bounds bounds = {}) : World(1, 3, bounds) {}
    void create_durable(const std::string& name, const std::string& actor_class) {
        const Value class_desc = Value::Map{{"requires_dist", "sim_actors"}, {"class", actor_class}};
        const Value body = Value::Map{{"class_desc", class_desc}, {"name", name}, {"durable", true}};
        REQUIRE(call(node(1), "create_actor", body).command == "actor_is_created");
    }
    Answer hoard(std::int64_t size) { return call("hoarder", "hoard", Value::Map{{"size", size}}); }
    std::int64_t size() { return number(call("hoarder", "report").body, "size"); }
    void dies_and_is_back() {
        crash_worker(1);
        run_for(300ms);
        start_worker(1);
        run_for(15s);
    }
};

}  // namespace

TEST_CASE("whoever asks a durable actor whose state is too large to be kept is told so, and gets answers again when it is smaller") {
    Kept world;
    world.create_durable("hoarder", "Hoarder");
    CHECK(world.hoard(7).kind == Kind::reply);
    const auto refused = world.hoard(too_much);
    CHECK(refused.kind == Kind::error);
    CHECK(refused.command == "no_space");
    CHECK(world.call("hoarder", "report").command == "no_space");  // its answer would tell what may be forgotten
    CHECK(world.call("hoarder", "ping").command == "pong");
    world.dies_and_is_back();
    CHECK(world.size() == 7);
    CHECK(world.hoard(too_much).command == "no_space");
    CHECK(world.hoard(8).kind == Kind::reply);
    world.dies_and_is_back();
    CHECK(world.size() == 8);
}

TEST_CASE("what a durable actor sends in a turn that cannot be kept is a dead letter") {
    Kept world;
    world.create_durable("hoarder", "Hoarder");
    world.create("counter", "Counter", 2);
    const auto tell = [&](std::int64_t size) { return world.call("hoarder", "hoard_and_tell", Value::Map{{"size", size}, {"to", "counter"}}); };
    CHECK(tell(too_much).command == "no_space");
    world.run_for(1s);
    CHECK(world.dead_letters() == 1);
    CHECK(number(*world.call("counter", "report").body.find("seen"), "hoarder") == -1);
    CHECK(tell(7).kind == Kind::reply);
    CHECK(number(*world.call("counter", "report").body.find("seen"), "hoarder") == 1);
    world.must_be_accounted_for();
}

TEST_CASE("a durable actor whose state cannot be saved answers nobody before it can") {
    Kept world;
    world.create_durable("odd", "Odd");
    CHECK(world.call("odd", "count").body == Value(1));
    CHECK(world.call("odd", "spoil").command == "unavailable");
    const auto refused = world.call("odd", "count");
    CHECK(refused.command == "unavailable");
    CHECK(text(refused, "text").find("this state cannot be saved") != std::string::npos);
    CHECK(world.call("odd", "mend").kind == Kind::reply);
    CHECK(world.call("odd", "count").body == Value(3));
}

TEST_CASE("whoever asks a durable actor while the broker takes no more states is told so, beside it too") {
    Kept world(Bounds().set(Bound::peer_queue_bytes, 1u << 20));
    world.create_durable("hoarder", "Hoarder");
    world.create("asker", "Hoarder", 1);
    const auto asked = world.ask("asker", "have_hoarded", Value::Map{{"to", "hoarder"}, {"size", 600'000}, {"times", 4}}, 30'000);
    world.run_for(500ms);
    world.freeze_broker(2s);
    CHECK(world.wait(asked).body == Value("unavailable"));
    CHECK(world.hoard(9).kind == Kind::reply);
    world.dies_and_is_back();
    CHECK(world.size() == 9);
}

TEST_CASE("a reliable message whose effect could not be kept is not acknowledged, neither it nor a copy of it") {
    Kept world;
    world.create_durable("hoarder", "Hoarder");
    world.create("courier", "Sender", 2);
    CHECK(world.hoard(too_much).command == "no_space");
    REQUIRE(world.call("courier", "deliver", Value::Map{{"to", "hoarder"}, {"count", 3}}).kind == Kind::reply);
    world.run_for(10s);
    world.dies_and_is_back();
    const auto report = world.call("hoarder", "report");
    CHECK(number(*report.body.find("seen"), "courier") == 3);
    CHECK(text(report, "fault") == "");
}

TEST_CASE("a durable actor for whose state there was no room says it with each step until there is, though it does not change any more") {
    Kept world(Bounds().set(Bound::kept_bytes, 1'000));
    world.create_durable("hoarder", "Hoarder");
    const auto refused = [&] { return number(world.call("", "stats").body, "states_refused"); };
    CHECK(world.hoard(2'000).command == "no_space");
    const auto first = refused();
    CHECK(first >= 1);
    for (int i = 1; i <= 3; ++i) {
        CHECK(world.call("hoarder", "report").command == "no_space");
        CHECK(refused() >= first + i);
    }
    CHECK(world.hoard(7).kind == Kind::reply);
    CHECK(world.size() == 7);
    world.dies_and_is_back();
    CHECK(world.size() == 7);
}
