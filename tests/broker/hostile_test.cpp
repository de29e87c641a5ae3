// hostile_test.cpp - mutated frames from every kind of peer: no crash, nobody else disturbed, nothing grows.
#include <random>

#include "world.hpp"

using namespace peacepie;
using namespace peacepie::broker;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> good_frames() {
    std::vector<std::string> frames;
    const auto add = [&](Kind kind, std::string_view command, std::string_view recipient, const Value& body) {
        const auto bytes = body.encoded();
        std::string single;
        append_envelope(single, {.kind = kind, .mid = 3, .command = command, .recipient = recipient,
                                 .sender = "first.main.admin", .timeout_ms = 500, .body = bytes});
        frames.push_back(single);
        std::string batch;
        append_batched(batch, single);
        append_batched(batch, single);
        frames.push_back(batch);
    };
    add(Kind::ask, "hello", {}, map({{"role", "client"}, {"name", "me"}}));
    add(Kind::ask, "hello", {}, map({{"role", "worker"}, {"host", "first"}, {"process", "other"}, {"actors", Value::Array{}}}));
    const Value brought = map({{"name", "c"}, {"epoch", 5}, {"class_desc", map({{"class", "C"}})}, {"declared", 0}});
    const Value declared = Value::Array{Binary{map({{"restart", "permanent"}, {"params", map({{"size", 3}})}}).encoded()}};
    add(Kind::ask, "bring_actors", {}, map({{"actors", Value::Array{brought}}, {"declared", declared}}));
    add(Kind::ask, "register_actors", {}, map({{"names", names({"a", "b"})}, {"class_desc", map({})}}));
    add(Kind::ask, "get_members", {}, map({{"page_size", 2}, {"level", "PROCESS"}, {"id", "_page_2"}}));
    add(Kind::ask, "recreate_actor", {}, map({{"entity", "greeter"}, {"node", "first.process_0"}}));
    add(Kind::reply, "move_is_prepared", {}, {});
    add(Kind::reply, "snapshot", {}, map({{"state", 1}}));
    add(Kind::error, "conflict", "greeter", map({{"text", "x"}}));
    add(Kind::send, "tick", "king!first.main/greeter", Value::Array{1, 2, 3});
    add(Kind::ask, "tick", "@me.1", {});
    add(Kind::ask, "subscribe", {}, map({{"command", "ping"}}));
    add(Kind::send, "unregister_actors", {}, map({{"names", names({"a"})}}));
    return frames;
}

std::string mutated(std::string frame, std::mt19937& random) {
    for (auto changes = random() % 4; changes > 0 && !frame.empty(); --changes) {
        const auto at = random() % frame.size();
        switch (random() % 4) {
            case 0: frame[at] = static_cast<char>(random()); break;
            case 1: frame.erase(at, random() % 8); break;
            case 2: frame.insert(at, 1 + random() % 4, static_cast<char>(random())); break;
            default: frame.resize(at); break;
        }
    }
    return frame;
}

}  // namespace

TEST_CASE("mutated frames from strangers, clients and workers disturb nobody") {
    World world;
    std::mt19937 random(5);
    const auto frames = good_frames();
    const Peer worker = world.worker("second", "main");
    const Peer client = world.client("good");
    world.register_actors(worker, {"steady"});
    std::vector<Peer> hostile{world.stranger(), world.client("bad"), world.worker("first", "main"),
                              world.worker("first", "process_0")};
    for (int i = 0; i < 30'000; ++i) {
        world.broker.on_frame(hostile[random() % hostile.size()], mutated(frames[random() % frames.size()], random));
        if (i % 50 != 0) continue;
        world.advance(100ms, {worker});
        for (const Peer peer : hostile) world.link.frames[peer].clear();
        world.link.frames[worker].clear();
        world.link.frames[client].clear();
    }
    world.broker.on_round();
    world.received(worker);
    world.received(client);
    world.ask(client, "steady", "tick");
    CHECK(world.only(worker).sender == "@good.1");
    world.ask(client, {}, "ping");
    CHECK(world.only(client).command == "pong");
}

TEST_CASE("a body deeper or longer than the limits is refused by HEAD") {
    World world;
    const Peer client = world.client();
    std::string deep(100'000, '\x91');
    deep += '\xc0';
    std::string frame;
    append_envelope(frame, {.kind = Kind::ask, .mid = 1, .command = "seek_actor", .body = deep});
    world.feed(client, frame);
    CHECK(world.only(client).command == "too_large");
    frame.clear();
    const std::string many("\xdd\x7f\xff\xff\xff\xc0", 6);
    append_envelope(frame, {.kind = Kind::ask, .mid = 2, .command = "seek_actor", .body = many});
    world.feed(client, frame);
    CHECK(world.only(client).kind == Kind::error);
}
