// head_test.cpp - the commands HEAD answers.
#include "world.hpp"

using namespace peacepie;
using namespace peacepie::broker;
using namespace std::chrono_literals;

TEST_CASE("HEAD answers ping, describe, get_params, set_params and stats") {
    World world;
    const Peer client = world.client();
    world.ask(client, {}, "ping");
    CHECK(world.only(client).command == "pong");
    world.ask(client, {}, "describe");
    const auto description = world.only(client);
    CHECK(description.command == "description");
    CHECK(description.text("class") == "Broker");
    const auto& commands = *description.body.find("commands")->as_array();
    CHECK(commands.size() > 15);
    for (const auto& command : commands) CHECK(*command.find("name") != Value("register_actors"));
    world.ask(client, {}, "get_params");
    CHECK(world.only(client).command == "params");
    world.ask(client, {}, "set_params", map({{"params", Value::Array{map({{"name", "x"}, {"value", 1}})}}}));
    CHECK(world.only(client).command == "bad_argument");
    world.ask(client, {}, "stats");
    const auto stats = world.only(client);
    CHECK(stats.number("sessions") == 1);
    CHECK(stats.number("dead_letters") == 0);
    CHECK(stats.body.find("rss_bytes") != nullptr);
}

TEST_CASE("an unknown command is answered with close ones") {
    World world;
    const Peer client = world.client();
    world.ask(client, {}, "get_all_node");
    const auto error = world.only(client);
    CHECK(error.command == "is_not_handled");
    CHECK(*error.body.find("close") == names({"get_all_nodes"}));
}

TEST_CASE("a body that cannot be read is a bad request and a wrong argument is named") {
    World world;
    const Peer client = world.client();
    std::string frame;
    append_envelope(frame, {.kind = Kind::ask, .mid = 1, .command = "seek_actor", .body = "\x81\xa1"});
    world.feed(client, frame);
    CHECK(world.only(client).command == "bad_request");
    for (const auto& body : {Value(), Value(3), map({{"entity", 3}}), map({{"entity", ""}})}) {
        world.ask(client, {}, "seek_actor", body);
        const auto error = world.only(client);
        CHECK(error.command == "bad_argument");
    }
}

TEST_CASE("names are registered all or none") {
    World world;
    const Peer one = world.worker("first", "main");
    const Peer two = world.worker("first", "process_0");
    world.ask(one, {}, "register_actors", map({{"names", names({"a", "b"})}}), "first.main.admin");
    const auto done = world.only(one);
    CHECK(done.command == "actors_are_registered");
    const auto& epochs = *done.body.find("epochs")->as_array();
    REQUIRE(epochs.size() == 2);
    CHECK(*epochs[0].as_integer() < *epochs[1].as_integer());
    world.ask(two, {}, "register_actors", map({{"names", names({"c", "b"})}}), "first.process_0.admin");
    const auto conflict = world.only(two);
    CHECK(conflict.command == "conflict");
    CHECK(conflict.text("text").find("first.main.admin") != std::string::npos);
    world.ask(two, {}, "register_actors", map({{"names", names({"c", "c"})}}), "first.process_0.admin");
    CHECK(world.only(two).command == "conflict");
    const Peer client = world.client();
    world.ask(client, {}, "seek_actor", map({{"entity", "c"}}));
    CHECK(world.only(client).command == "actor_is_not_found");
    for (const auto* name : {"", "-a", "a b", "first.main", "@x"}) {
        world.ask(two, {}, "register_actors", map({{"names", names({name})}}), "first.process_0.admin");
        CHECK(world.only(two).command == "bad_argument");
    }
}

TEST_CASE("an unregistered name is free again and a worker cannot give up another's") {
    World world;
    const Peer one = world.worker("first", "main");
    const Peer two = world.worker("first", "process_0");
    world.register_actors(one, {"a"});
    world.send(two, {}, "unregister_actors", map({{"names", names({"a"})}}), "first.process_0.admin");
    const Peer client = world.client();
    world.ask(client, "a", "tick");
    CHECK(world.only(one).command == "tick");
    world.send(one, {}, "unregister_actors", map({{"names", names({"a"})}}), "first.main.admin");
    world.register_actors(two, {"a"});
}

