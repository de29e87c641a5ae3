// upgrade_test.cpp - recreate_actor as a dry run, on probation and with a way back, from the command to its answer.
#include "memory_ledger.hpp"
#include "world.hpp"

using namespace peacepie;
using namespace peacepie::broker;
using namespace std::chrono_literals;

namespace {

using Commands = std::vector<std::string>;

struct UpgradeWorld : World {
    Peer source = worker("first", "main");
    Peer target = worker("first", "process_0");
    Peer me = client();
    Peer sender = client("sender");

    UpgradeWorld() { register_actors(source, {"greeter"}); }

    void begin(Value::Map more, std::optional<std::uint32_t> timeout = std::nullopt) {
        Value::Map body{{"entity", "greeter"}, {"node", "first.process_0"}};
        for (auto& field : more) body.push_back(std::move(field));
        ask(me, {}, "recreate_actor", body, {}, timeout);
    }
    /// Until the target is asked to load; its epoch.
    Message load(Value::Map more) {
        begin(std::move(more));
        reply(target, only(target), "move_is_prepared");
        gates_nobody(source);
        std::string waiting;
        append_batched(waiting, Envelope{.command = "tick", .sender = "early", .body = {}});
        reply(source, only(source), "snapshot",
              map({{"state", Binary{"s"}}, {"version", "1"}, {"mailbox", Binary{waiting}}, {"moved_messages", 1}, {"state_bytes", 1}}));
        return only(target);
    }
    /// Until the target is on probation.
    std::int64_t probation(Value::Map more = {}) {
        more.push_back({"probation", Value::Map{{"errors", 2}, {"milliseconds", 1'000}}});
        const auto loading = load(std::move(more));
        reply(target, loading, "is_loaded");
        const auto start = only(target);
        CHECK(start.command == "start");
        CHECK(start.number("errors") == 2);
        return loading.number("epoch");
    }
    void fails(std::int64_t epoch) {
        send(target, {}, "probation_failed", map({{"entity", "greeter"}, {"epoch", epoch}, {"text", "it broke"}}), address[target]);
    }
    void alive(Nanoseconds span) { advance(span, {source, target}); }
};

}  // namespace

TEST_CASE("a dry run answers that it can be done, and the source goes on with its mail") {
    UpgradeWorld world;
    const auto loading = world.load({{"dry_run", true}});
    world.send(world.sender, "greeter", "tick");
    world.reply(world.target, loading, "is_loaded");
    CHECK(world.commands(world.target) == Commands{"cancel_move"});
    CHECK(world.commands(world.source) == Commands{"resume", "tick"});
    const auto answer = world.only(world.me);
    CHECK(answer.command == "actor_can_be_recreated");
    CHECK(answer.text("node") == "first.process_0.admin");
    CHECK(answer.number("state_bytes") == 1);
    world.send(world.sender, "greeter", "tick");
    CHECK(world.commands(world.source) == Commands{"tick"});
}

TEST_CASE("a probation that is passed is answered at its end, and only then the source is discarded") {
    UpgradeWorld world;
    world.probation();
    CHECK(world.received(world.source).empty());
    CHECK(world.received(world.me).empty());
    world.ask(world.sender, {}, "recreate_actor", map({{"entity", "greeter"}}));
    CHECK(world.only(world.sender).text("reason") == "conflict");
    world.alive(1'100ms);
    CHECK(world.commands(world.target) == Commands{"settle"});
    CHECK(world.commands(world.source) == Commands{"discard"});
    const auto answer = world.only(world.me);
    CHECK(answer.command == "actor_is_recreated");
    CHECK(answer.number("probation_ms") >= 1'000);
}

TEST_CASE("a way back with replay gives the source all that was not answered, in order, before what was held") {
    UpgradeWorld world;
    const auto epoch = world.probation({{"replay", true}});
    world.send(world.sender, "greeter", "first");
    const Peer elsewhere = world.worker("second", "main");  // an actor's own asks: the broker does not judge those by its table
    world.register_actors(elsewhere, {"asker"});
    world.ask(elsewhere, "greeter", "answered", {}, "asker");
    world.ask(elsewhere, "greeter", "unanswered", {}, "asker");
    const auto given = world.received(world.target);
    REQUIRE(given.size() == 3);
    world.reply(world.target, given[1], "done", {}, "greeter");
    CHECK(world.only(elsewhere).command == "done");
    world.fails(epoch);
    const auto withdraw = world.only(world.target);
    CHECK(withdraw.command == "withdraw");
    CHECK(withdraw.number("epoch") == epoch);
    world.send(world.sender, "greeter", "held");
    CHECK(world.received(world.source).empty());
    world.reply(world.target, withdraw, "is_withdrawn");
    const auto back = world.received(world.source);
    REQUIRE(back.size() == 5);
    CHECK(back[0].command == "resume");
    CHECK(back[0].number("epoch") == epoch);
    CHECK(back[0].number("life") > epoch);
    CHECK((back[1].command == "tick" && back[1].sender == "early" && back[1].recipient == "greeter"));
    CHECK((back[2].command == "first" && back[3].command == "unanswered" && back[4].command == "held"));
    world.reply(world.source, back[3], "done", {}, "greeter");
    CHECK(world.only(elsewhere).command == "done");
    const auto answer = world.only(world.me);
    CHECK(answer.command == "actor_is_not_recreated");
    CHECK(answer.text("reason") == "handler_failed");
    CHECK(answer.number("replayed") == 3);
}

TEST_CASE("a way back without replay answers asks as fenced and counts sends as dead letters") {
    UpgradeWorld world;
    const auto epoch = world.probation();
    world.send(world.sender, "greeter", "sent");
    world.ask(world.sender, "greeter", "asked");
    CHECK(world.commands(world.target) == Commands{"sent", "asked"});
    const auto before = world.broker.counters().dead_letters;
    world.fails(epoch);
    world.reply(world.target, world.only(world.target), "is_withdrawn");
    CHECK(world.commands(world.source) == Commands{"resume"});
    const auto error = world.only(world.sender);
    CHECK(error.kind == Kind::error);
    CHECK(error.command == "fenced");
    CHECK(world.broker.counters().dead_letters == before + 2);  // with the one of the mailbox
}

TEST_CASE("a target that does not withdraw is cut off after a second, and one that dies on probation at once") {
    UpgradeWorld world;
    const auto epoch = world.probation({{"replay", true}});
    SECTION("it does not answer") {
        world.fails(epoch);
        CHECK(world.commands(world.target) == Commands{"withdraw"});
        world.alive(1'200ms);
    }
    SECTION("it is gone") {
        world.ask(world.sender, "greeter", "asked");
        world.send(world.target, {}, "bye", {}, world.address[world.target]);
        CHECK(world.received(world.sender).empty());
    }
    const auto back = world.commands(world.source);
    REQUIRE(back.size() >= 2);
    CHECK(back.front() == "resume");
    CHECK(world.only(world.me).command == "actor_is_not_recreated");
}

TEST_CASE("who is not the target, or speaks of another epoch, fails no probation") {
    UpgradeWorld world;
    const auto epoch = world.probation();
    world.fails(epoch - 1);
    world.send(world.source, {}, "probation_failed", map({{"entity", "greeter"}, {"epoch", epoch}, {"text", "x"}}), world.address[world.source]);
    world.ask(world.sender, {}, "probation_failed", map({{"entity", "greeter"}, {"epoch", epoch}, {"text", "x"}}));
    CHECK(world.only(world.sender).command == "is_not_handled");
    CHECK(world.received(world.target).empty());
}

TEST_CASE("an actor that ends on probation takes its frozen earlier self with it") {
    UpgradeWorld world;
    world.probation();
    world.send(world.target, {}, "unregister_actors", map({{"names", names({"greeter"})}}), world.address[world.target]);
    CHECK(world.commands(world.source) == Commands{"discard"});
    CHECK(world.only(world.me).text("reason") == "no_such_actor");
    world.ask(world.me, {}, "seek_actor", map({{"entity", "greeter"}}));
    CHECK(world.only(world.me).command == "actor_is_not_found");
}

TEST_CASE("terms of a probation that make no sense are refused with a sentence") {
    UpgradeWorld world;
    const Value few = map({{"milliseconds", 9'000}});
    for (const auto& more : std::vector<Value::Map>{{{"dry_run", 1}}, {{"replay", true}}, {{"probation", 5}}, {{"probation", map({{"errors", 0}})}},
                                                    {{"probation", map({{"milliseconds", -1}})}}, {{"probation", few}},
                                                    {{"probation", map({})}, {"dry_run", true}}, {{"probation", map({})}, {"replay", "yes"}}}) {
        world.begin(more);
        const auto answer = world.only(world.me);
        CHECK(answer.command == "actor_is_not_recreated");
        CHECK(answer.text("reason") == "bad_argument");
    }
    world.begin({{"probation", few}}, 11'000);
    CHECK(world.only(world.target).command == "prepare_move");
}

TEST_CASE("another broker believes who brings the last life of a name and fences who brings an earlier one") {
    MemoryLedger ledger;
    const Value declared = map({{"class_desc", map({{"requires_dist", "p"}, {"class", "C"}})}});
    const Ledger::Change change[] = {{"greeter", Ledger::Row{"first.process_0.admin", 9, 3, declared.encoded(), declared.encoded()}}};
    ledger.write(change, {});
    World world(&ledger);
    const auto join = [&](const char* process, int epoch) {
        const Peer peer = world.stranger();
        world.ask(peer, {}, "hello", map({{"role", "worker"}, {"host", "first"}, {"process", process},
                                          {"actors", Value::Array{map({{"name", "greeter"}, {"epoch", epoch}})}}}));
        return world.only(peer);
    };
    CHECK(join("main", 8).body.find("fenced") != nullptr);
    CHECK(join("process_0", 9).body.find("fenced") == nullptr);
}
