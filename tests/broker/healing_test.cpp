// healing_test.cpp - actors whose process died are made again, in order, where they were or elsewhere, and not for ever.
#include "world.hpp"

using namespace peacepie;
using namespace peacepie::broker;
using namespace std::chrono_literals;

namespace {

struct Ward : World {
    Peer main = worker("first", "main");
    Peer child = worker("first", "process_0");
    Peer me = client();

    void declare(std::vector<std::string> which, const Value::Map& more = {}) {
        Value body = map({{"names", names(std::move(which))}, {"class_desc", map({{"requires_dist", "p"}, {"class", "C"}})}});
        for (const auto& [key, value] : more) body.set(key, value);
        ask(child, {}, "register_actors", body, address[child]);
        REQUIRE(only(child).command == "actors_are_registered");
    }
    void child_dies() {
        link.gone[child] = true;
        broker.on_disconnected(child);
        advance(300ms, {main});
        received(main);  // node_lost
    }
    void child_comes_back(const Value& actors = Value::Array{}) {
        child = stranger();
        ask(child, {}, "hello", map({{"role", "worker"}, {"host", "first"}, {"process", "process_0"}, {"actors", actors}}));
        address[child] = only(child).text("address");
        advance(100ms, {main, child});
    }
    /// The new process makes what it is asked for.
    void makes(const Message& wish, std::vector<std::string> which) {
        declare_as_made(which);
        reply(child, wish, which.size() == 1 ? "actor_is_created" : "actors_are_created");
    }
    void declare_as_made(const std::vector<std::string>& which) {
        ask(child, {}, "register_actors",
            map({{"names", names(which)}, {"class_desc", map({{"requires_dist", "p"}, {"class", "C"}})}}), address[child]);
        auto messages = received(child);
        REQUIRE(messages.size() == 1);
        REQUIRE(messages.front().command == "actors_are_registered");
    }
    std::int64_t stat(std::string_view which) {
        ask(me, {}, "stats");
        return only(me).number(which);
    }
};

std::vector<std::string> names_in(const Message& message) {
    std::vector<std::string> all;
    if (const auto* list = message.body.find("names"))
        for (const auto& name : *list->as_array()) all.push_back(*name.as_text());
    return all;
}

}  // namespace

TEST_CASE("the actors of a dead process are made again in its successor, in the order in which they were created") {
    Ward world;
    world.declare({"z"}, {{"params", map({{"size", 3}})}, {"restart", "permanent"}});
    world.declare({"a", "c"});
    world.declare({"b"});
    world.child_dies();
    CHECK(world.stat("fallen") == 4);
    world.ask(world.me, "a", "tick");
    CHECK(world.only(world.me).command == "unavailable");
    world.ask(world.me, {}, "recreate_actor", map({{"entity", "a"}, {"node", "first.main"}}));
    CHECK(world.only(world.me).text("reason") == "unavailable");
    world.child_comes_back();
    const auto first = world.only(world.child);
    CHECK(first.command == "create_actor");
    CHECK(first.text("name") == "z");
    CHECK(first.text("restart") == "permanent");
    CHECK(*first.body.find("params") == map({{"size", 3}}));
    CHECK(*first.body.find("class_desc") == map({{"requires_dist", "p"}, {"class", "C"}}));
    world.makes(first, {"z"});
    const auto rest = world.only(world.child);
    CHECK(rest.command == "create_actors");
    CHECK(names_in(rest) == std::vector<std::string>{"a", "c", "b"});
    world.makes(rest, {"a", "c", "b"});
    CHECK(world.stat("fallen") == 0);
    CHECK(world.stat("healed") == 4);
    world.ask(world.me, "a", "tick");
    CHECK(world.only(world.child).command == "tick");
}

TEST_CASE("temporary actors are not made again") {
    Ward world;
    world.declare({"a"}, {{"restart", "temporary"}});
    world.child_dies();
    CHECK(world.stat("fallen") == 0);
    world.child_comes_back();
    CHECK(world.received(world.child).empty());
}

TEST_CASE("a worker that only seemed dead brings its actors and none is made twice") {
    Ward world;
    world.declare({"a", "b"});
    world.child_dies();
    world.child_comes_back(Value::Array{map({{"name", "a"}, {"epoch", 9}}), map({{"name", "b"}, {"epoch", 10}})});
    CHECK(world.received(world.child).empty());
    CHECK(world.stat("fallen") == 0);
    world.child_dies();  // and once more, this time indeed: how they were declared was not forgotten
    world.child_comes_back();
    CHECK(names_in(world.only(world.child)) == std::vector<std::string>{"a", "b"});
}

TEST_CASE("actors are not made again before a worker has brought all that it has") {
    Ward world;
    world.declare({"a"});
    world.child_dies();
    world.child = world.stranger();
    world.ask(world.child, {}, "hello", map({{"role", "worker"}, {"host", "first"}, {"process", "process_0"}, {"more", 1}}));
    world.address[world.child] = world.only(world.child).text("address");
    world.advance(1s, {world.main, world.child});
    CHECK(world.received(world.child).empty());
    world.ask(world.child, {}, "bring_actors", map({{"actors", Value::Array{map({{"name", "a"}, {"epoch", 9}})}}}), world.address[world.child]);
    world.advance(1s, {world.main, world.child});
    CHECK(world.only(world.child).command == "actors_are_brought");
    CHECK(world.stat("fallen") == 0);
}

