// unsettled_test.cpp - moves that an earlier broker left unfinished: who goes on, whoever comes back first.
#include "world.hpp"

using namespace peacepie;
using namespace peacepie::broker;
using namespace std::chrono_literals;

namespace {

constexpr const char* source_node = "first.main.admin";
constexpr const char* target_node = "first.process_0.admin";

/// A broker that was started again, and workers that come back from a move of the actor `a`.
struct Returning : World {
    Peer me = client();

    static Value copy(const char* what) {
        Value one = map({{"entity", "a"}, {"epoch", 20}, {"source", source_node}, {"target", target_node}, {"class_desc", map({{"class", "C"}})}, {what, true}});
        if (std::string_view(what) == "frozen") one.set("life", 10);
        return Value::Array{one};
    }
    Peer joins(const char* process, const char* field = nullptr, const Value& value = {}) {
        const Peer peer = stranger();
        Value hello = map({{"role", "worker"}, {"host", "first"}, {"process", process}});
        if (field != nullptr) hello.set(field, value);
        ask(peer, {}, "hello", hello);
        for (const auto& message : received(peer))
            if (message.command == "welcome") address[peer] = message.text("address");
        REQUIRE(address.contains(peer));
        return peer;
    }
    Peer source_with_frozen() { return joins("main", "moving", copy("frozen")); }
    Peer target_with_loaded() { return joins("process_0", "moving", copy("loaded")); }
    std::vector<std::string> told(Peer peer) {
        std::vector<std::string> all;
        for (const auto& message : received(peer))
            if (message.command != "node_lost") all.push_back(message.command);
        return all;
    }
    std::string home() {
        ask(me, {}, "seek_actor", map({{"entity", "a"}}));
        return only(me).text("node");
    }
};

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("when both come back and the target has not started, the source goes on and the copy is dropped, in either order") {
    for (const bool source_first : {true, false}) {
        Returning world;
        Peer source = 0, target = 0;
        if (source_first) source = world.source_with_frozen();
        target = world.target_with_loaded();
        if (!source_first) source = world.source_with_frozen();
        world.advance(200ms, {source, target});
        CHECK(world.told(source) == Words{"resume"});
        CHECK(world.told(target) == Words{"cancel_move"});
        CHECK(world.home() == source_node);
    }
}

TEST_CASE("when the target has started, the frozen actor is dropped") {
    for (const bool source_first : {true, false}) {
        Returning world;
        Peer source = 0;
        if (source_first) source = world.source_with_frozen();
        const Value living = Value::Array{map({{"name", "a"}, {"epoch", 20}})};
        const Peer target = world.joins("process_0", "actors", living);
        if (!source_first) source = world.source_with_frozen();
        world.advance(200ms, {source, target});
        const auto word = world.only(source);
        CHECK(word.command == "discard");
        CHECK_FALSE(word.flag("fenced"));  // its mail lives on at the target
        CHECK(world.home() == target_node);
    }
}

TEST_CASE("when only the target has it, the target starts") {
    Returning world;
    const Peer target = world.target_with_loaded();
    world.advance(1s, {target});
    CHECK(world.told(target).empty());
    const Peer source = world.joins("main");
    world.advance(200ms, {source, target});
    CHECK(world.told(target) == Words{"start"});
    CHECK(world.home() == target_node);
}

TEST_CASE("who does not come back is waited for, and not for ever") {
    Returning world;
    const Peer source = world.source_with_frozen();
    world.advance(5s, {source});
    CHECK(world.told(source).empty());
    CHECK(world.home().empty());
    world.ask(world.me, "a", "tick");
    CHECK(world.only(world.me).command == "unavailable");
    world.advance(6s, {source});
    CHECK(world.told(source) == Words{"resume"});
    CHECK(world.home() == source_node);
}

TEST_CASE("an actor that froze between two hellos of its worker goes on, though the first of them brought it as living") {
    for (const bool source_first : {true, false}) {
        Returning world;
        Peer target = 0;
        if (!source_first) target = world.target_with_loaded();
        const Peer source = world.joins("main", "actors", Value::Array{map({{"name", "a"}, {"epoch", 10}})});
        world.ask(source, {}, "hello", map({{"role", "worker"}, {"host", "first"}, {"process", "main"}, {"moving", Returning::copy("frozen")}}));
        if (source_first) target = world.target_with_loaded();
        world.advance(200ms, {source, target});
        CHECK(world.told(source) == Words{"welcome", "resume"});
        CHECK(world.told(target) == Words{"cancel_move"});
        CHECK(world.home() == source_node);
    }
}

TEST_CASE("a hello that is older than the word to start, or to go on, takes nothing back") {
    Returning world;
    const Peer source = world.source_with_frozen();
    const Peer target = world.joins("process_0");
    world.advance(200ms, {source, target});
    REQUIRE(world.told(source) == Words{"resume"});
    world.ask(source, {}, "hello", map({{"role", "worker"}, {"host", "first"}, {"process", "main"}, {"moving", Returning::copy("frozen")}}));
    world.advance(200ms, {source, target});
    for (const auto& word : world.told(source)) CHECK(word != "discard");

    Returning other;
    const Peer starting = other.target_with_loaded();
    const Peer without = other.joins("main");
    other.advance(200ms, {starting, without});
    REQUIRE(other.told(starting) == Words{"start"});
    other.ask(starting, {}, "hello", map({{"role", "worker"}, {"host", "first"}, {"process", "process_0"}, {"moving", Returning::copy("loaded")}}));
    other.advance(200ms, {starting, without});
    for (const auto& word : other.told(starting)) CHECK(word != "cancel_move");
}

TEST_CASE("a copy whose process dies while it waits is forgotten") {
    Returning world;
    const Peer source = world.source_with_frozen();
    world.send(source, {}, "bye", {}, world.address[source]);
    const Peer target = world.joins("process_0");
    world.advance(12s, {target});
    CHECK(world.told(target).empty());
    CHECK(world.home().empty());
}

TEST_CASE("what is no list of moves, or another's move, is refused or passed over") {
    Returning world;
    const Peer odd = world.stranger();
    world.ask(odd, {}, "hello", map({{"role", "worker"}, {"host", "first"}, {"process", "main"}, {"moving", Value::Array{map({{"entity", 7}})}}}));
    CHECK(world.only(odd).command == "bad_request");
    const Peer other = world.joins("process_7", "moving", Returning::copy("frozen"));
    world.advance(12s, {other});
    CHECK(world.told(other).empty());
    CHECK(world.home().empty());
}

TEST_CASE("a frozen actor that a later life has outlived is dropped though that one died, and its mail counts as lost") {
    Returning world;
    const Peer later = world.joins("process_7", "actors", Value::Array{map({{"name", "b"}, {"epoch", 30}})});
    world.ask(later, {}, "register_actors", map({{"names", names({"a"})}, {"class_desc", map({{"class", "C"}})}, {"restart", "transient"}}), world.address[later]);
    world.received(later);
    world.link.gone[later] = true;
    world.broker.on_disconnected(later);
    world.advance(300ms);
    const Peer source = world.joins("main");
    world.ask(source, {}, "hello", map({{"role", "worker"}, {"host", "first"}, {"process", "main"}, {"moving", Returning::copy("frozen")}}));
    const auto told = world.received(source);
    REQUIRE(told.size() == 2);
    CHECK(told[1].command == "discard");
    CHECK(told[1].flag("fenced"));
    world.advance(1s, {source});
    for (const auto& word : world.told(source)) CHECK(word != "resume");
}
