// sessions_test.cpp - hello, strangers, malformed frames.
#include "world.hpp"

using namespace peacepie;
using namespace peacepie::broker;
using namespace std::chrono_literals;

TEST_CASE("a client is welcomed with an address, a session and the limits") {
    World world;
    const Peer peer = world.stranger();
    const auto mid = world.ask(peer, {}, "hello", map({{"role", "client"}, {"name", "me"}, {"protocol", Value::Array{1, 1}}}));
    const auto welcome = world.only(peer);
    CHECK(welcome.kind == Kind::reply);
    CHECK(welcome.mid == mid);
    CHECK(welcome.command == "welcome");
    CHECK(welcome.text("address") == "@me.1");
    CHECK(welcome.text("system") == "king");
    CHECK(welcome.number("broker_epoch") == 7);
    CHECK_FALSE(welcome.text("session").empty());
    CHECK(welcome.body.find("limits")->find("body_size_max")->as_integer() != nullptr);
}

TEST_CASE("equal labels get distinct addresses and an impossible label none") {
    World world;
    CHECK(world.address[world.client("me")] == "@me.1");
    CHECK(world.address[world.client("me")] == "@me.2");
    CHECK(world.address[world.client("<script>")] == "@3");
}

TEST_CASE("a worker that was welcomed over a connection that it has given up by then is welcome over the next, with the secret that it has") {
    World world;
    const auto hello = [&](const std::string& secret) {
        return map({{"role", "worker"}, {"host", "first"}, {"process", "main"}, {"session", secret}});
    };
    const Peer first = world.stranger(), second = world.stranger(), third = world.stranger(), thief = world.stranger();
    world.ask(first, {}, "hello", map({{"role", "worker"}, {"host", "first"}, {"process", "main"}}));
    const auto secret = world.only(first).text("session");
    for (const Peer peer : {second, third}) {
        world.ask(peer, {}, "hello", hello(secret));
        CHECK(world.only(peer).command == "welcome");
    }
    world.ask(thief, {}, "hello", hello(""));
    CHECK(world.only(thief).command == "conflict");
}

TEST_CASE("hello again over the same connection keeps a client's session") {
    World world;
    const Peer peer = world.client();
    world.ask(peer, {}, "hello", map({{"role", "client"}}));
    CHECK(world.only(peer).text("address") == "@me.1");
}

TEST_CASE("before hello nothing is served") {
    World world;
    const Peer peer = world.stranger();
    const auto mid = world.ask(peer, {}, "ping");
    const auto error = world.only(peer);
    CHECK(error.command == "no_session");
    CHECK(error.mid == mid);
    CHECK(error.text("text").find("hello") != std::string::npos);
}

TEST_CASE("a stranger's garbage is answered and nothing is remembered of it") {
    World world;
    const Peer peer = world.stranger();
    for (int i = 0; i < 100; ++i) {
        world.feed(peer, i % 2 == 0 ? "" : "garbage");
        CHECK(world.only(peer).command == "bad_request");
    }
    world.ask(peer, {}, "hello", map({{"role", "client"}}));
    CHECK(world.only(peer).command == "welcome");
}

TEST_CASE("a hello that is wrong is refused with what is wrong") {
    World world;
    const Peer peer = world.stranger();
    for (const auto& body : {Value(), Value(1), map({{"role", "king"}}), map({{"name", "me"}}), map({{"role", 3}}),
                             map({{"role", "client"}, {"protocol", Value::Array{2, 3}}}),
                             map({{"role", "client"}, {"protocol", 1}}),
                             map({{"role", "worker"}, {"host", "a.b"}, {"process", "main"}}),
                             map({{"role", "worker"}, {"host", "first"}, {"process", "main"}, {"actors", 3}}),
                             map({{"role", "worker"}, {"host", "first"}, {"process", "main"},
                                  {"actors", Value::Array{map({{"name", "-"}})}}})}) {
        world.ask(peer, {}, "hello", body);
        const auto error = world.only(peer);
        CHECK(error.kind == Kind::error);
        CHECK(error.command == "bad_request");
        CHECK_FALSE(error.text("text").empty());
    }
    world.ask(peer, {}, "ping");
    CHECK(world.only(peer).command == "no_session");
}

TEST_CASE("malformed frames are answered and the sixteenth within a minute closes the session") {
    World world;
    const Peer peer = world.client();
    const Peer other = world.client();
    for (int i = 1; i < limits::malformed_frames_max; ++i) {
        world.feed(peer, "garbage");
        const auto error = world.only(peer);
        CHECK(error.command == "bad_request");
        CHECK(error.mid == 0);
    }
    world.feed(peer, "garbage");
    CHECK(world.only(peer).command == "denied");
    world.ask(peer, {}, "ping");
    CHECK(world.received(peer).empty());  // silence until a new hello
    world.ask(peer, {}, "hello", map({{"role", "client"}}));
    CHECK(world.only(peer).command == "welcome");
    world.ask(other, {}, "ping");
    CHECK(world.only(other).command == "pong");
}

