// registry_test.cpp - names, epochs, pages and guesses.
#include "wire/closest.hpp"
#include "broker/registry.hpp"
#include "broker/session.hpp"
#include "catch.hpp"

using namespace peacepie;
using namespace peacepie::broker;

TEST_CASE("a name that was added is found until it is removed") {
    Registry registry(1);
    Session session(1, Role::worker);
    registry.add("greeter", session, registry.next_epoch(), 0);
    REQUIRE(registry.find("greeter") != nullptr);
    CHECK(registry.find("greeter")->session == &session);
    CHECK(registry.find("greete") == nullptr);
    CHECK(session.actors == 1);
    CHECK(registry.remove("greeter"));
    CHECK(registry.find("greeter") == nullptr);
    CHECK_FALSE(registry.remove("greeter"));
    CHECK(session.actors == 0);
}

TEST_CASE("epochs only grow, also past those of an earlier broker") {
    Registry registry(10);
    CHECK(registry.next_epoch() == 11);
    registry.epoch_seen(50);
    CHECK(registry.next_epoch() == 51);
    registry.epoch_seen(20);
    CHECK(registry.next_epoch() == 52);
}

TEST_CASE("the names of a lost session go and those of others stay") {
    Registry registry(1);
    Session one(1, Role::worker), other(2, Role::worker);
    for (int i = 0; i < 100; ++i) registry.add("actor_" + std::to_string(i), i % 2 == 0 ? one : other, registry.next_epoch(), 0);
    int shown = 0;
    registry.remove_all(one, [&](const std::string&, const Registration& actor) { shown += actor.session == &one ? 1 : 0; });
    CHECK(shown == 50);
    CHECK(registry.size() == 50);
    CHECK(registry.find("actor_0") == nullptr);
    CHECK(registry.find("actor_1")->session == &other);
}

TEST_CASE("a moved name counts for its new session") {
    Registry registry(1);
    Session source(1, Role::worker), target(2, Role::worker);
    auto& actor = registry.add("greeter", source, 2, 0);
    registry.move_to("greeter", actor, target, 3);
    CHECK(source.actors == 0);
    CHECK(target.actors == 1);
    CHECK(registry.find("greeter")->epoch == 3);
}

TEST_CASE("a page holds its part of the sorted names") {
    Registry registry(1);
    Session session(1, Role::worker);
    for (const auto* name : {"delta", "alpha", "echo", "charlie", "bravo"}) registry.add(name, session, registry.next_epoch(), 0);
    CHECK(registry.page(session, 0, 2) == std::vector<std::string>{"alpha", "bravo"});
    CHECK(registry.page(session, 2, 2) == std::vector<std::string>{"charlie", "delta"});
    CHECK(registry.page(session, 4, 2) == std::vector<std::string>{"echo"});
    CHECK(registry.page(session, 5, 2).empty());
}

TEST_CASE("equal class descriptions are kept once") {
    Registry registry(1);
    Session session(1, Role::worker);
    CHECK(registry.intern("abc") == registry.intern("abc"));
    CHECK(registry.intern("abc") != registry.intern("abd"));
    CHECK(registry.class_desc(registry.add("a", session, 1, registry.intern("abc"))) == "abc");
    CHECK(registry.class_desc(registry.add("b", session, 1, registry.intern(""))).empty());
}

TEST_CASE("the edit distance counts changes, and swapped neighbours once") {
    CHECK(edit_distance("greeter", "greeter", 3) == 0);
    CHECK(edit_distance("greeter", "greter", 3) == 1);
    CHECK(edit_distance("greeter", "rgeeter", 3) == 1);
    CHECK(edit_distance("greeter", "grxxter", 3) == 2);
    CHECK(edit_distance("", "ab", 3) == 2);
    CHECK(edit_distance("greeter", "something_else", 3) > 3);
}

TEST_CASE("close names come best first and strangers not at all") {
    Registry registry(1);
    Session session(1, Role::worker);
    for (const auto* name : {"hello_world", "hello_wrold", "hallo_welt", "counter"}) registry.add(name, session, 1, 0);
    const auto close = registry.close_to("hello_worl");
    REQUIRE(close.size() >= 2);
    CHECK(close[0] == "hello_world");
    CHECK(close[1] == "hello_wrold");
    CHECK(registry.close_to("zzz").empty());
}
