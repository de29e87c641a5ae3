// routing_test.cpp - the way of an envelope to an actor and of its answer back.
#include "world.hpp"

using namespace peacepie;
using namespace peacepie::broker;
using namespace std::chrono_literals;

TEST_CASE("an ask reaches the actor's worker with the client's stamp and the answer comes back") {
    World world;
    const Peer worker = world.worker("first", "main");
    world.register_actors(worker, {"greeter"});
    const Peer client = world.client();
    const auto mid = world.ask(client, "greeter", "tick", map({{"n", 3}}), "somebody_else");
    const auto tick = world.only(worker);
    CHECK(tick.kind == Kind::ask);
    CHECK(tick.command == "tick");
    CHECK(tick.recipient == "greeter");
    CHECK(tick.sender == "@me.1");
    CHECK(tick.timeout_ms == 10'000u);
    CHECK(tick.number("n") == 3);
    world.reply(worker, tick, "hello_world", map({{"count", 1}}), "greeter");
    const auto answer = world.only(client);
    CHECK(answer.kind == Kind::reply);
    CHECK(answer.mid == mid);
    CHECK(answer.command == "hello_world");
    CHECK(answer.sender == "greeter");
    CHECK(answer.number("count") == 1);
}

TEST_CASE("an actor is reached by every form of its address") {
    World world;
    const Peer worker = world.worker("first", "main");
    world.worker("first", "process_0");
    world.register_actors(worker, {"greeter"});
    const Peer client = world.client();
    for (const auto* recipient : {"greeter", "first.main/greeter", "first.main.admin/greeter", "first.process_0/greeter",
                                  "nowhere.main/greeter", "king!greeter", "king!first.main/greeter"}) {
        world.ask(client, recipient, "tick");
        const auto tick = world.only(worker);
        CHECK(tick.command == "tick");
        CHECK(tick.recipient == "greeter");
    }
}

TEST_CASE("an admin is reached by its node in both forms") {
    World world;
    const Peer worker = world.worker("first", "main");
    const Peer client = world.client();
    for (const auto* recipient : {"first.main.admin", "first.main", "king!first.main"}) {
        world.ask(client, recipient, "get_source_path");
        CHECK(world.only(worker).recipient == "first.main.admin");
    }
}

TEST_CASE("another system is unavailable and an impossible address is a bad request") {
    World world;
    const Peer client = world.client();
    world.ask(client, "queen!greeter", "tick");
    CHECK(world.only(client).command == "unavailable");
    world.ask(client, "a/b/c", "tick");
    CHECK(world.only(client).command == "bad_request");
}

TEST_CASE("an unknown name is answered at once with close ones") {
    World world;
    const Peer worker = world.worker("first", "main");
    world.register_actors(worker, {"greeter", "counter"});
    const Peer client = world.client();
    const auto mid = world.ask(client, "greter", "tick");
    const auto error = world.only(client);
    CHECK(error.command == "no_such_actor");
    CHECK(error.mid == mid);
    CHECK(*error.body.find("close") == names({"greeter"}));
    world.ask(client, "first.mian", "ping");
    const auto place = world.only(client);
    CHECK(place.command == "no_such_node");
    CHECK_FALSE(place.body.find("close")->as_array()->empty());
}

TEST_CASE("a send to nobody is a counted dead letter and no answer") {
    World world;
    const Peer client = world.client();
    world.send(client, "ghost", "tick");
    world.send(client, "first.ghost", "tick");
    world.send(client, "@ghost.9", "tick");
    CHECK(world.received(client).empty());
    CHECK(world.broker.counters().dead_letters == 3);
    CHECK(world.broker.counters().refused[static_cast<std::size_t>(Fault::no_such_actor)] == 1);
}

TEST_CASE("what one worker sends goes to another in one batch and in order") {
    World world;
    const Peer one = world.worker("first", "main");
    const Peer two = world.worker("first", "process_0");
    world.register_actors(two, {"counter"});
    for (std::uint64_t i = 0; i < 100; ++i) {
        std::string frame;
        append_batched(frame, Envelope{.mid = i, .command = "count", .recipient = "counter", .sender = "sender"});
        world.broker.on_frame(one, frame);
    }
    world.broker.on_round();
    CHECK(world.link.frames[two].size() == 1);
    const auto messages = world.received(two);
    REQUIRE(messages.size() == 100);
    for (std::uint64_t i = 0; i < 100; ++i) CHECK(messages[i].mid == i);
    CHECK(messages[0].sender == "sender");
}

TEST_CASE("messages of a stream with the long form of a name all arrive under the short one") {
    World world;
    const Peer one = world.worker("first", "main"), two = world.worker("first", "process_0");
    world.register_actors(two, {"sink"});
    std::string frame;
    for (int i = 0; i < 5; ++i)
        append_batched(frame, Envelope{.command = "item", .recipient = "king!first.main/sink", .sender = "source"});
    world.feed(one, frame);
    const auto messages = world.received(two);
    REQUIRE(messages.size() == 5);
    for (const auto& each : messages) CHECK(each.recipient == "sink");
}

TEST_CASE("data, commands, replies and errors from one sender to one recipient come in one sequence") {
    World world;
    const Peer one = world.worker("first", "main"), two = world.worker("first", "process_0");
    world.register_actors(one, {"greeter"});
    world.register_actors(two, {"listener"});
    const Peer client = world.client();
    world.ask(client, "greeter", "first");
    world.ask(client, "greeter", "second");
    world.ask(two, "greeter", "first", {}, "listener");
    world.ask(two, "greeter", "second", {}, "listener");
    const auto asked = world.received(one);
    REQUIRE(asked.size() == 4);
    std::string frame;
    const auto says = [&](Kind kind, std::uint64_t mid, std::string_view command, std::string_view to) {
        append_batched(frame, Envelope{.kind = kind, .mid = mid, .command = command, .recipient = to, .sender = "greeter"});
    };
    for (std::size_t at : {0u, 2u}) {
        const auto& to = asked[at].sender;
        says(Kind::send, 0, "data", to);
        says(Kind::error, asked[at + 1].mid, "handler_failed", to);
        says(Kind::ask, 77 + at, "command", to);
        says(Kind::reply, asked[at].mid, "hello_world", to);
        says(Kind::send, 0, "data", to);
    }
    world.feed(one, frame);
    const std::vector<std::string> as_said{"data", "handler_failed", "command", "hello_world", "data"};
    CHECK(world.commands(client) == as_said);
    CHECK(world.commands(two) == as_said);
}

TEST_CASE("absent, full, expired, denied, stopping and lost are different errors, and each comes from who knows it first, at once") {
    World world;
    const Peer worker = world.worker("first", "main"), doomed = world.worker("first", "process_0");
    world.register_actors(worker, {"greeter"});
    world.register_actors(doomed, {"victim"});
    const Peer client = world.client();
    const auto error = [&](std::string_view code, Peer to) {
        const auto said = world.only(to);
        CHECK(said.kind == Kind::error);
        CHECK(said.command == code);
        CHECK(said.text("from") == "HEAD");
    };
    world.ask(client, "nobody", "tick");
    error("no_such_actor", client);
    world.ask(client, "greeter", "tick", {}, {}, 100);
    world.advance(400ms, {worker, doomed});  // the only one that takes its time, because nobody can know
    error("expired", client);
    world.ask(client, "victim", "tick");
    world.link.gone[doomed] = true;
    world.broker.on_disconnected(doomed);
    world.advance(200ms, {worker});
    error("worker_lost", client);
    world.link.full[worker] = true;
    for (int i = 0; i < 5; ++i) world.send(client, "greeter", "data", Value(std::string(15u << 20, 'x')));
    world.received(client);
    world.ask(client, "greeter", "data", Value(std::string(15u << 20, 'x')));
    error("mailbox_full", client);
    const Peer rude = world.client("rude");
    for (int i = 0; i < limits::malformed_frames_max; ++i) world.feed(rude, "garbage");
    CHECK(world.commands(rude).back() == "denied");
    world.broker.shut_down("test");
    const Peer late = world.stranger();
    world.ask(late, {}, "hello", map({{"role", "client"}}));
    error("stopping", late);
}

TEST_CASE("a batch to a worker stays within its limit") {
    World world;
    const Peer one = world.worker("first", "main");
    const Peer two = world.worker("first", "process_0");
    world.register_actors(two, {"counter"});
    const auto body = Value(std::string(10'000, 'x'));
    std::string frame;
    const auto bytes = body.encoded();
    append_envelope(frame, {.command = "count", .recipient = "counter", .body = bytes});
    for (int i = 0; i < 20; ++i) world.broker.on_frame(one, frame);
    world.broker.on_round();
    CHECK(world.link.frames[two].size() == 4);
    for (const auto& sent : world.link.frames[two]) CHECK(sent.size() <= limits::batch_size_max + 100);
    CHECK(world.received(two).size() == 20);
}

TEST_CASE("a client receives single envelopes only") {
    World world;
    const Peer worker = world.worker("first", "main");
    const Peer client = world.client();
    for (int i = 0; i < 3; ++i) {
        std::string frame;
        append_batched(frame, Envelope{.command = "news", .recipient = "@me.1", .sender = "greeter"});
        world.broker.on_frame(worker, frame);
    }
    world.broker.on_round();
    CHECK(world.link.frames[client].size() == 3);
    for (const auto& frame : world.link.frames[client]) CHECK(static_cast<unsigned char>(frame.front()) == 0x99);
}

TEST_CASE("frames for a full pipe wait and go out in order when it has room") {
    World world;
    const Peer worker = world.worker("first", "main");
    world.register_actors(worker, {"greeter"});
    const Peer client = world.client();
    world.link.full[worker] = true;
    for (int i = 0; i < 10; ++i) world.send(client, "greeter", "tick", map({{"n", i}}));
    CHECK(world.broker.next_deadline() <= world.clock.now() + 1ms);
    CHECK(world.received(worker).empty());
    world.link.full.clear();
    world.clock.advance(1ms);
    world.broker.on_round();
    const auto messages = world.received(worker);
    REQUIRE(messages.size() == 10);
    for (int i = 0; i < 10; ++i) CHECK(messages[static_cast<std::size_t>(i)].number("n") == i);
}

TEST_CASE("beyond the bound of a slow peer an ask is answered mailbox_full and others are served") {
    World world;
    const Peer worker = world.worker("first", "main");
    const Peer other = world.worker("first", "process_0");
    world.register_actors(worker, {"slow"});
    world.register_actors(other, {"quick"});
    const Peer client = world.client();
    world.link.full[worker] = true;
    const Value body(std::string(8u << 20, 'x'));
    for (int i = 0; i < 9; ++i) world.send(client, "slow", "swallow", body);
    world.ask(client, "slow", "swallow", body);
    CHECK(world.only(client).command == "mailbox_full");
    world.ask(client, "quick", "tick");
    CHECK(world.only(other).command == "tick");
}

TEST_CASE("a client's ask without an answer expires and a late answer is dropped and counted") {
    World world;
    const Peer worker = world.worker("first", "main");
    world.register_actors(worker, {"greeter"});
    const Peer client = world.client();
    const auto mid = world.ask(client, "greeter", "tick", {}, {}, 500);
    const auto tick = world.only(worker);
    world.advance(400ms, {worker});
    CHECK(world.received(client).empty());
    world.advance(600ms, {worker});
    const auto error = world.only(client);
    CHECK(error.command == "expired");
    CHECK(error.mid == mid);
    world.reply(worker, tick, "hello_world");
    CHECK(world.received(client).empty());
    CHECK(world.broker.counters().late_answers == 1);
}

TEST_CASE("a client may answer what it was asked and nothing else") {
    World world;
    const Peer worker = world.worker("first", "main");
    world.register_actors(worker, {"asker", "greeter"});
    const Peer client = world.client(), other = world.client();
    world.say(worker, Kind::ask, 7, "tick", "@me.1", {}, "asker");
    const auto tick = world.only(client);
    world.reply(other, tick, "forged");
    world.say(other, Kind::reply, 8, "forged", "asker");
    world.say(other, Kind::reply, 1, "forged", "first.main.admin");
    CHECK(world.received(worker).empty());
    world.reply(client, tick, "answered");
    CHECK(world.only(worker).command == "answered");
}

TEST_CASE("a client's mid may be used again after its answer but not before") {
    World world;
    const Peer worker = world.worker("first", "main");
    world.register_actors(worker, {"greeter"});
    const Peer client = world.client();
    world.say(client, Kind::ask, 1, "tick", "greeter");
    const auto tick = world.only(worker);
    world.say(client, Kind::ask, 1, "tick", "greeter");
    CHECK(world.only(client).command == "bad_request");
    world.say(client, Kind::ask, 2, "tick", "greeter");
    world.reply(worker, tick, "hello_world");
    world.received(worker);
    world.received(client);
    world.say(client, Kind::ask, 3, "tick", "greeter");
    CHECK(world.only(worker).mid == 3);
}

TEST_CASE("a client's ask that a worker sends back to the broker is still the same ask") {
    World world;
    const Peer source = world.worker("first", "main");
    const Peer target = world.worker("first", "process_0");
    world.register_actors(source, {"greeter", "gone"});
    const Peer client = world.client();
    const auto mid = world.ask(client, "greeter", "tick");
    const auto lost_mid = world.ask(client, "gone", "tick");
    world.received(source);
    world.send(source, {}, "unregister_actors", map({{"names", names({"greeter", "gone"})}}), "first.main.admin");
    world.register_actors(target, {"greeter"});
    world.say(source, Kind::ask, mid, "tick", "greeter", {}, "@me.1");
    world.say(source, Kind::ask, lost_mid, "tick", "gone", {}, "@me.1");
    CHECK(world.only(client).command == "no_such_actor");
    const auto tick = world.only(target);
    CHECK(tick.sender == "@me.1");
    world.reply(target, tick, "hello_world");
    CHECK(world.only(client).mid == mid);
    world.advance(11s, {source, target});
    CHECK(world.received(client).empty());
}

TEST_CASE("a client's ask that was answered while a worker had it is not answered again when the worker sends it back, whoever it is for") {
    for (const auto* recipient : {"greeter", "gone", "first.elsewhere.admin", "no/such:address", ""}) {
        INFO(recipient);
        World world;
        const Peer worker = world.worker("first", "main");
        world.register_actors(worker, {"greeter"});
        const Peer client = world.client();
        const auto mid = world.ask(client, "greeter", "tick");
        world.received(worker);
        world.advance(11s, {worker});
        CHECK(world.only(client).command == "expired");
        world.say(worker, Kind::ask, mid, "tick", recipient, {}, "@me.1");
        CHECK(world.received(client).empty());
    }
}

TEST_CASE("one client cannot use up the table of open asks") {
    World world;
    const Peer worker = world.worker("first", "main");
    world.register_actors(worker, {"greeter"});
    const Peer greedy = world.client("greedy");
    for (std::size_t i = 0; i < limits::asks_of_client_max; ++i) world.ask(greedy, "greeter", "tick");
    CHECK(world.received(greedy).empty());
    world.ask(greedy, "greeter", "tick");
    CHECK(world.only(greedy).command == "unavailable");
    world.received(worker);
    const Peer modest = world.client("modest");
    world.ask(modest, "greeter", "tick");
    CHECK(world.only(worker).sender == "@modest.2");
    world.advance(11s, {worker});  // all expire, and there is room again
    world.received(greedy);
    world.ask(greedy, "greeter", "tick");
    CHECK(world.received(greedy).empty());
}

TEST_CASE("a handle that the broker never gave is refused") {
    World world;
    const Peer client = world.client();
    std::string frame;
    append_envelope(frame, {.kind = Kind::ask, .mid = 5, .command = "tick", .recipient_handle = 77});
    world.feed(client, frame);
    CHECK(world.only(client).command == "no_such_actor");
}

TEST_CASE("verbs between the parts of the system are not there for clients, wherever they are sent") {
    World world;
    const Peer worker = world.worker("first", "main");
    world.launcher("first");
    world.register_actors(worker, {"greeter"});
    const Peer client = world.client();
    for (const auto* verb : {"register_actors", "bring_actors", "claim_process", "await_node", "process_ended", "fence", "bye", "heartbeat"}) {
        world.ask(client, {}, verb);
        CHECK(world.only(client).command == "is_not_handled");
    }
    for (const auto* verb : {"await_fence", "freeze", "load", "prepare_move", "start", "discard", "resume", "cancel_move", "shut_down",
                             "node_lost"}) {
        world.ask(client, "first.main", verb);
        CHECK(world.only(client).command == "is_not_handled");
    }
    world.ask(client, "first.launcher", "start_process", map({{"process", "x"}}));
    CHECK(world.only(client).command == "is_not_handled");
    CHECK(world.received(worker).empty());
    world.ask(client, "greeter", "start");  // an actor may have a command of that name
    CHECK(world.only(worker).command == "start");
}

TEST_CASE("a worker's actor cannot use the verbs of its admin") {
    World world;
    const Peer worker = world.worker("first", "main");
    world.register_actors(worker, {"greeter"});
    world.ask(worker, {}, "register_actors", map({{"names", names({"stolen"})}}), "greeter");
    CHECK(world.only(worker).command == "is_not_handled");
}
