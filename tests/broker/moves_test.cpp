// moves_test.cpp - recreate_actor from the command to its answer, every way it can end.
#include "world.hpp"

using namespace peacepie;
using namespace peacepie::broker;
using namespace std::chrono_literals;

namespace {

struct MoveWorld : World {
    Peer source = worker("first", "main");
    Peer target = worker("first", "process_0");
    Peer me = client();
    Peer sender = client("sender");

    MoveWorld() { register_actors(source, {"greeter"}); }

    std::uint64_t start_move(Value::Map more = {{"node", "first.process_0"}},
                             std::optional<std::uint32_t> timeout = std::nullopt) {
        Value::Map body{{"entity", "greeter"}};
        for (auto& field : more) body.push_back(std::move(field));
        return ask(me, {}, "recreate_actor", body, {}, timeout);
    }
    void tick(int n) { send(sender, "greeter", "tick", map({{"n", n}})); }
    static Value snapshot() {
        return map({{"state", map({{"index", 3}})}, {"version", "1"}, {"mailbox", Value::Array{1, 2}}});
    }
    /// Until the snapshot is asked for.
    Message freeze() {
        start_move();
        reply(target, only(target), "move_is_prepared");
        gates_nobody(source);
        return only(source);
    }
    Message load() {
        reply(source, freeze(), "snapshot", snapshot());
        return only(target);
    }
    void expect_stayed(std::string_view reason) {
        const auto answer = only(me);
        CHECK(answer.command == "actor_is_not_recreated");
        CHECK(answer.kind == Kind::reply);
        CHECK(answer.text("reason") == reason);
        CHECK_FALSE(answer.text("text").empty());
    }
    std::vector<std::int64_t> ticks(Peer peer) {
        std::vector<std::int64_t> all;
        for (const auto& message : received(peer))
            if (message.command == "tick") all.push_back(message.number("n"));
        return all;
    }
    Peer main_asker() {  ///< a third worker, whose own deadlines the broker leaves alone
        if (asker == 0) asker = worker("second", "main");
        return asker;
    }
    Peer asker = 0;
    void alive(Nanoseconds span) { advance(span, {source, target, asker != 0 ? asker : source}); }
};

using Numbers = std::vector<std::int64_t>;
using Commands = std::vector<std::string>;

}  // namespace

