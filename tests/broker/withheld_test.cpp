// withheld_test.cpp - names of processes that may run on behind a network that is cut: whose they are, and from when on.
#include "world.hpp"

using namespace peacepie;
using namespace peacepie::broker;
using namespace std::chrono_literals;

namespace {

/// A process on another machine with two actors of which one is made again, and one that can have their names.
struct Far : World {
    Peer here = worker("first", "main");
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
        fence(far, name);
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
        advance(limits::heartbeat_patience + limits::broker_tick, {here});
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
        const Peer launcher = world.launcher("second");
        if (is_told) world.ask(launcher, {}, "process_ended", map({{"node", "second.main.admin"}, {"pid", 42}, {"text", "killed by signal 9"}}));
        world.link.gone[world.far] = true;
        world.broker.on_disconnected(world.far);
        world.advance(1s, {world.here, launcher});
        world.received(world.here);
        CHECK(world.takes("plain") == (is_told ? "actors_are_registered" : "unavailable"));
    }
}

TEST_CASE("what its launcher says later frees them as well, if it speaks of that process") {
    Far world;
    const Peer launcher = world.launcher("second");
    world.advance(limits::heartbeat_patience + limits::broker_tick, {world.here, launcher});
    world.received(world.here);
    world.ask(launcher, {}, "process_ended", map({{"node", "second.main.admin"}, {"pid", 43}, {"text", "killed by signal 9"}}));
    CHECK(world.takes("plain") == "unavailable");
    world.ask(launcher, {}, "process_ended", map({{"node", "second.main.admin"}, {"pid", 42}, {"text", "killed by signal 9"}}));
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
    const Peer launcher = world.launcher("second");
    world.advance(limits::heartbeat_patience + limits::broker_tick, {world.here, launcher});
    world.joins({{"remote", true}, {"pid", 43}});
    world.ask(launcher, {}, "process_ended", map({{"node", "second.main.admin"}, {"pid", 42}, {"text", "killed by signal 9"}}));
    world.received(world.here);
    CHECK(world.takes("plain") == "actors_are_registered");
    world.advance(limits::broker_tick, {world.here, world.far, launcher});
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
