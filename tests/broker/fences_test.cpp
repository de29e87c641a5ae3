// fences_test.cpp - a move waits until its source gates nobody, and a fence comes back in its order.
#include "world.hpp"

using namespace peacepie;
using namespace peacepie::broker;
using namespace std::chrono_literals;

namespace {

using Commands = std::vector<std::string>;

struct Gated : World {
    Peer source = worker("first", "main");
    Peer target = worker("first", "process_0");
    Peer me = client();

    Gated() { register_actors(source, {"greeter"}); }
    void start_move(std::optional<std::uint32_t> timeout = std::nullopt) {
        ask(me, {}, "recreate_actor", map({{"entity", "greeter"}, {"node", "first.process_0"}}), {}, timeout);
    }
    void tick(int n) { send(me, "greeter", "tick", map({{"n", n}})); }
};

}  // namespace

TEST_CASE("nothing is held before the source gates nobody") {
    Gated world;
    world.start_move();
    world.reply(world.target, world.only(world.target), "move_is_prepared");
    const auto asked = world.only(world.source);
    CHECK(asked.command == "await_fence");
    CHECK(asked.text("entity") == "greeter");
    CHECK(asked.timeout_ms.has_value());
    world.tick(1);
    CHECK(world.commands(world.source) == Commands{"tick"});
    world.reply(world.source, asked, "fence_is_back");
    CHECK(world.only(world.source).command == "freeze");
    world.tick(2);
    CHECK(world.received(world.source).empty());
}

TEST_CASE("a source whose gate stays shut ends the move in time, and nothing has been held") {
    Gated world;
    world.start_move(500);
    world.reply(world.target, world.only(world.target), "move_is_prepared");
    REQUIRE(world.only(world.source).command == "await_fence");
    world.advance(600ms, {world.source, world.target});
    const auto answer = world.only(world.me);
    CHECK(answer.command == "actor_is_not_recreated");
    CHECK(answer.text("reason") == "expired");
    CHECK(world.commands(world.target) == Commands{"cancel_move"});
    world.tick(1);
    CHECK(world.commands(world.source) == Commands{"tick"});
}

TEST_CASE("a fence comes back to its worker behind what was sent before it") {
    Gated world;
    world.start_move();
    world.reply(world.target, world.only(world.target), "move_is_prepared");
    world.gates_nobody(world.source);
    world.reply(world.source, world.only(world.source), "snapshot", map({{"state", 3}, {"version", "1"}, {"mailbox", Value::Array{}}}));
    const auto load = world.only(world.target);
    world.tick(1);
    world.reply(world.target, load, "is_loaded");
    std::string frame;
    const auto body = map({{"entity", "greeter"}, {"epoch", load.number("epoch")}}).encoded();
    append_batched(frame, Envelope{.command = "tick", .recipient = "greeter", .sender = "local", .body = body});
    append_batched(frame, Envelope{.command = "fence", .sender = "first.process_0.admin", .body = body});
    world.feed(world.target, frame);
    CHECK(world.commands(world.target) == Commands{"start", "tick", "tick", "fence"});
}
