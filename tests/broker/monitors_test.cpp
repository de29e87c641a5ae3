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
    void remove(const char* actor, const char* flag = nullptr) {
        Value body = map({{"names", names({actor})}});
        if (flag != nullptr) body.set(flag, true);
        send(child, {}, "unregister_actors", body, address[child]);
    }
    void has_ended(Peer starter, const char* blamed, bool asked = false) {
        Value body = map({{"node", "first.process_0"}, {"status", 11}, {"text", "killed by signal 11"}, {"actor", blamed}});
        if (asked) body.set("asked", true);
        send(starter, {}, "process_ended", body);
    }
    std::map<std::string, std::string> reasons() {
        std::map<std::string, std::string> all;
        for (const auto& one : received(me)) {
            CHECK(one.command == "down");
            CHECK(all.emplace(one.text("actor"), one.text("reason")).second);
        }
        return all;
    }
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

TEST_CASE("an actor whose process lives and comes back over another connection is down as no_connection") {
    Watch world;
    const Peer old = world.stranger();
    const auto hello = map({{"role", "worker"}, {"host", "first"}, {"process", "process_1"}});
    world.ask(old, {}, "hello", hello);
    const auto welcome = world.only(old);
    world.address[old] = welcome.text("address");
    world.register_actors(old, {"c"});
    (void)world.monitor("c");
    Value again = hello;
    world.ask(world.stranger(), {}, "hello", again.set("session", welcome.text("session")));
    CHECK(world.down().text("reason") == "no_connection");
}

TEST_CASE("an actor that somebody else ended is down as killed, one that could not start or live as error") {
    const std::pair<const char*, const char*> ways[] = {{nullptr, "normal"}, {"ended", "normal"}, {"removed", "killed"},
                                                        {"killed", "killed"}, {"unborn", "error"}, {"failed", "error"}};
    for (const auto& [flag, reason] : ways) {
        INFO((flag != nullptr ? flag : "its process ends"));
        Watch world;
        (void)world.monitor("a");
        world.remove("a", flag);
        CHECK(world.down().text("reason") == reason);
    }
}

TEST_CASE("an actor that its launcher blames for the end of their process is down as error, its neighbours as worker_lost") {
    Watch world;
    const Peer starter = world.launcher("first");
    for (const char* name : {"a", "b"}) (void)world.monitor(name);
    SECTION("before its connection is known to be gone") {
        world.has_ended(starter, "a");
        world.link.gone[world.child] = true;
    }
    SECTION("after that, within a moment") {
        world.link.gone[world.child] = true;
        world.send(world.me, "b", "tick");
        CHECK(world.received(world.me).empty());
        world.has_ended(starter, "a");
    }
    world.advance(200ms, {world.main, starter});
    CHECK(world.reasons() == std::map<std::string, std::string>{{"a", "error"}, {"b", "worker_lost"}});
    for (const char* name : {"a", "b"}) world.ask(world.me, {}, "monitor", map({{"actor", name}}));
    std::vector<std::string> again;
    for (const auto& one : world.received(world.me))
        if (one.command == "down") again.push_back(one.text("reason"));
    CHECK(again == std::vector<std::string>{"error", "worker_lost"});  // they are still to be made again
}

TEST_CASE("a launcher that says nothing of a lost connection is waited for a moment only") {
    Watch world;
    const Peer starter = world.launcher("first");
    (void)world.monitor("a");
    world.link.gone[world.child] = true;
    world.send(world.me, "b", "tick");
    world.advance(limits::launcher_words, {world.main, starter});
    CHECK(world.down().text("reason") == "worker_lost");
    world.has_ended(starter, "a");
    world.advance(200ms, {world.main, starter});
    CHECK(world.received(world.me).empty());
}

TEST_CASE("each launcher of a host is waited for: the process may be of any") {
    Watch world;
    const Peer one = world.launcher("first"), other = world.launcher("first");
    REQUIRE(world.address[other].starts_with("@first.launcher."));
    world.send(one, {}, "bye");
    (void)world.monitor("a");
    world.link.gone[world.child] = true;
    world.send(world.me, "b", "tick");
    world.has_ended(other, "a");
    world.advance(200ms, {world.main, other});
    CHECK(world.down().text("reason") == "error");
}

TEST_CASE("the last words about an earlier life of a process blame nobody in this one") {
    Watch world;
    const Peer starter = world.launcher("first");
    (void)world.monitor("a");
    world.send(starter, {}, "process_ended", map({{"node", "first.process_0"}, {"pid", 7}, {"status", 11}, {"text", "old"}, {"actor", "a"}}));
    world.advance(200ms, {world.main, world.child, starter});
    CHECK(world.received(world.me).empty());
    world.link.gone[world.child] = true;
    world.send(starter, {}, "process_ended", map({{"node", "first.process_0"}, {"pid", 42}, {"status", 9}, {"text", "killed"}}));
    world.advance(200ms, {world.main, starter});
    CHECK(world.down().text("reason") == "worker_lost");
}