TEST_CASE("seek_actor says where an actor lives, with its class when asked") {
    World world;
    const Peer worker = world.worker("first", "main");
    world.register_actors(worker, {"greeter"});
    const Peer client = world.client();
    const auto mid = world.ask(client, {}, "seek_actor", map({{"entity", "greeter"}, {"with_class_desc", true}}));
    const auto found = world.only(client);
    CHECK(found.command == "actor_is_found");
    CHECK(found.number("mid") == static_cast<std::int64_t>(mid));
    CHECK(found.text("node") == "first.main.admin");
    CHECK(found.text("entity") == "greeter");
    CHECK(*found.body.find("class_desc")->find("class") == Value("C"));
    world.ask(client, {}, "find_actor", map({{"entity", map({{"node", "first.other.admin"}, {"entity", "greeter"}})}}));
    CHECK(world.only(client).command == "actor_is_found");
    world.ask(client, {}, "seek_actor", map({{"entity", "greetr"}}));
    const auto absent = world.only(client);
    CHECK(absent.command == "actor_is_not_found");
    CHECK(*absent.body.find("close") == names({"greeter"}));
}

TEST_CASE("get_all_nodes lists the living workers in order") {
    World world;
    world.worker("second", "main");
    const Peer gone = world.worker("first", "process_0");
    world.worker("first", "main");
    world.send(gone, {}, "bye");
    const Peer client = world.client();
    world.ask(client, {}, "get_all_nodes");
    const auto nodes = world.only(client);
    CHECK(nodes.command == "all_nodes");
    CHECK(nodes.body == names({"first.main.admin", "second.main.admin"}));
}

TEST_CASE("get_members shows hosts, processes and actors, page by page") {
    World world;
    const Peer main = world.worker("first", "main");
    world.worker("first", "process_0");
    world.worker("second", "main");
    world.register_actors(main, {"c", "a", "b"});
    const Peer client = world.client();
    const auto members = [&](Value::Map body) {
        world.ask(client, {}, "get_members", std::move(body));
        return world.only(client);
    };
    const auto ids = [](const Message& message) {
        std::vector<std::string> all;
        for (const auto& member : *message.body.find("members")->as_array()) all.push_back(*member.find("id")->as_text());
        return all;
    };
    using Ids = std::vector<std::string>;
    const auto hosts = members({{"page_size", 5}});
    CHECK(hosts.command == "members");
    CHECK(hosts.text("level") == "HEAD");
    CHECK(hosts.number("total") == 2);
    CHECK(ids(hosts) == Ids{"first", "second"});
    CHECK(hosts.body.find("nav") == nullptr);
    CHECK(ids(members({{"page_size", 5}, {"level", "PRIME"}, {"id", "first"}})) ==
          Ids{"first.main.admin", "first.process_0.admin"});
    const auto first_page = members({{"page_size", 2}, {"level", "PROCESS"}, {"id", "first.main.admin"}});
    CHECK(ids(first_page) == Ids{"first.main.admin", "a"});
    CHECK(first_page.number("total") == 4);
    CHECK(*first_page.body.find("nav")->find("pages") == Value(2));
    CHECK(ids(members({{"page_size", 2}, {"level", "ACTORS"}, {"id", "_page_2"}})) == Ids{"b", "c"});
    CHECK(members({{"page_size", 2}, {"id", "_page_9"}}).command == "bad_argument");
    CHECK(ids(members({{"page_size", 2}, {"level", "PROCESS"}, {"id", "first.main.admin"}, {"page", 2}})) == Ids{"b", "c"});
    CHECK(members({{"page_size", 2}, {"page", 0}}).command == "bad_argument");
    CHECK(members({{"page_size", 0}}).command == "bad_argument");
    CHECK(members({}).command == "bad_argument");
    CHECK(members({{"page_size", 2}, {"level", "KING"}}).command == "bad_argument");
    CHECK(members({{"page_size", 2}, {"level", "PRIME"}, {"id", "nowhere"}}).command == "bad_argument");
    CHECK(members({{"page_size", 2}, {"level", "PRIME"}, {"id", "_back"}}).text("level") == "HEAD");
    CHECK(members({{"page_size", 2}, {"level", "ACTOR"}, {"id", "a"}}).command == "members");
}

