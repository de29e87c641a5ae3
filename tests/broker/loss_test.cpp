// loss_test.cpp - what the others see when a worker, a launcher or a client is gone.
#include "world.hpp"

using namespace peacepie;
using namespace peacepie::broker;
using namespace std::chrono_literals;

namespace {

struct Deaths : World {
    Peer main = worker("first", "main");
    Peer child = worker("first", "process_0");
    Peer starter = launcher("first");
    Peer me = client();

    Deaths() { register_actors(child, {"greeter"}); }
    void tell_end() {
        send(starter, {}, "process_ended", map({{"node", "first.process_0"}, {"status", 9}, {"text", "killed by signal 9"}}));
    }
};

}  // namespace

TEST_CASE("an ask to a worker that dies is answered worker_lost within a second") {
    Deaths world;
    const auto mid = world.ask(world.me, "greeter", "tick");
    const auto to_admin = world.ask(world.me, "first.process_0", "ping");
    world.ask(world.me, "first.main", "get_source_path");
    SECTION("known from its launcher") {
        world.tell_end();
        world.advance(300ms, {world.main, world.starter});
    }
    SECTION("known from its connection") {
        world.link.gone[world.child] = true;
        world.broker.on_disconnected(world.child);
        world.advance(300ms, {world.main, world.starter});
    }
    const auto errors = world.received(world.me);
    REQUIRE(errors.size() == 2);
    for (const auto& error : errors) {
        CHECK(error.command == "worker_lost");
        CHECK((error.mid == mid || error.mid == to_admin));
    }
}