TEST_CASE("malformed frames spread over minutes close nothing") {
    World world;
    const Peer peer = world.client();
    for (int i = 0; i < 60; ++i) {
        world.feed(peer, "");
        CHECK(world.only(peer).command == "bad_request");
        world.clock.advance(6s);
    }
}

TEST_CASE("a field that is larger than its limit is refused as too_large") {
    World world;
    const Peer peer = world.client();
    world.ask(peer, std::string(limits::address_size_max + 1, 'a'), "tick");
    CHECK(world.only(peer).command == "too_large");
}

TEST_CASE("the good envelopes of a batch are served though one of them is malformed") {
    World world;
    const Peer peer = world.client();
    std::string frame;
    append_batched(frame, Envelope{.kind = Kind::ask, .mid = 1, .command = "ping"});
    append_batched(frame, "garbage");
    append_batched(frame, Envelope{.kind = Kind::ask, .mid = 2, .command = "ping"});
    world.feed(peer, frame);
    CHECK(world.commands(peer) == std::vector<std::string>{"pong", "bad_request", "pong"});
}

TEST_CASE("a hello and what follows it may come in one frame") {
    World world;
    const Peer peer = world.stranger();
    const auto body = map({{"role", "client"}}).encoded();
    std::string frame;
    append_batched(frame, Envelope{.kind = Kind::ask, .mid = 1, .command = "hello", .body = body});
    append_batched(frame, Envelope{.kind = Kind::ask, .mid = 2, .command = "ping"});
    world.feed(peer, frame);
    CHECK(world.commands(peer) == std::vector<std::string>{"welcome", "pong"});
}

TEST_CASE("sessions are capped") {
    ManualClock clock;
    RecordingLink link;
    Broker broker(link, clock, Options{.bounds = Bounds().set(Bound::sessions, 2)});
    const auto body = map({{"role", "client"}}).encoded();
    std::string hello;
    append_envelope(hello, {.kind = Kind::ask, .mid = 1, .command = "hello", .body = body});
    for (const Peer peer : {1, 2, 3}) broker.on_frame(peer, hello);
    broker.on_round();
    CHECK(link.frames[1].size() == 1);
    Envelope refusal;
    REQUIRE_FALSE(read_envelope(link.frames[3].front(), refusal));
    CHECK(refusal.command == "unavailable");
}

TEST_CASE("a worker that is alive elsewhere is a conflict and one that is lost is not") {
    World world;
    const Peer first = world.worker("first", "main");
    const Peer second = world.stranger();
    const auto hello = map({{"role", "worker"}, {"host", "first"}, {"process", "main"}});
    world.ask(second, {}, "hello", hello);
    CHECK(world.only(second).command == "conflict");
    world.link.gone[first] = true;
    world.ask(second, {}, "hello", hello);
    CHECK(world.only(second).command == "welcome");
}

TEST_CASE("a worker that knows its session's secret takes its node over and brings its actors") {
    World world;
    const Peer old = world.stranger();
    world.ask(old, {}, "hello", map({{"role", "worker"}, {"host", "first"}, {"process", "main"}}));
    const auto secret = world.only(old).text("session");
    const Peer back = world.stranger();
    world.ask(back, {}, "hello",
              map({{"role", "worker"}, {"host", "first"}, {"process", "main"}, {"session", secret},
                   {"actors", Value::Array{map({{"name", "greeter"}, {"epoch", 99}, {"class_desc", map({{"class", "C"}})}})}}}));
    const auto welcome = world.only(back);
    CHECK(welcome.command == "welcome");
    CHECK(welcome.flag("prime"));
    CHECK(welcome.body.find("fenced") == nullptr);
    const Peer client = world.client();
    world.ask(client, "greeter", "tick");
    CHECK(world.only(back).command == "tick");
    CHECK(world.received(old).empty());
}

TEST_CASE("hello again over the same connection keeps a worker's session, its names and what waits for it") {
    World world;
    const Peer worker = world.worker("first", "main");
    const Peer other = world.worker("first", "process_0");
    world.register_actors(worker, {"greeter"});
    const Peer client = world.client();
    world.ask(client, "greeter", "tick");
    const auto tick = world.only(worker);
    world.ask(worker, {}, "hello",
              map({{"role", "worker"}, {"host", "first"}, {"process", "main"},
                   {"actors", Value::Array{map({{"name", "greeter"}, {"epoch", 8}}), map({{"name", "late"}, {"epoch", 9}})}}}));
    const auto welcome = world.only(worker);
    CHECK(welcome.command == "welcome");
    CHECK(welcome.flag("prime"));
    CHECK(welcome.body.find("fenced") == nullptr);
    CHECK(world.received(other).empty());
    CHECK(world.received(client).empty());
    world.reply(worker, tick, "hello_world");
    CHECK(world.only(client).command == "hello_world");
    world.ask(client, "late", "tick");
    CHECK(world.only(worker).recipient == "late");
}

