// healing_edges_test.cpp - what crosses a healing: removals, refusals, returns, and what a disk or a peer may do meanwhile.
#include "memory_ledger.hpp"
#include "world.hpp"

using namespace peacepie;
using namespace peacepie::broker;
using namespace std::chrono_literals;

namespace {

struct Edge : World {
    explicit Edge(Ledger* ledger = nullptr) : World(ledger) {}

    Peer main = worker("first", "main");
    Peer child = 0;
    Peer me = client();

    static Value claim(std::vector<std::string> which, const char* restart = "transient") {
        return map({{"names", names(std::move(which))}, {"class_desc", map({{"class", "C"}})}, {"restart", restart}});
    }
    void declare(Peer peer, std::vector<std::string> which, const char* restart = "transient") {
        ask(peer, {}, "register_actors", claim(std::move(which), restart), address[peer]);
        REQUIRE(only(peer).command == "actors_are_registered");
    }
    void child_joins(Value::Map more = {}) {
        child = stranger();
        Value::Map hello{{"role", "worker"}, {"host", "first"}, {"process", "process_0"}};
        for (auto& field : more) hello.push_back(std::move(field));
        ask(child, {}, "hello", Value(std::move(hello)));
        welcome = only(child);
        address[child] = welcome.text("address");
    }
    void child_dies() {
        link.gone[child] = true;
        broker.on_disconnected(child);
        advance(300ms, {main});
        received(main);
    }
    void tick() { advance(200ms, {main, child}); }
    void unregister(std::vector<std::string> which, const char* flag = nullptr) {
        Value body = map({{"names", names(std::move(which))}});
        if (flag != nullptr) body.set(flag, true);
        send(child, {}, "unregister_actors", body, address[child]);
    }
    std::int64_t stat(std::string_view which) {
        ask(me, {}, "stats");
        return only(me).number(which);
    }
    std::string outcome_of(const char* name) {
        ask(me, name, "tick");
        for (const Peer peer : {main, child}) received(peer);
        const auto all = received(me);
        return all.empty() ? "passed on" : all.front().command;
    }
    Message welcome;
};

Value brought(const char* name) { return Value::Array{map({{"name", name}, {"epoch", 9}})}; }

}  // namespace

TEST_CASE("a creation that is refused for one name leaves the others waiting for their process") {
    Edge world;
    world.child_joins();
    world.declare(world.child, {"a", "b"});
    world.declare(world.main, {"taken"});
    world.child_dies();
    world.ask(world.main, {}, "register_actors", Edge::claim({"a", "b", "taken"}), world.address[world.main]);
    CHECK(world.only(world.main).command == "conflict");
    world.ask(world.main, {}, "register_actors", Edge::claim({"a", "a"}), world.address[world.main]);
    CHECK(world.only(world.main).command == "conflict");
    CHECK(world.stat("fallen") == 2);
}

TEST_CASE("a creation by hand that fails leaves the name to be made again") {
    Edge world;
    world.child_joins();
    world.declare(world.child, {"a"});
    world.child_dies();
    world.declare(world.main, {"a"});
    CHECK(world.stat("fallen") == 0);
    world.send(world.main, {}, "unregister_actors", map({{"names", names({"a"})}, {"unborn", true}}), world.address[world.main]);
    CHECK(world.stat("fallen") == 1);
    world.child_joins();
    world.tick();
    CHECK(world.only(world.child).text("name") == "a");
}

TEST_CASE("an actor that was created by hand and removed is not made again") {
    Edge world;
    world.child_joins();
    world.declare(world.child, {"a"});
    world.child_dies();
    world.declare(world.main, {"a"});
    world.send(world.main, {}, "unregister_actors", map({{"names", names({"a"})}}), world.address[world.main]);
    world.child_joins();
    world.tick();
    CHECK(world.received(world.child).empty());
    CHECK(world.outcome_of("a") == "no_such_actor");
}

TEST_CASE("what ended while the broker was away is not made again") {
    MemoryLedger ledger;
    {
        Edge before(&ledger);
        before.child_joins();
        before.declare(before.child, {"told_in_hello", "told_after"});
    }
    Edge world(&ledger);
    world.child_joins({{"gone", names({"told_in_hello"})}});
    world.unregister({"told_after"});
    world.tick();
    CHECK(world.received(world.child).empty());
    CHECK(world.stat("fallen") == 0);
    CHECK(ledger.rows.empty());
}

TEST_CASE("nobody tells of the end of actors that lived elsewhere") {
    Edge world;
    world.child_joins();
    world.declare(world.child, {"a"});
    world.child_dies();
    world.send(world.main, {}, "unregister_actors", map({{"names", names({"a"})}}), world.address[world.main]);
    CHECK(world.stat("fallen") == 1);
}