TEST_CASE("a process that was asked to end takes its actors along as normal, but for the one that crashed it") {
    Watch world;
    const Peer starter = world.launcher("first");
    for (const char* name : {"a", "b"}) (void)world.monitor(name);
    world.has_ended(starter, "a", true);
    world.advance(200ms, {world.main, starter});
    CHECK(world.reasons() == std::map<std::string, std::string>{{"a", "error"}, {"b", "normal"}});
}

TEST_CASE("a permanent actor that ends by itself is normal until it does so too often, which is an error") {
    Watch world;
    for (int end = 0; end <= static_cast<int>(limits::restarts_max); ++end) {
        world.ask(world.child, {}, "register_actors", map({{"names", names({"lasting"})}, {"class_desc", map({{"class", "C"}})}, {"restart", "permanent"}}),
                  world.address[world.child]);
        REQUIRE(world.only(world.child).command == "actors_are_registered");
        (void)world.monitor("lasting");
        world.remove("lasting", "ended");
        CHECK(world.down().text("reason") == (end < static_cast<int>(limits::restarts_max) ? "normal" : "error"));
        world.downs.clear();
    }
}

TEST_CASE("a name whose actor was removed while it waited to be made again is no such actor") {
    Watch world;
    const Peer starter = world.launcher("first");
    world.has_ended(starter, "b");
    world.advance(200ms, {world.main, starter});
    world.ask(world.me, {}, "remove_actor", map({{"name", "a"}}));
    CHECK(world.only(world.me).command == "actor_is_removed");
    (void)world.monitor("a");
    CHECK(world.down().text("reason") == "no_such_actor");
}

TEST_CASE("a move makes no down notice") {
    Watch world;
    const auto ref = world.monitor("a");
    world.ask(world.me, {}, "recreate_actor", map({{"entity", "a"}, {"node", "first.main"}}));
    world.reply(world.main, world.only(world.main), "move_is_prepared");
    world.gates_nobody(world.child);
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

TEST_CASE("a worker that brings monitors of its own making, or what is none, breaks nothing") {
    Watch world;
    const auto bring = [&](Value rows) { world.send(world.child, {}, "bring_monitors", map({{"monitors", std::move(rows)}}), world.address[world.child]); };
    bring(Value::Array{Value::Array{8, "a", "b"}, Value::Array{9, "a", "b"}, Value::Array{1'000'000, "a", "b"}});
    bring(Value::Array{Value::Array{-1, "a", "b"}});
    bring(Value::Array{Value::Array{"8", "a", "b"}, 7, Value()});
    bring("all");
    bring(Value::Array{Value::Array{3, "a", "@me.1"}, Value::Array{4, "a", "nobody"}});  // whose watchers are none of its own
    const auto ref = world.monitor("a");
    world.remove("a");
    CHECK(world.down().number("ref") == ref);
}

TEST_CASE("nobody monitors a client, and who asks about one ends nobody's monitors") {
    Watch world;
    const auto ref = world.monitor("a");
    const Peer other = world.client("other");
    world.ask(other, {}, "monitor", map({{"actor", world.address[world.me]}}));
    CHECK(world.only(other).command == "bad_argument");
    world.ask(other, {}, "monitor", map({{"actor", "ghost"}}));
    CHECK(world.received(other).size() == 2);  // the ref, and at once its end
    world.remove("a");
    CHECK(world.down().number("ref") == ref);
}

TEST_CASE("a worker that comes back brings what its actors monitor, and what was told to its lost connection is told again") {
    Watch world;
    world.register_actors(world.main, {"watcher"});
    world.ask(world.main, {}, "monitor", map({{"actor", "a"}}), "watcher");
    const auto ref = world.only(world.main).number("ref");
    world.remove("a");
    CHECK(world.only(world.main).command == "down");  // and it never arrives
    const Peer before = world.main;
    world.link.gone[before] = true;
    world.broker.on_disconnected(before);
    world.advance(300ms);
    world.main = world.worker("first", "main");
    world.register_actors(world.main, {"watcher"});
    const auto bring = [&] {
        world.send(world.main, {}, "bring_monitors", map({{"monitors", Value::Array{Value::Array{ref, "a", "watcher"}}}}), world.address[world.main]);
        return world.received(world.main);
    };
    const auto again = bring();
    REQUIRE(again.size() == 1);
    CHECK(again[0].command == "down");
    CHECK(again[0].number("ref") == ref);
    CHECK(again[0].text("reason") == "normal");
    CHECK(bring().empty());  // the same session
}