TEST_CASE("a move asks target and source in order, holds mail and releases it in order behind the start") {
    MoveWorld world;
    const auto mid = world.start_move();
    const auto prepare = world.only(world.target);
    CHECK(prepare.command == "prepare_move");
    CHECK(prepare.kind == Kind::ask);
    CHECK(prepare.sender.empty());
    CHECK(prepare.recipient == "first.process_0.admin");
    CHECK(prepare.text("entity") == "greeter");
    CHECK(*prepare.body.find("class_desc")->find("class") == Value("C"));
    const auto epoch = prepare.number("epoch");
    CHECK(world.received(world.source).empty());
    world.tick(1);
    CHECK(world.ticks(world.source) == Numbers{1});
    world.reply(world.target, prepare, "move_is_prepared");
    world.gates_nobody(world.source);
    const auto freeze = world.only(world.source);
    CHECK(freeze.command == "freeze");
    CHECK(freeze.timeout_ms.has_value());
    CHECK(freeze.number("epoch") == epoch);
    world.tick(2);
    CHECK(world.received(world.source).empty());
    world.clock.advance(3ms);
    world.reply(world.source, freeze, "snapshot", MoveWorld::snapshot());
    const auto load = world.only(world.target);
    CHECK(load.command == "load");
    CHECK(*load.body.find("snapshot") == MoveWorld::snapshot());
    CHECK(load.number("epoch") == epoch);
    world.tick(3);
    world.reply(world.target, load, "is_loaded");
    const auto started = world.received(world.target);
    REQUIRE(started.size() == 3);
    CHECK(started[0].command == "start");
    CHECK(started[1].number("n") == 2);
    CHECK(started[2].number("n") == 3);
    CHECK(world.only(world.source).command == "discard");
    const auto answer = world.only(world.me);
    CHECK(answer.command == "actor_is_recreated");
    CHECK(answer.mid == mid);
    CHECK(answer.number("mid") == static_cast<std::int64_t>(mid));
    CHECK(answer.text("node") == "first.process_0.admin");
    CHECK(answer.number("pause_us") == 3'000);
    CHECK(answer.number("moved_messages") == 4);
    CHECK(answer.number("state_bytes") > 0);
    world.tick(4);
    CHECK(world.ticks(world.target) == Numbers{4});
}

TEST_CASE("an answer to an ask of an earlier broker is none to an ask of this one") {
    MoveWorld world;
    world.start_move();
    auto stale = world.only(world.target);
    CHECK(stale.mid > 7);  // the epoch of this broker, which no earlier one has reached
    stale.mid = 1;
    world.reply(world.target, stale, "move_is_prepared");
    CHECK(world.received(world.source).empty());
}

TEST_CASE("answers reach the source until its snapshot has come and are held in order after that") {
    MoveWorld world;
    const auto freeze = world.freeze();
    world.say(world.target, Kind::reply, 5, "early", "greeter");
    CHECK(world.only(world.source).command == "early");
    world.reply(world.source, freeze, "snapshot", MoveWorld::snapshot());
    const auto load = world.only(world.target);
    world.tick(1);
    world.say(world.target, Kind::reply, 6, "late", "greeter");
    CHECK(world.received(world.source).empty());
    world.reply(world.target, load, "is_loaded");
    CHECK(world.commands(world.target) == Commands{"start", "tick", "late"});
}

TEST_CASE("without a node an actor is recreated in place") {
    MoveWorld world;
    world.start_move({{"class_desc", map({{"requires_dist", "p==2"}, {"class", "C"}})}});
    const auto prepare = world.only(world.source);
    CHECK(prepare.command == "prepare_move");
    CHECK(*prepare.body.find("class_desc")->find("requires_dist") == Value("p==2"));
    world.reply(world.source, prepare, "move_is_prepared");
    world.gates_nobody(world.source);
    const auto freeze = world.only(world.source);
    CHECK(freeze.command == "freeze");
    world.reply(world.source, freeze, "snapshot", MoveWorld::snapshot());
    const auto load = world.only(world.source);
    CHECK(load.command == "load");
    world.reply(world.source, load, "is_loaded");
    CHECK(world.commands(world.source) == Commands{"start", "discard"});
    CHECK(world.only(world.me).command == "actor_is_recreated");
    world.ask(world.me, {}, "seek_actor", map({{"entity", "greeter"}, {"with_class_desc", true}}));
    CHECK(*world.only(world.me).body.find("class_desc")->find("requires_dist") == Value("p==2"));
}

TEST_CASE("what cannot be moved is refused with the reason") {
    MoveWorld world;
    world.start_move({{"node", "first.process_1"}});
    world.expect_stayed("no_such_node");
    world.start_move({{"node", 3}});
    world.expect_stayed("bad_argument");
    world.start_move({{"class_desc", 3}});
    world.expect_stayed("bad_argument");
    world.ask(world.me, {}, "recreate_actor", map({{"entity", "greetr"}}));
    world.expect_stayed("no_such_actor");
    world.ask(world.source, {}, "recreate_actor", map({{"entity", "greeter"}}), "greeter");
    CHECK(world.only(world.source).text("reason") == "bad_argument");
    world.start_move();
    world.start_move();
    world.expect_stayed("conflict");
}

TEST_CASE("a target that cannot prepare leaves everything as it was") {
    MoveWorld world;
    world.start_move();
    world.fail(world.target, world.only(world.target), "no_such_actor", "no package of that name");
    world.expect_stayed("no_such_actor");
    CHECK(world.only(world.target).command == "cancel_move");
    CHECK(world.received(world.source).empty());
    world.tick(1);
    CHECK(world.ticks(world.source) == Numbers{1});
}

TEST_CASE("a source that cannot freeze goes on with the held mail in order") {
    MoveWorld world;
    const auto freeze = world.freeze();
    world.tick(1);
    world.tick(2);
    world.fail(world.source, freeze, "expired", "the turn did not end");
    world.expect_stayed("expired");
    const auto messages = world.received(world.source);
    REQUIRE(messages.size() == 3);
    CHECK(messages[0].command == "resume");
    CHECK(messages[1].number("n") == 1);
    CHECK(messages[2].number("n") == 2);
    CHECK(world.only(world.target).command == "cancel_move");
}

TEST_CASE("a target that cannot load sends the actor home with its mail") {
    MoveWorld world;
    const auto load = world.load();
    world.tick(1);
    world.fail(world.target, load, "handler_failed", "unknown version");
    world.expect_stayed("handler_failed");
    CHECK(world.commands(world.source) == Commands{"resume", "tick"});
    CHECK(world.only(world.target).command == "cancel_move");
}

TEST_CASE("a snapshot that cannot be read aborts the move") {
    MoveWorld world;
    world.reply(world.source, world.freeze(), "snapshot", Value("nonsense"));
    world.expect_stayed("bad_request");
    CHECK(world.only(world.source).command == "resume");
}

TEST_CASE("each step has a deadline and whoever is late ends the move") {
    MoveWorld world;
    SECTION("preparing") {
        world.start_move({{"node", "first.process_0"}}, 1'000);
        world.received(world.target);
        world.alive(1'200ms);
        world.expect_stayed("expired");
        CHECK(world.only(world.target).command == "cancel_move");
    }
    SECTION("freezing") {
        const auto freeze = world.freeze();
        world.tick(1);
        world.alive(10'200ms);
        world.expect_stayed("expired");
        CHECK(world.commands(world.source) == Commands{"resume", "tick"});
        world.reply(world.source, freeze, "snapshot", MoveWorld::snapshot());  // too late
        CHECK(world.commands(world.target) == Commands{"cancel_move"});
    }
    SECTION("loading") {
        world.load();
        world.tick(1);
        world.alive(10'200ms);
        world.expect_stayed("expired");
        CHECK(world.commands(world.source) == Commands{"resume", "tick"});
    }
    world.tick(2);
    CHECK(world.ticks(world.source) == Numbers{2});
}

TEST_CASE("when the target dies the actor goes on at home") {
    MoveWorld world;
    world.load();
    world.tick(1);
    world.send(world.target, {}, "bye", {}, "first.process_0.admin");
    world.expect_stayed("worker_lost");
    CHECK(world.commands(world.source) == Commands{"resume", "tick", "node_lost"});
}

TEST_CASE("when the source dies before its snapshot came, held asks are answered worker_lost") {
    MoveWorld world;
    world.freeze();
    const auto mid = world.ask(world.sender, "greeter", "tick");
    world.link.gone[world.source] = true;
    world.broker.on_disconnected(world.source);
    world.advance(300ms, {world.target});
    world.expect_stayed("worker_lost");
    const auto error = world.only(world.sender);
    CHECK(error.command == "worker_lost");
    CHECK(error.mid == mid);
    CHECK(world.commands(world.target) == Commands{"cancel_move", "node_lost"});
}

TEST_CASE("when the source dies after its snapshot came, the actor lives on at the target with its mail") {
    MoveWorld world;
    const auto load = world.load();
    world.tick(1);
    world.link.gone[world.source] = true;
    world.broker.on_disconnected(world.source);
    world.advance(300ms, {world.target});
    CHECK(world.received(world.me).empty());
    world.tick(2);
    world.received(world.target);
    world.reply(world.target, load, "is_loaded");
    CHECK(world.commands(world.target) == Commands{"start", "tick", "tick"});
    CHECK(world.only(world.me).command == "actor_is_recreated");
    world.tick(3);
    CHECK(world.ticks(world.target) == Numbers{3});
}

TEST_CASE("when both homes die, unread sends in the snapshot are counted as lost, and asks in it are answered worker_lost, each once") {
    MoveWorld world;
    const auto mid = world.ask(world.sender, "greeter", "tick");
    world.received(world.source);
    std::string mailbox;
    for (const auto kind : {Kind::send, Kind::ask, Kind::send})
        append_batched(mailbox, {.kind = kind, .mid = kind == Kind::ask ? mid : 0, .command = "tick", .sender = world.address[world.sender]});
    const auto snapshot = map({{"state", map({})}, {"version", "1"}, {"mailbox", Binary{mailbox}}});
    world.reply(world.source, world.freeze(), "snapshot", snapshot);
    const auto held = world.ask(world.sender, "greeter", "tick");
    for (const Peer home : {world.source, world.target}) {
        world.link.gone[home] = true;
        world.broker.on_disconnected(home);
        world.advance(300ms);
    }
    world.expect_stayed("worker_lost");
    std::map<std::uint64_t, std::string> ends;
    for (const auto& message : world.received(world.sender)) CHECK(ends.emplace(message.mid, message.command).second);
    CHECK(ends == std::map<std::uint64_t, std::string>{{mid, "worker_lost"}, {held, "worker_lost"}});
    world.ask(world.me, {}, "get_dead_letters");
    CHECK(world.only(world.me).body.find("by_reason")->find("worker_lost")->as_integer() != nullptr);
    CHECK(world.broker.counters().dead_letters == 2);
}

TEST_CASE("a held ask that has been answered meanwhile is neither passed on nor answered again") {
    for (const bool is_lost : {false, true}) {
        MoveWorld world;
        const auto load = world.load();
        const auto mid = world.ask(world.sender, "greeter", "tick", {}, {}, 500);
        world.alive(2s);
        CHECK(world.only(world.sender).mid == mid);
        world.received(world.target);
        if (!is_lost) world.reply(world.target, load, "is_loaded");
        else for (const Peer home : {world.source, world.target}) world.send(home, {}, "bye", {}, world.address[home]);
        CHECK(world.received(world.sender).empty());
        for (const auto& message : world.received(world.target)) CHECK(message.command != "tick");
    }
}

TEST_CASE("an actor that is removed during its move ends the move") {
    MoveWorld world;
    world.start_move();
    world.send(world.source, {}, "unregister_actors", map({{"names", names({"greeter"})}}), "first.main.admin");
    world.expect_stayed("no_such_actor");
    world.ask(world.me, "greeter", "tick");
    CHECK(world.only(world.me).command == "no_such_actor");
}

TEST_CASE("too much held mail aborts the move and loses none of it") {
    MoveWorld world;
    world.freeze();
    const Value body(std::string(8u << 20, 'x'));
    for (int i = 0; i < 9; ++i) world.send(world.sender, "greeter", "swallow", body);
    world.expect_stayed("no_space");
    const auto messages = world.received(world.source);
    REQUIRE(messages.size() >= 8);
    CHECK(messages[0].command == "resume");
}

TEST_CASE("an ask that was held goes on with the time it has left and one without any is answered expired") {
    MoveWorld world;
    const auto load = world.load();
    world.ask(world.main_asker(), "greeter", "tick", {}, "asker", 5'000);
    world.ask(world.main_asker(), "greeter", "tick", {}, "asker", 1'000);
    world.alive(2s);
    world.received(world.target);
    world.received(world.source);
    world.reply(world.target, load, "is_loaded");
    const auto messages = world.received(world.target);
    REQUIRE(messages.size() == 2);
    CHECK(messages[1].timeout_ms == 3'000u);
}

TEST_CASE("asks that travelled with a moved actor are lost with its new worker, not with the old one") {
    MoveWorld world;
    const auto mid = world.ask(world.sender, "greeter", "tick");
    world.received(world.source);
    world.reply(world.target, world.load(), "is_loaded");
    world.send(world.source, {}, "bye", {}, "first.main.admin");
    CHECK(world.received(world.sender).empty());
    world.send(world.target, {}, "bye", {}, "first.process_0.admin");
    const auto error = world.only(world.sender);
    CHECK(error.command == "worker_lost");
    CHECK(error.mid == mid);
}

TEST_CASE("quitting during a move sends the actor home first") {
    MoveWorld world;
    world.freeze();
    world.tick(1);
    world.broker.shut_down("test");
    world.broker.on_round();
    world.expect_stayed("stopping");
    CHECK(world.commands(world.source) == Commands{"resume", "tick", "shut_down"});
}