TEST_CASE("when no successor comes another process makes them") {
    Ward world;
    const Peer far = world.worker("second", "main");
    world.declare({"a"});
    world.child_dies();
    world.advance(limits::node_patience - 1s, {world.main, far});
    CHECK(world.commands(world.main).empty());
    world.advance(2s, {world.main, far});
    CHECK(world.commands(world.main) == std::vector<std::string>{"create_actor"});  // the same host goes first
}

TEST_CASE("a batch that fails is made one by one, and the one that cannot be made is given up") {
    Ward world;
    world.declare({"good", "bad"});
    world.child_dies();
    world.child_comes_back();
    const auto batch = world.only(world.child);
    world.reply(world.child, batch, "actors_are_not_created", map({{"reason", "handler_failed"}, {"text", "no"}}));
    world.advance(300ms, {world.main, world.child});
    const auto good = world.only(world.child);
    CHECK(good.text("name") == "good");
    world.makes(good, {"good"});
    for (int attempt = 0; attempt < limits::healing_attempts_max; ++attempt) {
        const auto bad = world.only(world.child);
        CHECK(bad.text("name") == "bad");
        world.reply(world.child, bad, "actor_is_not_created", map({{"reason", "handler_failed"}, {"text", "no"}}));
        world.advance(3s, {world.main, world.child});
    }
    CHECK(world.received(world.child).empty());
    CHECK(world.stat("given_up") == 1);
    CHECK(world.stat("fallen") == 0);
    world.ask(world.me, "bad", "tick");
    CHECK(world.only(world.me).command == "no_such_actor");
    world.declare({"bad"});  // by hand it is never refused
}

TEST_CASE("an actor whose making kills each new process is given up") {
    Ward world;
    world.declare({"poison"});
    for (int life = 0; life < limits::healing_attempts_max; ++life) {
        world.child_dies();
        world.child_comes_back();
        world.advance(3s, {world.main, world.child});
        CHECK(world.only(world.child).text("name") == "poison");
        if (life % 2 == 0) world.declare_as_made({"poison"});  // it may come as far as having its name
    }
    world.child_dies();
    world.child_comes_back();
    world.advance(3s, {world.main, world.child});
    CHECK(world.received(world.child).empty());
    CHECK(world.stat("given_up") == 1);
}

TEST_CASE("a permanent actor that retires is made again, but not for ever") {
    Ward world;
    world.declare({"a"}, {{"restart", "permanent"}});
    world.declare({"b"});
    const auto retire = [&](const char* name) {
        world.send(world.child, {}, "unregister_actors", map({{"names", names({name})}, {"ended", true}}), world.address[world.child]);
        world.advance(1100ms, {world.main, world.child});
    };
    retire("b");
    CHECK(world.received(world.child).empty());
    for (std::size_t life = 0; life < limits::restarts_max; ++life) {
        retire("a");
        const auto wish = world.only(world.child);
        CHECK(wish.text("name") == "a");
        world.ask(world.child, {}, "register_actors", wish.body.find("restart") != nullptr
                      ? map({{"names", names({"a"})}, {"class_desc", map({{"class", "C"}})}, {"restart", "permanent"}}) : Value(), world.address[world.child]);
        REQUIRE(world.only(world.child).command == "actors_are_registered");
        world.reply(world.child, wish, "actor_is_created");
    }
    retire("a");
    CHECK(world.received(world.child).empty());
    CHECK(world.stat("given_up") == 1);
}

TEST_CASE("a name that waits for its process can be given by hand or removed") {
    Ward world;
    world.declare({"a", "b"});
    world.child_dies();
    world.register_actors(world.main, {"a"});
    world.ask(world.me, {}, "remove_actor", map({{"name", "b"}}));
    CHECK(world.only(world.me).command == "actor_is_removed");
    world.child_comes_back();
    CHECK(world.received(world.child).empty());
    CHECK(world.stat("fallen") == 0);
}

TEST_CASE("an actor that is just being made again cannot be removed at that moment") {
    Ward world;
    world.declare({"a"});
    world.child_dies();
    world.child_comes_back();
    world.ask(world.me, {}, "remove_actor", map({{"name", "a"}}));
    CHECK(world.only(world.me).command == "unavailable");
}

TEST_CASE("a worker that ends in order takes its actors along") {
    Ward world;
    world.declare({"a"}, {{"restart", "permanent"}});
    world.send(world.child, {}, "bye", {}, world.address[world.child]);
    CHECK(world.stat("fallen") == 0);
}

TEST_CASE("a policy that does not exist is refused") {
    Ward world;
    world.ask(world.child, {}, "register_actors",
              map({{"names", names({"a"})}, {"class_desc", map({{"class", "C"}})}, {"restart", "often"}}), world.address[world.child]);
    CHECK(world.only(world.child).command == "bad_argument");
}