TEST_CASE("get_members that an admin passed on is about that admin") {
    World world;
    world.worker("first", "main");
    const Peer second = world.worker("second", "main");
    world.register_actors(second, {"x"});
    const Peer client = world.client();
    const auto passed_on = [&](Value::Map body) {
        const auto mid = world.ask(client, "second.main", "get_members", body);
        world.received(second);
        world.say(second, Kind::ask, mid, "get_members", {}, body, "@me.1");
        return world.only(client);
    };
    CHECK(passed_on({{"page_size", 5}}).text("level") == "PRIME");  // the system's head is on another host
    const auto processes = passed_on({{"page_size", 5}, {"level", "PRIME"}});
    CHECK(*processes.body.find("members")->as_array()->at(0).find("id") == Value("second.main.admin"));
    const auto actors = passed_on({{"page_size", 1}, {"level", "PROCESS"}, {"id", "_page_2"}});
    CHECK(*actors.body.find("members")->as_array()->at(0).find("id") == Value("x"));
}

TEST_CASE("a subscriber is told of each handled command and of workers that join") {
    World world;
    const Peer watcher = world.client("watcher");
    world.ask(watcher, {}, "subscribe", map({{"command", "ping"}}));
    CHECK(world.only(watcher).command == "subscribed");
    world.ask(watcher, {}, "subscribe", map({{"command", "intra_linked"}}));
    CHECK(world.only(watcher).command == "subscribed");
    const Peer client = world.client();
    const auto mid = world.ask(client, {}, "ping", map({{"x", 1}}));
    const auto told = world.only(watcher);
    CHECK(told.command == "notification");
    CHECK(told.kind == Kind::send);
    CHECK(told.number("mid") == static_cast<std::int64_t>(mid));
    CHECK(told.text("command") == "ping");
    CHECK(told.text("sender") == "@me.2");
    CHECK(*told.body.find("body") == map({{"x", 1}}));
    world.worker("first", "main");
    CHECK(*world.only(watcher).body.find("body")->find("node") == Value("first.main.admin"));
    world.ask(watcher, {}, "subscribe", map({{"command", "no_such"}}));
    CHECK(world.only(watcher).command == "bad_argument");
    world.ask(watcher, {}, "unsubscribe", map({{"command", "ping"}}));
    CHECK(world.only(watcher).command == "unsubscribed");
    world.ask(watcher, {}, "unsubscribe", map({{"command", "ping"}}));
    CHECK(world.only(watcher).command == "bad_argument");
    world.ask(client, {}, "ping");
    CHECK(world.received(watcher).empty());
}

TEST_CASE("commands of an admin that were sent to HEAD go to the first PRIME with the asker as sender") {
    World world;
    const Peer client = world.client();
    world.ask(client, {}, "create_actor", map({{"name", "a"}}));
    const auto error = world.only(client);
    CHECK(error.command == "unavailable");
    CHECK(error.text("text").find("peacepie-worker") != std::string::npos);
    const Peer main = world.worker("first", "main");
    for (const auto* verb : {"create_actor", "create_actors", "create_process", "load_package", "get_local_nodes"}) {
        const auto mid = world.ask(client, {}, verb);
        const auto passed = world.only(main);
        CHECK(passed.command == verb);
        CHECK(passed.recipient == "first.main.admin");
        CHECK(passed.sender == "@me.1");
        world.reply(main, passed, "done", {}, "first.main.admin");
        CHECK(world.only(client).mid == mid);
    }
}

TEST_CASE("a client's head command that an admin passed on is answered to the client") {
    World world;
    const Peer worker = world.worker("first", "main");
    const Peer client = world.client();
    const auto mid = world.ask(client, "first.main", "get_all_nodes");
    const auto passed = world.only(worker);
    world.say(worker, Kind::ask, passed.mid, "get_all_nodes", {}, {}, passed.sender);
    const auto answer = world.only(client);
    CHECK(answer.command == "all_nodes");
    CHECK(answer.mid == mid);
    world.advance(12s, {worker});
    CHECK(world.received(client).empty());  // it does not expire as well
}