TEST_CASE("asks of other workers to a dead one are answered worker_lost too") {
    Deaths world;
    const auto mid = world.ask(world.main, "greeter", "tick", {}, "first.main.admin", 60'000);
    world.tell_end();
    world.advance(200ms, {world.main, world.starter});
    const auto messages = world.received(world.main);
    REQUIRE(messages.size() == 2);
    CHECK(messages[0].command == "worker_lost");
    CHECK(messages[0].mid == mid);
    CHECK(messages[1].command == "node_lost");
}

TEST_CASE("a lost worker's names are free, its node is gone and every admin is told") {
    Deaths world;
    world.tell_end();
    world.advance(200ms, {world.main, world.starter});
    CHECK(world.only(world.main).text("node") == "first.process_0.admin");
    world.ask(world.me, "greeter", "tick");
    CHECK(world.only(world.me).command == "unavailable");  // it is to be made again
    world.ask(world.me, {}, "get_all_nodes");
    CHECK(world.only(world.me).body == names({"first.main.admin"}));
    world.register_actors(world.main, {"greeter"});
}

TEST_CASE("the last words of a worker that has ended still count") {
    Deaths world;
    world.ask(world.me, "greeter", "tick");
    const auto tick = world.only(world.child);
    world.tell_end();
    world.reply(world.child, tick, "hello_world");
    world.advance(200ms, {world.main, world.starter});
    CHECK(world.only(world.me).command == "hello_world");
}

TEST_CASE("a worker that is silent for three seconds is lost and hears that it has no session") {
    Deaths world;
    world.advance(2'600ms, {world.main, world.starter});
    world.ask(world.me, {}, "seek_actor", map({{"entity", "greeter"}}));
    CHECK(world.only(world.me).command == "actor_is_found");
    world.advance(400ms, {world.main, world.starter});
    world.ask(world.me, {}, "seek_actor", map({{"entity", "greeter"}}));
    CHECK(world.only(world.me).command == "actor_is_not_found");
    world.received(world.child);
    world.send(world.child, "greeter", "tick");
    CHECK(world.only(world.child).command == "no_session");
}

TEST_CASE("a broker that was stopped itself does not blame the others for it") {
    Deaths world;
    world.advance(1s, {world.main, world.child, world.starter});
    world.clock.advance(30s);
    world.broker.on_time();
    world.broker.on_round();
    world.ask(world.me, {}, "get_all_nodes");
    CHECK(world.only(world.me).body.as_array()->size() == 2);
    world.advance(4s, {world.main, world.starter});
    world.ask(world.me, {}, "get_all_nodes");
    CHECK(world.only(world.me).body.as_array()->size() == 1);
}

TEST_CASE("the broker speaks at least once per heartbeat interval") {
    Deaths world;
    world.link.frames.clear();
    world.advance(5s, {world.main, world.child, world.starter});
    CHECK(world.link.frames[world.main].size() >= 4);
    CHECK(world.link.frames[world.starter].size() >= 4);
    CHECK(world.link.frames[world.me].empty());
}

TEST_CASE("a worker that only receives, and is spoken to all the time, is asked for a sign of life and is not lost") {
    Deaths world;
    int asked = 0;
    for (int i = 0; i < 60; ++i) {
        world.send(world.me, "greeter", "tick");
        world.clock.advance(100ms);
        world.broker.on_time();
        world.broker.on_round();
        for (const auto& frame : std::exchange(world.link.frames[world.child], {})) {
            if (frame.find("heartbeat") == frame.npos) continue;
            ++asked;
            world.send(world.child, {}, "heartbeat");
        }
        for (const Peer other : {world.main, world.starter}) world.send(other, {}, "heartbeat");
    }
    CHECK(asked >= 5);
    world.ask(world.me, {}, "seek_actor", map({{"entity", "greeter"}}));
    CHECK(world.only(world.me).command == "actor_is_found");
}

TEST_CASE("a client that is gone is forgotten when its connection closes, and one that is silent is not") {
    Deaths world;
    world.advance(60s, {world.main, world.child, world.starter});
    world.ask(world.me, {}, "ping");
    CHECK(world.only(world.me).command == "pong");
    world.link.gone[world.me] = true;
    world.broker.on_disconnected(world.me);
    world.advance(300ms, {world.main, world.child, world.starter});
    CHECK(world.link.forgotten == std::vector<Peer>{world.me});
}

TEST_CASE("a client whose connection the transport is slow to let go of is forgotten all the same") {
    for (const auto span : {150ms, 900ms, 9'000ms, 20'000ms}) {
        Deaths world;
        world.broker.on_disconnected(world.me);
        world.advance(span, {world.main, world.child, world.starter});
        CHECK(world.link.forgotten.empty());
        world.link.gone[world.me] = true;
        world.advance(span + 300ms, {world.main, world.child, world.starter});
        CHECK(world.link.forgotten == std::vector<Peer>{world.me});
    }
}

TEST_CASE("a connection that only seemed to be gone keeps its session, and is asked no more after a while") {
    Deaths world;
    world.broker.on_disconnected(world.me);
    world.link.frames[world.me].clear();
    world.advance(30s, {world.main, world.child, world.starter});
    CHECK(world.link.frames[world.me].size() == limits::probes_max);
    world.link.frames[world.me].clear();
    world.advance(60s, {world.main, world.child, world.starter});
    CHECK(world.link.frames[world.me].empty());
    world.ask(world.me, {}, "ping");
    CHECK(world.only(world.me).command == "pong");
}

TEST_CASE("nothing is asked of a new session over a connection that was doubted in the one before") {
    Deaths world;
    world.broker.on_disconnected(world.me);
    world.send(world.me, {}, "bye");
    world.ask(world.me, {}, "hello", map({{"role", "client"}}));
    CHECK(world.only(world.me).command == "welcome");
    world.advance(60s, {world.main, world.child, world.starter});
    CHECK(world.link.frames[world.me].empty());
}

TEST_CASE("a process that has ended, as its launcher says, and whose connection is gone is lost at once: nothing of it can still come") {
    Deaths world;
    world.ask(world.me, "greeter", "tick");
    SECTION("the launcher's word comes first") {
        world.tell_end();
        CHECK(world.received(world.me).empty());
        world.link.gone[world.child] = true;
        world.ask(world.me, "greeter", "tick");
        CHECK(world.received(world.me).size() == 2);
    }
    SECTION("the connection is gone first") {
        world.link.gone[world.child] = true;
        world.ask(world.me, "greeter", "tick");
        CHECK(world.received(world.me).empty());
        world.tell_end();
        CHECK(world.received(world.me).size() == 2);
    }
    SECTION("nobody has said anything to it since") {
        world.link.gone[world.child] = true;
        world.tell_end();
        CHECK(world.only(world.me).command == "worker_lost");
    }
}

TEST_CASE("a replaced worker is welcome at once when its launcher said that the old one ended") {
    Deaths world;
    world.tell_end();
    const Peer fresh = world.worker("first", "process_0");
    CHECK(world.address[fresh] == "first.process_0.admin");
    world.register_actors(fresh, {"greeter"});
}

TEST_CASE("news of an earlier life's end do not touch the next one") {
    Deaths world;
    world.send(world.starter, {}, "process_ended", map({{"node", "first.process_0"}, {"pid", 17}, {"status", 9}}));
    world.advance(300ms, {world.main, world.child, world.starter});
    world.ask(world.me, "greeter", "tick");
    CHECK(world.received(world.me).empty());
    world.send(world.starter, {}, "process_ended", map({{"node", "first.process_0"}, {"pid", 42}, {"status", 9}}));
    world.advance(300ms, {world.main, world.starter});
    CHECK(world.only(world.me).command == "worker_lost");
}

TEST_CASE("an actor's ask to a client that is gone is answered too") {
    Deaths world;
    const auto mid = world.ask(world.main, "@me.1", "prompt", {}, "first.main.admin", 60'000);
    world.send(world.me, {}, "bye");
    const auto error = world.only(world.main);
    CHECK(error.command == "worker_lost");
    CHECK(error.mid == mid);
}

TEST_CASE("a worker that leaves in order frees its names") {
    Deaths world;
    world.send(world.child, {}, "bye", {}, "first.process_0.admin");
    CHECK(world.only(world.main).command == "node_lost");
    world.register_actors(world.main, {"greeter"});
    world.ask(world.child, {}, "ping");
    CHECK(world.only(world.child).command == "no_session");
}

TEST_CASE("a subscription of a client that is gone is forgotten") {
    Deaths world;
    world.ask(world.me, {}, "subscribe", map({{"command", "ping"}}));
    world.received(world.me);
    world.send(world.me, {}, "bye");
    world.ask(world.main, {}, "ping", {}, "first.main.admin");
    CHECK(world.only(world.main).command == "pong");
    CHECK(world.received(world.me).empty());
    CHECK(world.broker.counters().dead_letters == 0);
}
