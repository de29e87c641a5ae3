#include "catch.hpp"

#include "client/exit_code.hpp"

using namespace peacepie;
using namespace peacepie::client;

namespace {

Answer reply(std::string command, Value body = {}) { return {Kind::reply, 1, std::move(command), "", std::move(body)}; }

}  // namespace

TEST_CASE("every fault ends the command line with its number") {
    CHECK(exit_of("no_such_actor") == Exit::not_found);
    CHECK(exit_of("no_such_node") == Exit::not_found);
    CHECK(exit_of("denied") == Exit::denied);
    CHECK(exit_of("expired") == Exit::timed_out);
    CHECK(exit_of("conflict") == Exit::conflict);
    CHECK(exit_of("no_session") == Exit::unreachable);
    CHECK(exit_of("handler_failed") == Exit::failed);
    CHECK(exit_of("worker_lost") == Exit::failed);
    CHECK(exit_of("an_authors_own_code") == Exit::failed);
}

TEST_CASE("the numbers that scripts rely on do not change") {
    CHECK(static_cast<int>(Exit::ok) == 0);
    CHECK(static_cast<int>(Exit::failed) == 1);
    CHECK(static_cast<int>(Exit::usage) == 2);
    CHECK(static_cast<int>(Exit::not_found) == 3);
    CHECK(static_cast<int>(Exit::denied) == 4);
    CHECK(static_cast<int>(Exit::timed_out) == 5);
    CHECK(static_cast<int>(Exit::unreachable) == 6);
    CHECK(static_cast<int>(Exit::conflict) == 7);
    CHECK(static_cast<int>(Exit::incompatible) == 8);
    CHECK(static_cast<int>(Exit::internal) == 70);
    CHECK(static_cast<int>(Exit::bad_config) == 78);
}

TEST_CASE("a reply that says it did not work is no success") {
    CHECK(exit_of(reply("hello_world")) == Exit::ok);
    CHECK(exit_of(reply("actor_is_not_created", Value::Map{{"reason", "bad_argument"}})) == Exit::failed);
    CHECK(exit_of(reply("actor_is_not_created", Value::Map{{"reason", "conflict"}})) == Exit::conflict);
    CHECK(exit_of(reply("actor_is_not_recreated", Value::Map{{"reason", "no_such_node"}})) == Exit::not_found);
    CHECK(exit_of(reply("actor_is_not_created")) == Exit::failed);
    CHECK(exit_of(reply("actor_is_absent")) == Exit::not_found);
    CHECK(exit_of(reply("actor_is_not_found")) == Exit::not_found);
    CHECK(exit_of(reply("light_is_not_on")) == Exit::ok);
}
