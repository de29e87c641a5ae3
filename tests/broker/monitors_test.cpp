// monitors_test.cpp - one `down` for each monitor, whatever ended the actor, after its name is free.
#include "world.hpp"

using namespace peacepie;
using namespace peacepie::broker;
using namespace std::chrono_literals;

namespace {

struct Watch : World {
    Peer main = worker("first", "main");
    Peer child = worker("first", "process_0");
    Peer me = client();

    Watch() { register_actors(child, {"a", "b"}); }
    std::int64_t monitor(const char* actor) {
        ask(me, {}, "monitor", map({{"actor", actor}}));
        const auto all = received(me);
        REQUIRE(!all.empty());
        REQUIRE(all.front().command == "monitored");
        for (std::size_t i = 1; i < all.size(); ++i) downs.push_back(all[i]);
        return all.front().number("ref");
    }
    Message down() {
        for (auto& one : received(me)) downs.push_back(one);
        REQUIRE(downs.size() == 1);
        REQUIRE(downs.front().command == "down");
        return downs.front();
    }
    void remove(const char* actor) { send(child, {}, "unregister_actors", map({{"names", names({actor})}}), address[child]); }
    std::vector<Message> downs;
};

}  // namespace

TEST_CASE("an actor that ends in order is down once, and its name is free by then") {
    Watch world;
    const auto ref = world.monitor("a");
    world.remove("b");
    CHECK(world.received(world.me).empty());
    world.remove("a");
    const auto down = world.down();
    CHECK(down.number("ref") == ref);
    CHECK(down.text("actor") == "a");
    CHECK(down.text("reason") == "normal");
    world.register_actors(world.child, {"a"});
    world.remove("a");
    CHECK(world.received(world.me).empty());
}

TEST_CASE("a dead process is worker_lost, a silent one no_connection, one that left normal") {
    Watch world;
    (void)world.monitor("a");
    SECTION("dead") {
        world.link.gone[world.child] = true;
        world.broker.on_disconnected(world.child);
        world.advance(300ms, {world.main});
        CHECK(world.down().text("reason") == "worker_lost");
    }
    SECTION("silent") {
        world.advance(limits::heartbeat_patience + 200ms, {world.main});
        CHECK(world.down().text("reason") == "no_connection");
    }
    SECTION("left") {
        world.send(world.child, {}, "bye", {}, world.address[world.child]);
        CHECK(world.down().text("reason") == "normal");
    }
}

TEST_CASE("a move makes no down notice") {
    Watch world;
    const auto ref = world.monitor("a");
    world.ask(world.me, {}, "recreate_actor", map({{"entity", "a"}, {"node", "first.main"}}));
    world.reply(world.main, world.only(world.main), "move_is_prepared");
    world.reply(world.child, world.only(world.child), "snapshot", map({{"state", Value()}, {"version", "1"}, {"mailbox", Value::Array{}}}));
    world.reply(world.main, world.only(world.main), "is_loaded");
    CHECK(world.only(world.me).command == "actor_is_recreated");
    world.send(world.main, {}, "unregister_actors", map({{"names", names({"a"})}}), world.address[world.main]);
    CHECK(world.down().number("ref") == ref);
}

TEST_CASE("a name that nobody has is down at once") {
    Watch world;
    const auto ref = world.monitor("nobody");
    CHECK(world.down().number("ref") == ref);
    CHECK(world.downs.front().text("reason") == "no_such_actor");
}

TEST_CASE("each monitor of an actor has a down of its own, and one that was ended has none") {
    Watch world;
    const auto first = world.monitor("a");
    const auto second = world.monitor("a");
    world.ask(world.me, {}, "demonitor", map({{"ref", first}}));
    CHECK(world.only(world.me).command == "demonitored");
    world.ask(world.me, {}, "demonitor", map({{"ref", first}}));
    CHECK(world.only(world.me).command == "bad_argument");
    world.remove("a");
    CHECK(world.down().number("ref") == second);
}

TEST_CASE("nobody ends the monitor of another, and monitors end with their watcher") {
    Watch world;
    const auto ref = world.monitor("a");
    const Peer other = world.client("other");
    world.ask(other, {}, "demonitor", map({{"ref", ref}}));
    CHECK(world.only(other).command == "bad_argument");
    world.send(world.me, {}, "bye");
    world.ask(other, {}, "stats");
    CHECK(world.only(other).number("monitors") == 0);
    world.remove("a");
}

TEST_CASE("an actor may watch another, until it ends itself") {
    Watch world;
    world.ask(world.child, {}, "monitor", map({{"actor", "b"}}), "a");
    CHECK(world.only(world.child).command == "monitored");
    world.remove("a");
    world.remove("b");
    CHECK(world.received(world.child).empty());
    world.ask(world.me, {}, "stats");
    CHECK(world.only(world.me).number("monitors") == 0);
}
