// withheld_test.cpp - names of processes that may run on behind a network that is cut: whose they are, and from when on.
#include "wire/tally_page.hpp"
#include "world.hpp"

using namespace peacepie;
using namespace peacepie::broker;
using namespace std::chrono_literals;

namespace {

/// A process on another machine with two actors of which one is made again, and one that can have their names.
struct Far : World {
    Peer here = worker("first", "main");
    Peer launcher = World::launcher("second");
    Peer far = 0;
    Peer me = client();
    std::string secret;

    explicit Far(bool is_remote = true) {
        joins({{"remote", is_remote}, {"pid", 42}});
        registers("plain", "temporary");
        registers("lasting", "permanent");
    }
    void registers(const std::string& name, const std::string& restart) {
        const Value declared = map({{"names", names({name})}, {"class_desc", map({{"requires_dist", "p"}, {"class", "C"}})}, {"restart", restart}});
        ask(far, {}, "register_actors", declared, address[far]);
        REQUIRE(only(far).command == "actors_are_registered");
    }
    Message joins(Value::Map more) {
        far = stranger();
        Value hello = map({{"role", "worker"}, {"host", "second"}, {"process", "main"}});
        for (auto& [key, value] : more) hello.set(key, value);
        ask(far, {}, "hello", hello);
        auto welcome = only(far);
        REQUIRE(welcome.command == "welcome");
        address[far] = welcome.text("address");
        secret = welcome.text("session");
        return welcome;
    }
    void falls_silent() {
        advance(limits::heartbeat_patience + limits::broker_tick, {here, launcher});
        received(here);
        received(far);
    }
    /// What HEAD says when the process here wants a name.
    std::string takes(const std::string& name) {
        ask(here, {}, "register_actors", map({{"names", names({name})}, {"class_desc", map({{"class", "C"}})}}), address[here]);
        return only(here).command;
    }
    std::vector<std::string> asked_for(Peer worker) {
        std::vector<std::string> all;
        for (const auto& message : received(worker))
            if (message.command == "create_actor") all.push_back(message.text("name"));
        return all;
    }
};

constexpr auto nearly = limits::node_patience - 1s, behind = 2s;

}  // namespace

TEST_CASE("names of a process on another machine that fell silent are free for nobody else before it has stopped, and then they are") {
    Far world;
    world.falls_silent();
    CHECK(world.takes("plain") == "unavailable");
    CHECK(world.takes("lasting") == "unavailable");
    CHECK(world.takes("another") == "actors_are_registered");
    world.advance(nearly, {world.here});
    CHECK(world.takes("plain") == "unavailable");
    CHECK(world.asked_for(world.here).empty());
    world.advance(behind, {world.here});
    CHECK(world.asked_for(world.here) == std::vector<std::string>{"lasting"});
    CHECK(world.takes("plain") == "actors_are_registered");
}

TEST_CASE("who wants such a name is told where it may still be in use and when it is free") {
    Far world;
    world.falls_silent();
    world.ask(world.here, {}, "register_actors", map({{"names", names({"plain"})}, {"class_desc", map({{"class", "C"}})}}), world.address[world.here]);
    CHECK(world.only(world.here).text("text") == "the name plain may still be in use in second.main.admin, of which nothing is heard; it is free in 10 s");
}

TEST_CASE("names of a silent process on the broker's machine, where no network can cut it off, are free at once") {
    Far world(false);
    world.falls_silent();
    CHECK(world.takes("plain") == "actors_are_registered");
}

TEST_CASE("a connection that ends says nothing of the process behind it, and its launcher's word says all") {
    for (const bool is_told : {false, true}) {
        Far world;
        if (is_told) world.ask(world.launcher, {}, "process_ended", map({{"node", "second.main.admin"}, {"pid", 42}, {"text", "killed by signal 9"}}));
        world.link.gone[world.far] = true;
        world.broker.on_disconnected(world.far);
        world.advance(1s, {world.here, world.launcher});
        world.received(world.here);
        CHECK(world.takes("plain") == (is_told ? "actors_are_registered" : "unavailable"));
    }
}

