// bounds_test.cpp - each bound of the broker is obeyed with another value than its default, and counted where it was reached.
#include "broker/awaited.hpp"
#include "broker/states.hpp"
#include "world.hpp"

using namespace peacepie;
using namespace peacepie::broker;
using namespace std::chrono_literals;

namespace {

struct Bounded : World {
    explicit Bounded(Bound bound, std::uint64_t value) : World(Bounds().set(bound, value)), bound(bound), value(static_cast<std::int64_t>(value)) {
        register_actors(main, {"greeter"});
    }
    /// How often it was reached, as `stats` shows; the value that holds is there, too.
    std::int64_t reached() {
        ask(me, {}, "stats");
        const auto stats = only(me);
        const auto* shown = stats.body.find("limits")->find(bound_rows()[static_cast<std::size_t>(bound)].name);
        REQUIRE(shown != nullptr);
        CHECK(*shown->find("limit")->as_integer() == value);
        return *shown->find("reached")->as_integer();
    }
    /// What `count` asks with so large a body end as.
    std::vector<std::string> flood(std::size_t count, std::size_t bytes) {
        for (std::size_t i = 0; i < count; ++i) ask(sender, "greeter", "tick", Value(std::string(bytes, 'x')));
        return commands(sender);
    }
    const Bound bound;
    const std::int64_t value;
    Peer main = worker("first", "main");
    Peer me = client();
    Peer sender = client("sender");
};

using Commands = std::vector<std::string>;

}  // namespace

TEST_CASE("few dead letters are kept when few are allowed, and none when none are") {
    Bounded world(Bound::dead_letters, 2);
    for (int i = 0; i < 5; ++i) world.send(world.me, "ghost", "tick");
    CHECK(world.reached() == 3);
    Bounded none(Bound::dead_letters_bytes, 0);
    none.send(none.me, "ghost", "tick");
    CHECK(none.reached() == 1);
    none.ask(none.me, {}, "stats");
    const auto stats = none.only(none.me);
    CHECK(stats.number("dead_letters_kept") == 0);
    CHECK(stats.number("dead_letters_forgotten") == 1);
}

TEST_CASE("a client has as many open asks as it may, which its welcome says, and the system too") {
    for (const auto bound : {Bound::asks_of_client, Bound::asks_in_flight}) {
        Bounded world(bound, 2);
        CHECK(world.flood(4, 1) == Commands{"unavailable", "unavailable"});
        CHECK(world.reached() == 2);
    }
    Bounded world(Bound::asks_of_client, 2);
    const Peer late = world.stranger();
    world.ask(late, {}, "hello", map({{"role", "client"}}));
    CHECK(*world.only(late).body.find("limits")->find("open_asks_max") == Value(2));
}

TEST_CASE("a queue to a slow peer ends at its bytes, at its frames, and all queues at theirs") {
    const std::tuple<Bound, std::uint64_t, std::size_t> bounds[] = {
        {Bound::peer_queue_bytes, 1u << 20, 20}, {Bound::peer_queue_frames, 16, 17}, {Bound::queued_bytes, 1u << 20, 10}};  // one has half of what all have
    constexpr std::size_t body = 50'000;  // one fills a batch
    for (const auto& [bound, value, fit] : bounds) {
        INFO(bound_rows()[static_cast<std::size_t>(bound)].name);
        Bounded world(bound, value);
        world.link.full[world.main] = true;
        const auto ends = world.flood(30, body);
        CHECK(ends == Commands(30 - fit, "mailbox_full"));
        CHECK(world.reached() == static_cast<std::int64_t>(30 - fit));
    }
}

TEST_CASE("each of a stream of messages that meets a full queue is counted once") {
    Bounded world(Bound::peer_queue_bytes, 1u << 20);
    const Peer child = world.worker("first", "process_0");
    world.link.full[world.main] = true;
    std::string stream;
    const auto body = Value(std::string(50'000, 'x')).encoded();
    for (int i = 0; i < 30; ++i) append_batched(stream, {.command = "tick", .recipient = "greeter", .sender = "a", .body = body});
    world.feed(child, stream);
    CHECK(world.reached() == 10);
}

TEST_CASE("there are as many sessions and monitors as there may be") {
    Bounded few(Bound::sessions, 4);
    REQUIRE(few.client("fourth") != 0);
    const Peer fifth = few.stranger();
    few.ask(fifth, {}, "hello", map({{"role", "client"}}));
    CHECK(few.only(fifth).command == "unavailable");
    CHECK(few.reached() == 1);
    Bounded watched(Bound::monitors, 1);
    for (int i = 0; i < 2; ++i) watched.ask(watched.me, {}, "monitor", map({{"actor", "greeter"}}));
    CHECK(watched.commands(watched.me) == Commands{"monitored", "unavailable"});
    CHECK(watched.reached() == 1);
}

TEST_CASE("a move ends when more mail comes for it than may be held, in messages or bytes, and that mail is delivered") {
    for (const auto& [bound, value] : {std::pair<Bound, std::uint64_t>{Bound::held_messages, 3}, {Bound::held_bytes, 4 * 50'000}}) {
        Bounded world(bound, value);
        const Peer target = world.worker("first", "process_0");
        world.ask(world.me, {}, "recreate_actor", map({{"entity", "greeter"}, {"node", "first.process_0"}}));
        world.reply(target, world.only(target), "move_is_prepared");
        world.gates_nobody(world.main);
        REQUIRE(world.only(world.main).command == "freeze");
        for (int i = 0; i < 3; ++i) world.send(world.sender, "greeter", "tick", Value(std::string(50'000, 'x')));
        CHECK(world.received(world.me).empty());
        for (int i = 0; i < 2; ++i) world.send(world.sender, "greeter", "tick", Value(std::string(50'000, 'x')));
        const auto answer = world.only(world.me);
        CHECK(answer.command == "actor_is_not_recreated");
        CHECK(answer.text("reason") == "no_space");
        const auto got = world.commands(world.main);
        CHECK(std::ranges::count(got, "tick") == 5);
        CHECK(world.reached() == 1);
    }
}

TEST_CASE("mail that waits for workers after a restart, states and parameters that are kept end at their bounds") {
    CountedBounds bounds{Bounds().set(Bound::awaited_messages, 2).set(Bound::kept_bytes, 100)};
    Awaited awaited;
    awaited.begin(Nanoseconds{0});
    for (int i = 0; i < 2; ++i) {
        REQUIRE(awaited.has_room_for(10, Nanoseconds{1}, bounds));
        awaited.hold("greeter", "0123456789", Nanoseconds{1});
    }
    CHECK_FALSE(awaited.has_room_for(10, Nanoseconds{1}, bounds));
    CHECK(bounds.reached[Bound::awaited_messages] == 1);
    States states(bounds);
    CHECK(states.put("a", {"1", std::string(60, 'x'), ""}));
    CHECK_FALSE(states.put("b", {"1", std::string(60, 'x'), ""}));
    CHECK(states.put("a", {"1", std::string(90, 'x'), ""}));
    CHECK(bounds.reached[Bound::kept_bytes] == 1);
}

TEST_CASE("the window that a worker is told of is the one that was set") {
    Bounded world(Bound::credit_window, 100'000);
    const Peer peer = world.stranger();
    world.ask(peer, {}, "hello", map({{"role", "worker"}, {"host", "first"}, {"process", "slow"}, {"pid", 42}, {"credit", 1u << 20}}));
    CHECK(world.only(peer).number("credit") == 100'000);
    CHECK(world.reached() == 0);
}
