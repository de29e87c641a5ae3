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
    /// From `peer`, in one frame: each a state or, without one, an answer.
    struct Word {
        const char* name;
        const char* state;
        Message asked = {};
    };
    void say_at_once(Peer peer, const std::vector<Word>& words) {
        std::string batch;
        for (const auto& [name, state, asked] : words) {
            const auto body = state != nullptr ? word(name, state).encoded() : std::string();
            if (state != nullptr) append_batched(batch, {.command = "keep_state", .sender = address[peer], .body = body});
            else append_batched(batch, {.kind = Kind::reply, .mid = asked.mid, .command = "ticked", .recipient = asked.sender, .sender = name});
        }
        feed(peer, batch);
    }
    Message asked(const char* name) {
        ask(me, name, "tick");
        return only(child);
    }
    /// What `me` hears when that actor answers, behind that state if there is one.
    Message answer_of(const char* name, const char* state = nullptr) {
        const auto it = asked(name);
        if (state != nullptr) say_at_once(child, {{name, state}, {name, nullptr, it}});
        else say_at_once(child, {{name, nullptr, it}});
        const auto answer = only(me);
        CHECK(answer.mid == it.mid);
        return answer;
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
    int writes = 0;
    ledger.on_write = [&] {
        ++writes;
        CHECK(world.link.frames[world.me].empty());
    };
    CHECK(world.answer_of("a", "new").command == "ticked");
    CHECK(writes == 1);
    CHECK(ledger.states.at("a").state == "new");
}

TEST_CASE("the states of a round are on disk with one write, and what came behind each of them goes out in its order") {
    MemoryLedger ledger;
    Keeper world(&ledger);
    world.declare(world.child, "a");
    world.declare(world.child, "b");
    const auto first = world.asked("a"), second = world.asked("b"), third = world.asked("a");
    int writes = 0;
    ledger.on_write = [&] { ++writes; };
    world.say_at_once(world.child, {{"a", "1"}, {"a", nullptr, first}, {"b", "2"}, {"b", nullptr, second}, {"a", "3"}, {"a", nullptr, third}});
    const auto answers = world.received(world.me);
    REQUIRE(answers.size() == 3);
    CHECK((answers[0].mid == first.mid && answers[1].mid == second.mid && answers[2].mid == third.mid));
    CHECK(writes == 1);
    CHECK(ledger.states.at("a").state == "3");
}

TEST_CASE("while the disk refuses the state of an actor who asks it is told so, and others are answered as ever") {
    MemoryLedger ledger;
    Keeper world(&ledger);
    for (const char* name : {"a", "b"}) world.declare(world.child, name);
    world.declare(world.child, "plain", false);
    CHECK(world.answer_of("b", "kept before").command == "ticked");
    ledger.full = true;
    const auto refused = world.answer_of("a", "new");
    CHECK(refused.kind == Kind::error);
    CHECK(refused.command == "no_space");
    CHECK(refused.text("text").find("the disk is full") != std::string::npos);
    CHECK(world.answer_of("a").command == "no_space");
    CHECK(world.answer_of("b").command == "ticked");
    CHECK(world.answer_of("plain").command == "ticked");
    ledger.full = false;
    world.advance(2s, {world.main, world.child});
    CHECK(ledger.states.at("a").state == "new");
    CHECK(world.answer_of("a").command == "ticked");
}

TEST_CASE("what a durable actor sends behind a state that the disk refuses is a dead letter, and what it asks is answered with the reason") {
    MemoryLedger ledger;
    Keeper world(&ledger);
    world.declare(world.child, "a");
    world.declare(world.child, "beside", false);
    world.declare(world.main, "other", false);
    ledger.full = true;
    std::string batch;
    const auto body = Keeper::word("a", "new").encoded();
    append_batched(batch, {.command = "keep_state", .sender = world.address[world.child], .body = body});
    append_batched(batch, {.command = "told", .recipient = "other", .sender = "a"});
    append_batched(batch, {.kind = Kind::ask, .mid = 7, .command = "asked", .recipient = "other", .sender = "a", .timeout_ms = 1'000});
    append_batched(batch, {.kind = Kind::ask, .mid = 8, .command = "get_members", .sender = "a", .timeout_ms = 1'000});
    append_batched(batch, {.command = "told", .recipient = "other", .sender = "beside"});
    world.feed(world.child, batch);
    CHECK(world.only(world.main).sender == "beside");
    for (const auto& answer : world.received(world.child)) CHECK((answer.command == "no_space" && answer.recipient == "a"));
    CHECK(world.stat("dead_letters") == 1);
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
    CHECK(world.commands(world.child) == std::vector<std::string>{"state_is_not_kept"});
    CHECK(world.answer_of("a").command == "no_space");
    CHECK(world.answer_of("a", "two").command == "ticked");
}