TEST_CASE("what its launcher says later frees them as well, if it speaks of that process") {
    Far world;
    world.falls_silent();
    world.ask(world.launcher, {}, "process_ended", map({{"node", "second.main.admin"}, {"pid", 43}, {"text", "killed by signal 9"}}));
    CHECK(world.takes("plain") == "unavailable");
    world.ask(world.launcher, {}, "process_ended", map({{"node", "second.main.admin"}, {"pid", 42}, {"text", "killed by signal 9"}}));
    CHECK(world.takes("plain") == "actors_are_registered");
}

TEST_CASE("the process itself has its names as soon as it is back") {
    Far world;
    world.falls_silent();
    const Value brought = Value::Array{map({{"name", "plain"}, {"epoch", 8}}), map({{"name", "lasting"}, {"epoch", 9}})};
    const auto welcome = world.joins({{"remote", true}, {"pid", 42}, {"session", world.secret}, {"actors", brought}});
    CHECK(welcome.body.find("fenced") == nullptr);
    CHECK(world.takes("plain") == "conflict");
}

TEST_CASE("another process under its name is given none of its actors before it has stopped") {
    Far world;
    world.falls_silent();
    world.joins({{"remote", true}, {"pid", 43}});
    world.advance(nearly, {world.here, world.far});
    CHECK(world.asked_for(world.far).empty());
    world.advance(behind, {world.here, world.far});
    CHECK(world.asked_for(world.far) == std::vector<std::string>{"lasting"});
}

TEST_CASE("another process under its name that is lost as well takes nothing from the names of the first") {
    Far world;
    world.falls_silent();
    world.joins({{"remote", true}, {"pid", 43}});
    world.link.gone[world.far] = true;
    world.broker.on_disconnected(world.far);
    world.advance(1s, {world.here});
    world.received(world.here);
    CHECK(world.takes("plain") == "unavailable");
}

TEST_CASE("what its launcher says of a process counts though another of its name has joined") {
    Far world;
    world.falls_silent();
    world.joins({{"remote", true}, {"pid", 43}});
    world.ask(world.launcher, {}, "process_ended", map({{"node", "second.main.admin"}, {"pid", 42}, {"text", "killed by signal 9"}}));
    world.received(world.here);
    CHECK(world.takes("plain") == "actors_are_registered");
    world.advance(limits::broker_tick, {world.here, world.far, world.launcher});
    CHECK(world.asked_for(world.far) == std::vector<std::string>{"lasting"});
}

TEST_CASE("a process that has not read its last welcome is known by the secret of the one before") {
    Far world;
    world.falls_silent();
    const auto first = world.secret;
    const Value brought = Value::Array{map({{"name", "plain"}, {"epoch", 8}})};
    world.joins({{"remote", true}, {"pid", 42}, {"session", first}, {"actors", brought}});
    world.falls_silent();
    const auto welcome = world.joins({{"remote", true}, {"pid", 42}, {"session", first}, {"actors", brought}});
    CHECK(welcome.body.find("fenced") == nullptr);
    world.ask(world.far, {}, "register_actors", map({{"names", names({"lasting"})}, {"class_desc", map({{"class", "C"}})}}), world.address[world.far]);
    CHECK(world.received(world.far).back().command == "actors_are_registered");
}

TEST_CASE("time in which the broker itself stood still is not counted") {
    Far world;
    world.falls_silent();
    world.clock.advance(20s);
    world.advance(nearly - 1s, {world.here});
    CHECK(world.takes("plain") == "unavailable");
    CHECK(world.asked_for(world.here).empty());
    world.advance(behind + 1s, {world.here});
    CHECK(world.asked_for(world.here) == std::vector<std::string>{"lasting"});
    CHECK(world.takes("plain") == "actors_are_registered");
}

TEST_CASE("a copy that somebody else brings meanwhile is fenced") {
    Far world;
    world.falls_silent();
    const Peer third = world.stranger();
    world.ask(third, {}, "hello", map({{"role", "worker"}, {"host", "third"}, {"process", "main"}, {"actors", Value::Array{map({{"name", "plain"}, {"epoch", 3}})}}}));
    const auto welcome = world.only(third);
    REQUIRE(welcome.body.find("fenced") != nullptr);
    CHECK(*welcome.body.find("fenced") == names({"plain"}));
}