TEST_CASE("remove_actor goes to the owner and remove_process to the PRIME of its host") {
    World world;
    const Peer main = world.worker("first", "main");
    const Peer child = world.worker("first", "process_0");
    world.register_actors(child, {"greeter"});
    const Peer client = world.client();
    world.ask(client, {}, "remove_actor", map({{"name", "greeter"}}));
    CHECK(world.only(child).recipient == "first.process_0.admin");
    world.ask(client, {}, "remove_actor", map({{"name", "greetr"}}));
    const auto absent = world.only(client);
    CHECK(absent.command == "actor_is_absent");
    CHECK(absent.text("reason") == "no_such_actor");
    world.ask(client, {}, "remove_process", map({{"node", "first.process_0"}}));
    CHECK(world.only(main).command == "remove_process");
    world.ask(client, {}, "remove_process", map({{"node", "second.main"}}));
    CHECK(world.only(client).command == "unavailable");
}

TEST_CASE("process numbers are never given twice, also after a broker that knew others") {
    World world;
    const Peer main = world.worker("first", "main");
    const auto claim = [&] {
        world.ask(main, {}, "claim_process", {}, "first.main.admin");
        return world.only(main).text("process");
    };
    CHECK(claim() == "process_0");
    CHECK(claim() == "process_1");
    world.worker("first", "process_7");  // survived an earlier broker
    CHECK(claim() == "process_8");
    const Peer child = world.worker("first", "process_0");
    world.ask(child, {}, "claim_process", {}, "first.process_0.admin");
    CHECK(world.only(child).command == "denied");
}

TEST_CASE("await_node is answered when the node joins, ends or does not come") {
    World world;
    const Peer main = world.worker("first", "main");
    const Peer launcher = world.launcher("first");
    const auto await = [&](std::string_view node) {
        world.ask(main, {}, "await_node", map({{"node", node}}), "first.main.admin", 2'000);
    };
    await("first.process_0");
    CHECK(world.received(main).empty());
    world.worker("first", "process_0");
    CHECK(world.only(main).command == "node_has_joined");
    await("first.process_0.admin");
    CHECK(world.only(main).command == "node_has_joined");
    await("first.process_1");
    world.send(launcher, {}, "process_ended", map({{"node", "first.process_1"}, {"status", 1}, {"text", "exit 1"}}));
    const auto ended = world.only(main);
    CHECK(ended.command == "worker_lost");
    CHECK(ended.text("text").find("exit 1") != std::string::npos);
    await("first.process_2");
    world.advance(3s, {main, launcher});
    CHECK(world.commands(main).front() == "expired");
}

TEST_CASE("a launcher speaks for its own host only") {
    World world;
    const Peer launcher = world.launcher("first");
    world.worker("second", "main");
    world.ask(launcher, {}, "process_ended", map({{"node", "second.main"}}), "first.launcher");
    CHECK(world.only(launcher).command == "denied");
}

TEST_CASE("quit is answered, everybody is told to shut down, and the broker ends when they have") {
    World world;
    const Peer worker = world.worker("first", "main");
    const Peer launcher = world.launcher("first");
    const Peer client = world.client();
    world.ask(client, {}, "quit");
    CHECK(world.only(client).command == "is_quiting");
    CHECK(world.only(worker).command == "shut_down");
    CHECK(world.only(launcher).command == "shut_down");
    CHECK_FALSE(world.broker.finished());
    const Peer late = world.stranger();
    world.ask(late, {}, "hello", map({{"role", "client"}}));
    CHECK(world.only(late).command == "stopping");
    world.send(worker, {}, "bye", {}, "first.main.admin");
    CHECK_FALSE(world.broker.finished());
    world.send(launcher, {}, "bye", {}, "first.launcher");
    CHECK(world.broker.finished());
}

TEST_CASE("the broker does not wait for ever for those who do not leave") {
    World world;
    const Peer worker = world.worker("first", "main");
    world.broker.shut_down("test");
    world.advance(9s, {worker});
    CHECK_FALSE(world.broker.finished());
    world.advance(2s, {worker});
    CHECK(world.broker.finished());
}
