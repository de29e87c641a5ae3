// brought_test.cpp - a broker that knows nothing of an actor's declaration has it from the worker that brings the actor.
#include "memory_ledger.hpp"
#include "world.hpp"

using namespace peacepie;
using namespace peacepie::broker;
using namespace std::chrono_literals;

namespace {

const Value some_class = map({{"requires_dist", "p"}, {"class", "C"}});

Value row(const std::string& name, int epoch, const Value& place) {
    return map({{"name", name}, {"epoch", epoch}, {"class_desc", some_class}, {"declared", place}});
}
/// As workers bring it: encoded, so that it counts as one element.
Value declared(Value::Map fields) { return Binary{Value(std::move(fields)).encoded()}; }

/// A broker that was started again, and the worker `process_0` that comes back to it.
struct Successor : World {
    explicit Successor(Ledger* ledger = nullptr) : World(ledger) {}
    explicit Successor(const Bounds& bounds) : World(bounds) {}

    Peer me = client();
    Peer child = 0;

    Value hello(const Value& actors, const Value& texts) const {
        return map({{"role", "worker"}, {"host", "first"}, {"process", "process_0"}, {"actors", actors}, {"declared", texts}});
    }
    void joins(const Value& actors = Value::Array{}, const Value& texts = Value::Array{}) {
        child = stranger();
        ask(child, {}, "hello", hello(actors, texts));
        const auto welcome = only(child);
        REQUIRE(welcome.command == "welcome");
        address[child] = welcome.text("address");
    }
    /// What its successor is asked to make.
    std::vector<Message> wishes_after_death() {
        link.gone[child] = true;
        broker.on_disconnected(child);
        advance(300ms);
        joins();
        advance(200ms, {child});
        return received(child);
    }
    std::int64_t stat(std::string_view which) {
        ask(me, {}, "stats");
        return only(me).number(which);
    }
};

}  // namespace

TEST_CASE("a broker without names makes the actors that it was brought again, as they were declared") {
    Successor world;
    const Value group = map({{"name", "band"}, {"strategy", "one_for_one"}, {"intensity", 3}, {"period", 5.0}});
    world.joins(Value::Array{row("a", 5, 0), row("b", 6, 0), row("c", 7, 1)},
                Value::Array{declared({}), declared({{"params", map({{"size", 3}})}, {"restart", "permanent"}, {"durable", true}, {"group", group}})});
    auto wishes = world.wishes_after_death();
    REQUIRE(wishes.size() == 1);
    CHECK(*wishes[0].body.find("names") == names({"a", "b"}));
    CHECK(wishes[0].text("restart") == "transient");
    CHECK(wishes[0].body.find("params") == nullptr);
    world.ask(world.child, {}, "register_actors", map({{"names", names({"a", "b"})}, {"class_desc", some_class}}), world.address[world.child]);
    REQUIRE(world.only(world.child).command == "actors_are_registered");
    world.reply(world.child, wishes[0], "actors_are_created");
    const auto last = world.only(world.child);
    CHECK(last.text("name") == "c");
    CHECK(*last.body.find("class_desc") == some_class);
    CHECK(*last.body.find("params") == map({{"size", 3}}));
    CHECK(last.text("restart") == "permanent");
    CHECK(last.flag("durable"));
    CHECK(last.body.find("group")->encoded() == group.encoded());
}

TEST_CASE("names that were not on disk yet when their broker died are there once they are brought") {
    MemoryLedger ledger;
    Successor world(&ledger);
    world.joins();
    world.ask(world.child, {}, "bring_actors", map({{"actors", Value::Array{row("late", 5, 0)}}, {"declared", Value::Array{declared({{"restart", "permanent"}})}}}),
              world.address[world.child]);
    CHECK(world.only(world.child).command == "actors_are_brought");
    REQUIRE(ledger.rows.contains("late"));
    CHECK(*Value::decode(ledger.rows.at("late").declared).find("restart") == Value("permanent"));
}

TEST_CASE("a durable actor that was brought has its state kept") {
    Successor world;
    world.joins(Value::Array{row("a", 5, 0)}, Value::Array{declared({{"durable", true}})});
    world.send(world.child, {}, "keep_state", map({{"name", "a"}, {"version", "1.0"}, {"state", Binary{"new"}}}), world.address[world.child]);
    CHECK(world.stat("states_kept") == 1);
}

TEST_CASE("a temporary actor that was brought is not made again") {
    Successor world;
    world.joins(Value::Array{row("a", 5, 0)}, Value::Array{declared({{"restart", "temporary"}})});
    CHECK(world.wishes_after_death().empty());
}

