// roster_test.cpp - sessions and who is PRIME.
#include "broker/roster.hpp"
#include "catch.hpp"
#include "wire/limits.hpp"

using namespace peacepie;
using namespace peacepie::broker;

TEST_CASE("a session is found by its connection, its address and its node in both forms") {
    Roster roster;
    auto& worker = roster.add(1, Role::worker, "first.main.admin");
    auto& client = roster.add(2, Role::client, "@me.1");
    CHECK(roster.find(Peer{1}) == &worker);
    CHECK(roster.find("@me.1") == &client);
    CHECK(roster.find_node("first.main") == &worker);
    CHECK(roster.find_node("first.main.admin") == &worker);
    CHECK(roster.find_node("@me.1") == nullptr);
    roster.remove(worker);
    CHECK(roster.find(Peer{1}) == nullptr);
    CHECK(roster.find("first.main.admin") == nullptr);
    CHECK(roster.workers().empty());
    CHECK(roster.size() == 1);
}

TEST_CASE("only workers and launchers owe heartbeats") {
    Roster roster;
    roster.add(1, Role::worker, "first.main.admin");
    roster.add(2, Role::client, "@2");
    roster.add(3, Role::launcher, "first.launcher");
    CHECK(roster.beating().size() == 2);
    CHECK(roster.launchers().size() == 1);
}

TEST_CASE("the first worker of a host is its PRIME and stays it while it is away") {
    Roster roster;
    auto& main = roster.add(1, Role::worker, "first.main.admin");
    main.host = "first";
    CHECK(roster.take_prime("first", "first.main.admin", false));
    CHECK_FALSE(roster.take_prime("first", "first.extra.admin", false));
    CHECK(roster.take_prime("second", "second.main.admin", false));
    CHECK(roster.prime_of("first") == &main);
    roster.remove(main);
    CHECK(roster.prime_of("first") == nullptr);
    CHECK_FALSE(roster.take_prime("first", "first.extra.admin", false));
    CHECK(roster.take_prime("first", "first.main.admin", false));
}

TEST_CASE("a claimed process becomes no PRIME, even when it comes back first") {
    Roster roster;
    CHECK_FALSE(roster.take_prime("first", "first.process_0.admin", false));
    CHECK(roster.take_prime("first", "first.main.admin", false));
    CHECK(is_claimed_process("process_12"));
    CHECK_FALSE(is_claimed_process("process_"));
    CHECK_FALSE(is_claimed_process("process_1a"));
    CHECK_FALSE(is_claimed_process("main"));
}

TEST_CASE("only so many closed peers are remembered") {
    Roster roster;
    for (Peer peer = 1; peer <= limits::closed_peers_max + 1; ++peer) roster.silence(peer);
    CHECK_FALSE(roster.is_silenced(1));
    CHECK(roster.is_silenced(2));
    roster.hear_again(2);
    CHECK_FALSE(roster.is_silenced(2));
}
