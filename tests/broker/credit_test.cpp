// credit_test.cpp - a window of bytes between the broker and each worker, and what waits behind it.
#include "world.hpp"

using namespace peacepie;
using namespace peacepie::broker;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t body_size = 50'000;  // one fills a batch

struct Flooded : World {
    Peer slow = joined("slow", limits::credit_window), fast = joined("fast", limits::credit_window), old = joined("old", 0);
    Peer me = client();

    Flooded() {
        register_actors(slow, {"slow"});
        register_actors(fast, {"fast"});
        register_actors(old, {"old"});
    }
    Peer joined(const std::string& process, std::size_t window) {
        const Peer peer = stranger();
        Value hello = map({{"role", "worker"}, {"host", "first"}, {"process", process}, {"pid", 42}});
        if (window != 0) hello.set("credit", window);
        ask(peer, {}, "hello", hello);
        const auto welcome = only(peer);
        CHECK(welcome.number("credit") == (window != 0 ? static_cast<std::int64_t>(limits::credit_window) : -1));
        address[peer] = welcome.text("address");
        return peer;
    }
    void flood(const std::string& name, std::size_t bytes) {
        for (std::size_t sent = 0; sent < bytes; sent += body_size) send(me, name, "data", Value(std::string(body_size, 'x')));
    }
    std::size_t bytes_to(Peer peer) {
        std::size_t all = 0;
        for (const auto& frame : link.frames[peer]) all += frame.size();
        return all;
    }
    void tells(Peer peer, std::size_t bytes) { send(peer, {}, "taken", map({{"bytes", bytes}})); }
    std::int64_t waits() {
        ask(me, {}, "stats");
        return only(me).number("credit_waits");
    }
};

}  // namespace

TEST_CASE("a worker is sent a window of bytes that it has not told of, and a frame at most beyond it") {
    Flooded world;
    world.flood("slow", 3 * limits::credit_window);
    CHECK(world.bytes_to(world.slow) >= limits::credit_window);
    CHECK(world.bytes_to(world.slow) < limits::credit_window + limits::batch_size_max);
    CHECK(world.waits() == 1);
    CHECK(world.received(world.me).empty());  // nothing was refused: it waits
    const auto before = world.bytes_to(world.slow);
    world.tells(world.slow, limits::credit_window / 4);
    CHECK(world.bytes_to(world.slow) > before);
    CHECK(world.bytes_to(world.slow) <= before + limits::credit_window / 4 + limits::batch_size_max);
}

TEST_CASE("a worker without credit holds up nobody else, and a worker that does not tell is sent everything") {
    Flooded world;
    world.flood("slow", 2 * limits::credit_window);
    world.flood("old", 2 * limits::credit_window);
    CHECK(world.bytes_to(world.old) >= 2 * limits::credit_window);
    world.ask(world.me, "fast", "tick");
    CHECK(world.only(world.fast).command == "tick");
    const auto mid = world.ask(world.me, {}, "ping");
    CHECK(world.only(world.me).mid == mid);
    CHECK_FALSE(world.broker.next_deadline() == world.clock.now() + 1ms);  // nor does it cost a look each millisecond
}

TEST_CASE("a message larger than the window goes alone, and the next one when it was taken in") {
    Flooded world;
    for (const auto* command : {"first", "second"}) world.send(world.me, "slow", command, Value(std::string(2 * limits::credit_window, 'x')));
    CHECK(world.commands(world.slow) == std::vector<std::string>{"first"});
    world.tells(world.slow, 2 * limits::credit_window);
    CHECK(world.commands(world.slow) == std::vector<std::string>{"second"});
}

TEST_CASE("what waits for credit stays in order, HEAD's own words too, and beyond the bound it is refused") {
    Flooded world;
    world.flood("slow", limits::credit_window);
    world.received(world.slow);
    world.ask(world.me, "slow", "tick");
    world.ask(world.me, {}, "recreate_actor", map({{"entity", "slow"}, {"node", "first.fast"}}));
    world.reply(world.fast, world.only(world.fast), "move_is_prepared", {}, "first.fast.admin");
    CHECK(world.received(world.slow).empty());
    world.tells(world.slow, 2 * limits::credit_window);
    CHECK(world.commands(world.slow) == std::vector<std::string>{"tick", "await_fence"});
    for (int i = 0; i < 8; ++i) world.send(world.me, "first.slow", "data", Value(std::string(10u << 20, 'x')));
    const auto refused = world.waits();
    CHECK(refused == 2);
    world.ask(world.me, {}, "get_dead_letters");
    CHECK(world.only(world.me).number("total") == 1);  // 10 MiB on the way, 60 wait, and that is all there may be
}