namespace {

/// An actor of the process here whose next version is on probation in the one on the other machine, which falls silent.
struct Trial : Far {
    Trial() {
        register_actors(here, {"greeter"});
        const Value probation = map({{"errors", 2}, {"milliseconds", 60'000}});
        ask(me, {}, "recreate_actor", map({{"entity", "greeter"}, {"node", "second.main"}, {"probation", probation}, {"replay", true}}), {}, 120'000);
        reply(far, only(far), "move_is_prepared");
        gates_nobody(here);
        reply(here, only(here), "snapshot",
              map({{"state", Binary{"s"}}, {"version", "1"}, {"mailbox", Binary{""}}, {"moved_messages", 0}, {"state_bytes", 1}}));
        reply(far, only(far), "is_loaded");
        REQUIRE(only(far).command == "start");
        send(me, "greeter", "first");
        REQUIRE(only(far).command == "first");
        falls_silent();
        send(me, "greeter", "second");
        REQUIRE(at_home().empty());
    }
    /// What of the actor's affairs has come to its home.
    std::vector<std::string> at_home() {
        auto all = commands(here);
        std::erase_if(all, [](const auto& command) { return command == "node_lost" || command == "create_actor" || command == "actors_are_registered"; });
        return all;
    }
    void is_dead(std::int64_t pid) { ask(launcher, {}, "process_ended", map({{"node", "second.main.admin"}, {"pid", pid}, {"text", "killed by signal 9"}})); }
};

const std::vector<std::string> all_of_it{"resume", "first", "second"};

}  // namespace

TEST_CASE("the earlier version of an actor on probation in a process that is cut off goes on when that has stopped, with all mail in order") {
    Trial world;
    world.advance(nearly, {world.here, world.launcher});
    CHECK(world.at_home().empty());
    CHECK(world.takes("greeter") == "conflict");
    world.advance(behind, {world.here, world.launcher});
    CHECK(world.at_home() == all_of_it);
    CHECK(world.only(world.me).command == "actor_is_not_recreated");
}

TEST_CASE("it goes on at once when that process is known to be dead, and not when another of its name is") {
    Trial world;
    world.is_dead(43);
    CHECK(world.at_home().empty());
    world.is_dead(42);
    CHECK(world.at_home() == all_of_it);
}

TEST_CASE("it goes on when that process is back and says that it has read what lives elsewhere") {
    Trial world;
    const auto welcome = world.joins({{"remote", true}, {"pid", 42}, {"session", world.secret}, {"actors", Value::Array{map({{"name", "greeter"}, {"epoch", 12}})}}});
    REQUIRE(welcome.body.find("fenced") != nullptr);
    CHECK(*welcome.body.find("fenced") == names({"greeter"}));
    CHECK(world.at_home().empty());
    world.send(world.far, {}, "heartbeat", map({{"session", stamp_of(welcome.text("session"))}, {"waiting", 0}, {"arrived", 0}, {"left", 0}}));
    CHECK(world.at_home() == all_of_it);
}

TEST_CASE("another process of its name that comes and goes says nothing of the one that is cut off") {
    Trial world;
    world.joins({{"remote", true}, {"pid", 43}});
    world.link.gone[world.far] = true;
    world.broker.on_disconnected(world.far);
    world.advance(1s, {world.here, world.launcher});
    CHECK(world.at_home().empty());
}

TEST_CASE("when the home of such an actor is lost as well, nobody has its name before the process that was cut off has stopped") {
    Trial world;
    world.link.gone[world.here] = true;
    world.broker.on_disconnected(world.here);
    world.here = world.worker("first", "main");
    world.advance(1s, {world.here, world.launcher});
    world.received(world.here);
    CHECK(world.takes("greeter") == "unavailable");
}

TEST_CASE("a hello that comes late by a connection that was given up does not end the session that lives") {
    Far world;
    world.falls_silent();
    const auto before = world.secret;
    const auto welcome = world.joins({{"remote", true}, {"pid", 42}, {"session", before}});
    world.send(world.far, {}, "heartbeat", map({{"session", stamp_of(welcome.text("session"))}, {"waiting", 0}, {"arrived", 0}, {"left", 0}}));
    const Peer late = world.stranger();
    world.ask(late, {}, "hello", map({{"role", "worker"}, {"host", "second"}, {"process", "main"}, {"session", before}}));
    CHECK(world.only(late).command == "conflict");
    world.ask(world.me, "second.main.admin", "ping");
    CHECK(world.only(world.far).command == "ping");
}