TEST_CASE("an actor that was removed while its process seemed dead is fenced when that comes back") {
    Edge world;
    world.child_joins();
    world.declare(world.child, {"a"});
    world.advance(limits::heartbeat_patience + 200ms, {world.main});
    world.received(world.main);
    world.ask(world.me, {}, "remove_actor", map({{"name", "a"}}));
    CHECK(world.only(world.me).command == "actor_is_removed");
    CHECK(world.outcome_of("a") == "no_such_actor");
    world.child_joins({{"actors", brought("a")}});
    REQUIRE(world.welcome.body.find("fenced") != nullptr);
    CHECK(*world.welcome.body.find("fenced") == names({"a"}));
    world.tick();
    CHECK(world.outcome_of("a") == "no_such_actor");
    world.declare(world.main, {"a"});  // the name is free all the same
}

TEST_CASE("an actor that falls again while it is made again is not forgotten when the answer comes") {
    Edge world;
    world.child_joins();
    world.declare(world.child, {"a", "b"}, "permanent");
    world.child_dies();
    world.child_joins();
    world.tick();
    const auto wish = world.only(world.child);
    REQUIRE(wish.command == "create_actors");
    world.declare(world.child, {"a", "b"}, "permanent");
    world.unregister({"a"}, "ended");
    world.reply(world.child, wish, "actors_are_created");
    world.advance(1s, {world.main, world.child});
    const auto again = world.only(world.child);
    CHECK(again.text("name") == "a");
}

TEST_CASE("an actor that is removed while it is made again leaves nothing on disk") {
    MemoryLedger ledger;
    Edge world(&ledger);
    world.child_joins();
    world.declare(world.child, {"a", "b"});
    world.child_dies();
    world.child_joins();
    world.tick();
    const auto wish = world.only(world.child);
    world.declare(world.child, {"a", "b"});
    world.unregister({"a"});
    world.reply(world.child, wish, "actors_are_created");
    world.tick();
    CHECK(ledger.rows.size() == 1);
    CHECK(ledger.rows.contains("b"));
}

TEST_CASE("one that cannot be made does not have the others made and unmade again and again") {
    Edge world;
    world.child_joins();
    std::vector<std::string> many;
    for (int i = 0; i < 20; ++i) many.push_back("n" + std::to_string(i));
    world.declare(world.child, many);
    world.child_dies();
    world.child_joins();
    int batches = 0;
    for (int round = 0; round < 200; ++round) {
        world.tick();
        for (const auto& wish : world.received(world.child)) {
            if (wish.kind != Kind::ask) continue;
            const bool is_batch = wish.command == "create_actors";
            batches += is_batch ? 1 : 0;
            if (is_batch || wish.text("name") == "n10")
                world.reply(world.child, wish, is_batch ? "actors_are_not_created" : "actor_is_not_created", map({{"reason", "x"}}));
            else {
                world.declare(world.child, {wish.text("name")});
                world.reply(world.child, wish, "actor_is_created");
            }
        }
    }
    CHECK(batches == 1);
    CHECK(world.stat("healed") == 19);
    CHECK(world.stat("given_up") == 1);
}

TEST_CASE("a process that is removed while its actors are made again takes the rest along") {
    Edge world;
    world.child_joins();
    world.declare(world.child, {"a"});
    world.declare(world.child, {"b"}, "permanent");
    world.child_dies();
    SECTION("in order") {
        world.child_joins();
        world.send(world.child, {}, "bye", {}, world.address[world.child]);
    }
    SECTION("by force") {
        world.child_joins();
        const Peer starter = world.launcher("first");
        world.send(starter, {}, "process_ended", map({{"node", "first.process_0"}, {"asked", true}}));
        world.advance(200ms, {world.main, starter});
    }
    SECTION("by force, and the connection was gone before the word came") {
        const Peer starter = world.launcher("first");
        world.send(starter, {}, "process_ended", map({{"node", "first.process_0"}, {"asked", true}}));
    }
    CHECK(world.stat("fallen") == 0);
}

TEST_CASE("temporary actors of an earlier broker are taken back but not made again") {
    MemoryLedger ledger;
    {
        Edge before(&ledger);
        before.child_joins();
        before.declare(before.child, {"there", "lost"}, "temporary");
    }
    Edge world(&ledger);
    world.child_joins({{"actors", brought("there")}});
    world.tick();
    CHECK(world.received(world.child).empty());
    CHECK(world.outcome_of("there") == "passed on");
    CHECK(world.outcome_of("lost") == "no_such_actor");
    CHECK(ledger.rows.size() == 1);
}

TEST_CASE("a process is not given the name of one whose actors wait for it") {
    MemoryLedger ledger;
    {
        Edge before(&ledger);
        before.child_joins();
        before.declare(before.child, {"a"});
    }
    Edge world(&ledger);
    world.ask(world.main, {}, "claim_process", {}, world.address[world.main]);
    CHECK(world.only(world.main).text("process") == "process_1");
}

