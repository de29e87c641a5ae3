// durable_test.cpp - the states of durable actors: on disk before the answer, given back to the next life, gone with a removal.
#include "memory_ledger.hpp"
#include "world.hpp"

using namespace peacepie;
using namespace peacepie::broker;
using namespace std::chrono_literals;

namespace {

struct Keeper : World {
    explicit Keeper(Ledger* ledger) : World(ledger) {}

    Peer main = worker("first", "main");
    Peer child = worker("first", "process_0");
    Peer me = client();

    Value declare(Peer peer, const char* name, bool durable = true) {
        ask(peer, {}, "register_actors", map({{"names", names({name})}, {"class_desc", map({{"class", "C"}})}, {"durable", durable}}), address[peer]);
        const auto answer = only(peer);
        REQUIRE(answer.command == "actors_are_registered");
        const auto* states = answer.body.find("states");
        return states != nullptr ? states->as_array()->front() : Value();
    }
    static Value word(const char* name, const char* state) { return map({{"name", name}, {"version", "1.0"}, {"state", Binary{state}}}); }
    void keep(Peer peer, const char* name, const char* state) { send(peer, {}, "keep_state", word(name, state), address[peer]); }
    void unregister(const char* name, const char* flag = nullptr) {
        Value body = map({{"names", names({name})}});
        if (flag != nullptr) body.set(flag, true);
        send(child, {}, "unregister_actors", body, address[child]);
    }
    std::int64_t stat(std::string_view which) {
        ask(me, {}, "stats");
        return only(me).number(which);
    }
};

Value kept(const char* state) { return map({{"version", "1.0"}, {"state", Binary{state}}, {"deliveries", Binary{}}}); }

}  // namespace

TEST_CASE("a state is on disk before an answer that came behind it goes out") {
    MemoryLedger ledger;
    Keeper world(&ledger);
    world.declare(world.child, "a");
    world.ask(world.me, "a", "tick");
    const auto asked = world.only(world.child);
    std::string batch;
    const auto body = Keeper::word("a", "new").encoded();
    append_batched(batch, {.command = "keep_state", .sender = world.address[world.child], .body = body});
    append_batched(batch, {.kind = Kind::reply, .mid = asked.mid, .command = "ticked", .recipient = asked.sender, .sender = "a"});
    world.broker.on_frame(world.child, batch);
    CHECK(world.received(world.me).empty());
    world.broker.on_round();
    CHECK(ledger.states.at("a").state == "new");
    CHECK(world.only(world.me).command == "ticked");
}

TEST_CASE("the next life of a durable actor is given what was kept of the last, and only the last word counts") {
    MemoryLedger ledger;
    MemoryLedger* const places[] = {&ledger, nullptr};
    for (auto* place : places) {
        Keeper world(place);
        CHECK(world.declare(world.child, "a") == Value());
        world.keep(world.child, "a", "one");
        world.keep(world.child, "a", "two");
        world.unregister("a");
        CHECK(world.declare(world.child, "a") == kept("two"));
    }
}

TEST_CASE("a state is forgotten when its actor is removed or ends by itself, and not when its process ends or a creation fails") {
    MemoryLedger ledger;
    Keeper world(&ledger);
    for (const char* flag : {"removed", "ended"}) {
        world.declare(world.child, "a");
        world.keep(world.child, "a", "one");
        world.unregister("a", flag);
        CHECK(ledger.states.empty());
    }
    world.declare(world.child, "a");
    world.keep(world.child, "a", "one");
    world.unregister("a");
    world.declare(world.child, "a");
    world.unregister("a", "unborn");
    CHECK(ledger.states.at("a").state == "one");
}

TEST_CASE("a state is taken from the process that holds the actor, and of durable ones only") {
    MemoryLedger ledger;
    Keeper world(&ledger);
    world.declare(world.child, "a");
    world.declare(world.child, "plain", false);
    world.keep(world.main, "a", "not mine");
    world.keep(world.child, "plain", "not durable");
    world.keep(world.child, "nobody", "not there");
    world.send(world.me, {}, "keep_state", Keeper::word("a", "forged"));
    CHECK(ledger.states.empty());
}

TEST_CASE("a disk that refuses a state gets it later") {
    MemoryLedger ledger;
    Keeper world(&ledger);
    world.declare(world.child, "a");
    ledger.full = true;
    world.keep(world.child, "a", "one");
    CHECK(ledger.states.empty());
    CHECK(world.stat("ledger_failures") == 1);
    ledger.full = false;
    world.advance(2s, {world.main, world.child});
    CHECK(ledger.states.at("a").state == "one");
}

TEST_CASE("a state that no message could carry back is refused, and the one before stays") {
    MemoryLedger ledger;
    Keeper world(&ledger);
    world.declare(world.child, "a");
    world.keep(world.child, "a", "one");
    world.keep(world.child, "a", std::string(limits::kept_state_max + 1, 'x').c_str());
    CHECK(ledger.states.at("a").state == "one");
    CHECK(world.stat("states_refused") == 1);
}