TEST_CASE("of a life that is on disk the disk knows how it was declared, of a later one its worker") {
    MemoryLedger ledger;
    const auto on_disk = map({{"restart", "permanent"}}).encoded();
    ledger.rows = {{"same", {"first.process_0.admin", 5, 5, some_class.encoded(), on_disk}}, {"later", {"first.process_0.admin", 5, 4, some_class.encoded(), on_disk}}};
    Successor world(&ledger);
    world.joins(Value::Array{row("same", 5, 0), row("later", 9, 0)}, Value::Array{declared({{"restart", "temporary"}})});
    world.advance(1s, {world.child});
    CHECK(*Value::decode(ledger.rows.at("same").declared).find("restart") == Value("permanent"));
    CHECK(*Value::decode(ledger.rows.at("later").declared).find("restart") == Value("temporary"));
}

TEST_CASE("an actor that comes back out of the middle of a move has its declaration along, from either end") {
    for (const bool from_source : {true, false}) {
        Successor world;
        const auto *here = "first.process_0.admin", *there = "first.process_1.admin";
        Value copy = map({{"entity", "a"}, {"epoch", 20}, {"class_desc", some_class}, {"declared", 0}});
        copy.set("source", from_source ? here : there).set("target", from_source ? there : here).set(from_source ? "frozen" : "loaded", true);
        if (from_source) copy.set("life", 10);
        world.child = world.stranger();
        Value hello = world.hello(Value::Array{}, Value::Array{declared({{"params", map({{"size", 3}})}})});
        hello.set("moving", Value::Array{std::move(copy)});
        world.ask(world.child, {}, "hello", hello);
        world.advance(limits::node_patience + 1s, {world.child});
        CHECK(world.commands(world.child) == std::vector<std::string>{"welcome", from_source ? "resume" : "start"});
        const auto wishes = world.wishes_after_death();
        REQUIRE(wishes.size() == 1);
        CHECK(wishes[0].text("name") == "a");
        CHECK(*wishes[0].body.find("params") == map({{"size", 3}}));
    }
}

TEST_CASE("what cannot be a declaration is refused with the whole hello, and with the whole page") {
    const auto large = declared({{"params", map({{"text", std::string(limits::declared_params_max, 'x')}})}});
    const std::vector<std::pair<Value, Value>> odd = {
        {0, "none"}, {0, Value::Array{}}, {-1, Value::Array{declared({})}}, {1, Value::Array{declared({})}}, {"0", Value::Array{declared({})}},
        {0, Value::Array{map({{"restart", "permanent"}})}}, {0, Value::Array{Binary{"\xc1"}}}, {0, Value::Array{Binary{std::string(100, '\x91')}}},
        {0, Value::Array{Binary{}}}, {0, Value::Array{Binary{Value(3).encoded()}}}, {0, Value::Array{declared({{"restart", "sometimes"}})}},
        {0, Value::Array{declared({{"group", 3}})}}, {0, Value::Array{large}}};
    Successor world;
    world.joins();
    for (const auto& [place, texts] : odd) {
        INFO(texts.encoded().substr(0, 40));
        const Value rows = Value::Array{row("a", 5, {}), row("b", 6, place)};
        const Peer other = world.stranger();
        Value hello = world.hello(rows, texts);
        hello.set("process", "process_1");
        world.ask(other, {}, "hello", hello);
        world.ask(world.child, {}, "bring_actors", map({{"actors", rows}, {"declared", texts}}), world.address[world.child]);
        for (const Peer peer : {other, world.child}) {
            const auto answer = world.only(peer);
            CHECK(answer.kind == Kind::error);
            CHECK((answer.command == "bad_request" || answer.command == "bad_argument" || answer.command == "too_large"));
        }
        CHECK(world.stat("actors") == 0);
    }
}

TEST_CASE("actors for whose declarations there is no room are welcome without") {
    Bounds bounds;
    bounds.set(Bound::declared_bytes, 100);
    Successor world(bounds);
    world.joins(Value::Array{row("a", 5, 0), row("b", 6, 1)}, Value::Array{declared({{"params", map({{"text", std::string(200, 'x')}})}}), declared({})});
    CHECK(world.stat("actors") == 2);
    const auto wishes = world.wishes_after_death();
    REQUIRE(wishes.size() == 1);
    CHECK(wishes[0].text("name") == "b");
}

TEST_CASE("a durable actor for whose declaration there is no room answers nobody as if its state were kept") {
    Bounds bounds;
    bounds.set(Bound::declared_bytes, 100);
    Successor world(bounds);
    world.joins(Value::Array{row("a", 5, 0)}, Value::Array{declared({{"durable", true}, {"params", map({{"text", std::string(200, 'x')}})}})});
    world.ask(world.me, "a", "count");
    const auto count = world.only(world.child);
    world.send(world.child, {}, "keep_state", map({{"name", "a"}, {"epoch", 5}, {"version", "1.0.0"}, {"state", Binary{"one"}}}), world.address[world.child]);
    CHECK(world.commands(world.child) == std::vector<std::string>{"state_is_not_kept"});
    world.reply(world.child, count, "counted", {}, "a");
    CHECK(world.only(world.me).command == "no_space");
}