TEST_CASE("parameters have a bound, each and all together") {
    Edge world;
    world.child_joins();
    const auto with = [](std::size_t bytes) {
        Value body = Edge::claim({"a"});
        body.set("params", map({{"text", std::string(bytes, 'x')}}));
        return body;
    };
    world.ask(world.child, {}, "register_actors", with(limits::declared_params_max), world.address[world.child]);
    CHECK(world.only(world.child).command == "too_large");
    world.ask(world.child, {}, "register_actors", with(limits::declared_params_max - 100), world.address[world.child]);
    CHECK(world.only(world.child).command == "actors_are_registered");
    CountedBounds bounds{Bounds().set(Bound::declared_bytes, 100)};
    DeclaredBytes few(bounds);
    const auto one = few.keep(Declaration{.params = std::string(90, 'x')});
    CHECK_THROWS_AS(few.keep(Declaration{.params = std::string(20, 'x')}), Error);
    {
        auto gone = one;
    }
    CHECK_THROWS_AS(few.keep(Declaration{.params = std::string(20, 'x')}), Error);
    CHECK(bounds.reached[Bound::declared_bytes] == 2);
}

TEST_CASE("a share of what goes to disk ends by bytes as well") {
    MemoryLedger ledger;
    Edge world(&ledger);
    world.child_joins();
    std::vector<std::string> many;
    for (int i = 0; i < 200; ++i) many.push_back("n" + std::to_string(i));
    Value body = Edge::claim(many);
    body.set("params", map({{"text", std::string(limits::declared_params_max - 100, 'x')}}));
    world.ask(world.child, {}, "register_actors", body, world.address[world.child]);
    CHECK(ledger.largest * limits::declared_params_max <= limits::row_bytes_per_round_max + limits::declared_params_max);
    for (int round = 0; round < 200; ++round) world.broker.on_round();
    CHECK(ledger.rows.size() == many.size());
}

TEST_CASE("a disk that refuses for long costs bounded memory, and is brought up to date in the end") {
    MemoryLedger ledger;
    Edge world(&ledger);
    world.child_joins();
    world.declare(world.child, {"lasting", "removed"});
    ledger.full = true;
    world.unregister({"removed"});
    std::vector<std::string> many;
    for (std::size_t i = 0; i < 50'000; ++i) many.push_back("n" + std::to_string(i));
    for (std::size_t done = 0; done <= limits::changes_waiting_max; done += 2 * many.size()) {
        world.declare(world.child, many);
        world.unregister(many);
        world.received(world.child);
    }
    CHECK(world.stat("changes_waiting") <= static_cast<std::int64_t>(limits::changes_waiting_max));
    ledger.full = false;
    world.advance(3s, {world.main, world.child});
    for (int round = 0; round < 1'000; ++round) world.broker.on_round();
    CHECK(ledger.rows.size() == 1);
    CHECK(ledger.rows.contains("lasting"));
}

TEST_CASE("a ledger that cannot be read, or holds what cannot be decoded, does not keep the broker from working") {
    MemoryLedger ledger;
    SECTION("cannot be read") { ledger.damaged = true; }
    SECTION("a class that is no MessagePack") { ledger.rows = {{"a", {"first.process_0.admin", 1, 1, "\xc1", "\x80"}}}; }
    SECTION("parameters that are none") { ledger.rows = {{"a", {"first.process_0.admin", 1, 1, "\x80", "\xc1"}}}; }
    Edge world(&ledger);
    world.child_joins();
    world.tick();
    CHECK(world.received(world.child).empty());
    world.declare(world.child, {"b"});
    CHECK(world.outcome_of("b") == "passed on");
}

TEST_CASE("a target that gives an adopted actor up before it has it harms nobody") {
    Edge world;
    world.child_joins();
    const Peer source = world.worker("second", "main");
    world.declare(source, {"a"}, "permanent");
    world.ask(world.me, {}, "recreate_actor", map({{"entity", "a"}, {"node", "first.process_0"}}));
    world.reply(world.child, world.only(world.child), "move_is_prepared");
    world.gates_nobody(source);
    world.reply(source, world.only(source), "snapshot", map({{"state", "s"}, {"mailbox", Value::Array{}}}));
    REQUIRE(world.only(world.child).command == "load");
    world.link.gone[source] = true;
    world.broker.on_disconnected(source);
    world.advance(300ms, {world.main, world.child});
    world.received(world.child);
    world.unregister({"a"});
    world.tick();
    CHECK(world.only(world.me).command == "actor_is_not_recreated");
    CHECK(world.received(world.child).size() <= 1);  // the cold instance is called off, and nobody is asked to make it again
    CHECK(world.outcome_of("a") == "no_such_actor");
    CHECK(world.stat("fallen") == 0);
}