TEST_CASE("names that are held elsewhere by now are fenced") {
    World world;
    const Peer main = world.worker("first", "main");
    world.register_actors(main, {"greeter"});
    const Peer back = world.stranger();
    world.ask(back, {}, "hello",
              map({{"role", "worker"}, {"host", "second"}, {"process", "main"},
                   {"actors", Value::Array{map({{"name", "greeter"}, {"epoch", 1}}), map({{"name", "other"}, {"epoch", 2}})}}}));
    const auto welcome = world.only(back);
    REQUIRE(welcome.body.find("fenced") != nullptr);
    CHECK(*welcome.body.find("fenced") == names({"greeter"}));
}

TEST_CASE("a life that no broker numbered is refused, and the numbers go on") {
    World world;
    const Peer odd = world.stranger();
    const auto node = "first.main.admin";
    for (const auto& epoch : {Value(-1), Value(std::int64_t{1} << 62), Value(~std::uint64_t{0}), Value("9")}) {
        const Value living = Value::Array{map({{"name", "greeter"}, {"epoch", epoch}})};
        const Value frozen = Value::Array{map({{"entity", "greeter"}, {"epoch", epoch}, {"source", node}, {"target", node}, {"frozen", true}})};
        for (const auto& [field, value] : {std::pair<const char*, Value>{"actors", living}, {"moving", frozen}}) {
            world.ask(odd, {}, "hello", map({{"role", "worker"}, {"host", "first"}, {"process", "main"}, {field, value}}));
            CHECK(world.only(odd).command == "bad_request");
        }
    }
    const Peer worker = world.worker("first", "main");
    world.ask(worker, {}, "register_actors", map({{"names", names({"late"})}}), world.address[worker]);
    const auto answer = world.only(worker);
    CHECK(*answer.body.find("epochs")->as_array()->front().as_integer() == 8);
}

TEST_CASE("the first worker of each host is its PRIME") {
    World world;
    const Peer peer = world.stranger();
    world.ask(peer, {}, "hello", map({{"role", "worker"}, {"host", "first"}, {"process", "main"}}));
    CHECK(world.only(peer).flag("prime"));
    const Peer second = world.stranger();
    world.ask(second, {}, "hello", map({{"role", "worker"}, {"host", "first"}, {"process", "extra"}}));
    CHECK_FALSE(world.only(second).flag("prime"));
}

TEST_CASE("launchers have the address of their host and a second one does not take it away") {
    World world;
    CHECK(world.address[world.launcher("first")] == "first.launcher");
    CHECK(world.address[world.launcher("first")] == "@first.launcher.1");
}

TEST_CASE("what a second launcher of a host reports is noted and answered like the first one's") {
    World world;
    const Peer worker = world.worker("first", "process_0");
    (void)world.launcher("first");
    const Peer second = world.launcher("first");
    const auto mid = world.ask(second, {}, "process_ended", map({{"node", "first.process_0.admin"}, {"pid", 0}, {"status", 9}}), world.address[second]);
    const auto answer = world.only(second);
    CHECK(answer.kind == Kind::reply);
    CHECK(answer.mid == mid);
    world.received(worker);
}

TEST_CASE("what is too much for a worker's hello is brought behind it, and what lives elsewhere by now is fenced") {
    World world;
    const Peer first = world.worker("first", "main");
    const Peer other = world.worker("first", "process_0");
    world.register_actors(other, {"taken"});
    const auto row = [](const char* name, int epoch) { return map({{"name", name}, {"epoch", epoch}, {"class_desc", map({{"class", "C"}})}}); };
    world.ask(first, {}, "bring_actors", map({{"actors", Value::Array{row("one", 5), row("taken", 6), row("two", 7)}}}), "first.main.admin");
    const auto brought = world.only(first);
    CHECK(brought.command == "actors_are_brought");
    REQUIRE(brought.body.find("fenced") != nullptr);
    CHECK(*brought.body.find("fenced") == names({"taken"}));
    const Peer client = world.client();
    for (const auto* name : {"one", "two"}) {
        world.ask(client, name, "tick");
        CHECK(world.only(first).recipient == name);
    }
    world.ask(first, {}, "bring_actors", map({{"actors", "many"}}), "first.main.admin");
    CHECK(world.only(first).command == "bad_request");
}