TEST_CASE("the broker tells a worker what it took in at each quarter of the window, also one that has no credit") {
    Flooded world;
    const std::string body(body_size, 'x');
    const auto told = [&] {
        std::int64_t bytes = 0;
        for (const auto& message : world.received(world.slow))
            if (message.command == "taken") bytes += message.number("bytes");
        return bytes;
    };
    std::size_t said = 0;
    for (; said < limits::credit_window / 8; said += body_size) world.send(world.slow, "fast", "data", Value(body), "slow");
    CHECK(told() == 0);
    for (; said < limits::credit_window / 2; said += body_size) world.send(world.slow, "fast", "data", Value(body), "slow");
    CHECK(told() >= static_cast<std::int64_t>(limits::credit_window / 4));
    world.flood("slow", 2 * limits::credit_window);
    told();
    for (said = 0; said < limits::credit_window / 4; said += body_size) world.send(world.slow, "fast", "data", Value(body), "slow");
    const auto words = world.received(world.slow);
    REQUIRE(words.size() == 1);
    CHECK(words[0].command == "taken");
    CHECK(words[0].number("bytes") >= static_cast<std::int64_t>(limits::credit_window / 4));
    for (said = 0; said < limits::credit_window; said += body_size) world.send(world.old, "fast", "data", Value(body), "old");
    CHECK(world.received(world.old).empty());
}

TEST_CASE("a worker that dies without credit is noticed by its connection, and what waited for it is lost with a reason") {
    Flooded world;
    world.flood("slow", 2 * limits::credit_window);
    const auto mid = world.ask(world.me, "slow", "tick");
    world.link.gone[world.slow] = true;
    world.broker.on_disconnected(world.slow);
    world.advance(300ms, {world.fast, world.old});
    const auto error = world.only(world.me);
    CHECK(error.command == "worker_lost");
    CHECK(error.mid == mid);
    world.ask(world.me, {}, "get_dead_letters");
    CHECK(world.only(world.me).number("total") > 10);
}

TEST_CASE("credit begins anew with a session, and a hello that the broker knows already changes nothing") {
    Flooded world;
    world.flood("slow", limits::credit_window);
    world.tells(world.slow, limits::credit_window / 2);
    world.received(world.slow);
    const Value hello = map({{"role", "worker"}, {"host", "first"}, {"process", "slow"}, {"credit", limits::credit_window}});
    world.ask(world.slow, {}, "hello", hello);
    world.flood("slow", limits::credit_window);
    CHECK(world.bytes_to(world.slow) < limits::credit_window / 2 + 2 * limits::batch_size_max);
    world.link.gone[world.slow] = true;
    const Peer again = world.stranger();
    world.ask(again, {}, "hello", hello);
    world.received(again);
    world.register_actors(again, {"other"});
    world.flood("other", 2 * limits::credit_window);
    CHECK(world.bytes_to(again) >= limits::credit_window);
}

TEST_CASE("a client cannot speak of credit") {
    Flooded world;
    world.ask(world.me, {}, "taken", map({{"bytes", 1}}));
    CHECK(world.only(world.me).command == "is_not_handled");
    world.ask(world.me, "first.slow", "taken", map({{"bytes", 1}}));
    CHECK(world.only(world.me).command == "is_not_handled");
}

TEST_CASE("a full pipe is tried once a millisecond, and between two tries there is nothing to do") {
    World world;
    const Peer worker = world.worker("first", "main");
    world.register_actors(worker, {"greeter"});
    const Peer client = world.client();
    world.link.full[worker] = true;
    world.send(client, "greeter", "tick");
    world.broker.on_time();
    for (int i = 0; i < 20; ++i) {
        const auto before = world.link.tries;
        for (int rounds = 0; rounds < 5; ++rounds) world.broker.on_round();
        CHECK(world.link.tries - before <= 1);
        CHECK(*world.broker.next_deadline() > world.clock.now());
        world.clock.advance(1ms);
    }
    world.link.gone[worker] = true;
    world.link.full.clear();
    world.broker.on_round();
    world.advance(200ms);
    world.broker.on_round();
    CHECK(*world.broker.next_deadline() > world.clock.now());
}
