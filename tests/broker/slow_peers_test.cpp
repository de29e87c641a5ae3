// slow_peers_test.cpp - peers that read little or nothing: what waits for them is bounded, one by one and together, and nobody else pays for it.
#include "world.hpp"

using namespace peacepie;
using namespace peacepie::broker;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t M = 1u << 20;
constexpr std::size_t body_size = 50'000;  // one fills a batch

struct Slow : World {
    explicit Slow(const Bounds& bounds = {}) : World(bounds) { register_actors(main, {"greeter"}); }

    Peer silent(const std::string& label = "silent") {
        const Peer peer = client(label);
        link.full[peer] = true;
        return peer;
    }
    /// So many bytes at least, all in one frame of a worker.
    void flood(const std::string& recipient, std::size_t bytes, Kind kind = Kind::send) {
        std::string frame;
        const auto body = Value(std::string(body_size, 'x')).encoded();
        for (std::size_t sent = 0; sent < bytes; sent += body_size)
            append_batched(frame, {.kind = kind, .mid = ++mid, .command = "data", .recipient = recipient, .sender = "a", .body = body});
        feed(other, frame);
    }
    std::int64_t stat(std::string_view key) {
        ask(me, {}, "stats");
        return only(me).number(key);
    }
    std::int64_t reached(std::string_view bound) {
        ask(me, {}, "stats");
        return *only(me).body.find("limits")->find(bound)->find("reached")->as_integer();
    }
    /// It reads again: what had waited for it.
    std::vector<std::string> read_by(Peer peer) {
        link.full.erase(peer);
        clock.advance(limits::pipe_retry);
        broker.on_round();
        return commands(peer);
    }
    Peer main = worker("first", "main"), other = worker("first", "process_0");
    Peer me = client();
    std::uint64_t mid = 5'000;
};

using Commands = std::vector<std::string>;

}  // namespace

TEST_CASE("a client that says hello again and again and reads nothing has a queue like any other") {
    Slow world(Bounds().set(Bound::peer_queue_frames, 16));
    const Peer silent = world.silent();
    for (int i = 0; i < 200; ++i) world.ask(silent, {}, "hello", map({{"role", "client"}}));
    CHECK(world.read_by(silent) == Commands(16, "welcome"));
}

TEST_CASE("HEAD's own words to a worker that reads nothing pass its bound, and when they are too many it is lost") {
    Slow world(Bounds().set(Bound::peer_queue_bytes, M));
    world.link.full[world.main] = true;
    world.flood("greeter", 2 * M);
    world.send(world.main, {}, "fence", Value("back to me"), world.address[world.main]);
    CHECK(world.stat("mailbox_bytes") < static_cast<std::int64_t>(M + 1'000));
    CHECK(world.stat("workers") == 2);
    std::int64_t most = 0;
    for (int i = 0; i < 100 && world.stat("workers") == 2; ++i) {
        world.send(world.main, {}, "fence", Value(std::string(M, 'x')), world.address[world.main]);
        most = std::max(most, world.stat("mailbox_bytes"));
    }
    CHECK(world.stat("workers") == 1);
    CHECK(world.stat("mailbox_bytes") == 0);
    CHECK(most < static_cast<std::int64_t>(limits::peer_queue_bytes_max + 3 * M));
    CHECK(world.stat("sessions_closed") == 1);
    world.link.full.clear();
    world.ask(world.main, {}, "heartbeat", {}, world.address[world.main]);
    CHECK(world.commands(world.main) == Commands{"no_session"});  // so it says hello again
}

TEST_CASE("words that passed the bound are forgiven when the peer has read them") {
    Slow world(Bounds().set(Bound::peer_queue_bytes, M));
    for (int i = 0; i < 3; ++i) {
        world.link.full[world.main] = true;
        world.flood("greeter", 2 * M);
        for (int words = 0; words < 30; ++words) world.send(world.main, {}, "fence", Value(std::string(M, 'x')), world.address[world.main]);
        CHECK(std::ranges::count(world.read_by(world.main), "fence") == 30);
    }
    CHECK(world.stat("workers") == 2);
}

TEST_CASE("silent clients leave room for workers, be those quick or slow") {
    Slow world(Bounds().set(Bound::peer_queue_bytes, M).set(Bound::queued_bytes, 8 * M));
    for (int i = 0; i < 17; ++i) {
        const Peer silent = world.silent();
        for (int frames = 0; frames < 30; ++frames) world.flood(world.address[silent], body_size);
    }
    const auto waiting = world.stat("mailbox_bytes");
    CHECK(waiting > static_cast<std::int64_t>(2 * M));
    CHECK(waiting <= static_cast<std::int64_t>(4 * M));
    world.flood("greeter", M - body_size);
    CHECK(world.commands(world.main).size() == 20);  // as much as if nobody was slow
    world.link.full[world.main] = true;
    for (int frames = 0; frames < 20; ++frames) world.flood("greeter", body_size);
    CHECK(world.read_by(world.main).size() == 20);
    const auto next = world.client();
    world.flood(world.address[next], M - body_size);
    CHECK(world.commands(next).size() == 20);
}

TEST_CASE("slow workers leave room for each other") {
    Slow world(Bounds().set(Bound::peer_queue_bytes, M).set(Bound::queued_bytes, 4 * M));
    std::vector<std::string> slow;
    for (int i = 1; i <= 8; ++i) {
        const Peer peer = world.worker("first", "process_" + std::to_string(i));
        slow.push_back("greeter_" + std::to_string(i));
        world.register_actors(peer, {slow.back()});
        world.link.full[peer] = true;
    }
    for (int frames = 0; frames < 30; ++frames)
        for (const auto& name : slow) world.flood(name, body_size);
    CHECK(world.stat("mailbox_bytes") <= static_cast<std::int64_t>(4 * M));
    CHECK(world.reached("queued_bytes") > 0);
    world.link.full[world.main] = true;
    for (int frames = 0; frames < 4; ++frames) world.flood("greeter", body_size);
    CHECK(world.read_by(world.main) == Commands(4, "data"));
}

TEST_CASE("when more waits for silent clients together than may, those for which most waits are closed") {
    Slow world(Bounds().set(Bound::peer_queue_bytes, M).set(Bound::queued_bytes, 8 * M));
    std::vector<Peer> silent;
    for (int i = 0; i < 20; ++i) {
        silent.push_back(world.silent());
        world.flood(world.address[silent.back()], i == 0 ? body_size : M - body_size);  // at once, while it still seems quick
    }
    CHECK(world.stat("mailbox_bytes") <= static_cast<std::int64_t>(4 * M));
    const auto closed = world.stat("sessions_closed");
    CHECK(closed >= 15);
    CHECK(world.stat("sessions") == 23 - closed);
    CHECK(world.read_by(silent.front()) == Commands{"data"});
    Commands words;
    for (const Peer peer : silent) {
        world.read_by(peer);
        world.ask(peer, {}, "ping");
        for (const auto& command : world.commands(peer)) words.push_back(command);
    }
    CHECK(std::ranges::count(words, "no_session") == closed);
    CHECK(std::ranges::count(words, "pong") == 20 - closed);
    CHECK(world.stat("workers") == 2);
}

TEST_CASE("one command that is told to many does not make a round larger than all queues may be") {
    Slow world(Bounds().set(Bound::peer_queue_bytes, 2 * M).set(Bound::queued_bytes, 4 * M));
    std::vector<Peer> observers;
    for (int i = 0; i < 20; ++i) {
        observers.push_back(world.client("observer"));
        world.ask(observers.back(), {}, "subscribe", map({{"command", "ping"}}));
        CHECK(world.only(observers.back()).command == "subscribed");
    }
    world.ask(world.me, {}, "ping", Value(std::string(M, 'x')));
    std::size_t told = 0;
    for (const Peer peer : observers) told += world.commands(peer).size();
    CHECK(told == 3);
    CHECK(world.only(world.me).command == "pong");
    world.ask(world.me, {}, "ping");
    for (const Peer peer : observers) CHECK(world.commands(peer) == Commands{"notification"});
}

TEST_CASE("what waited for a peer that has gone does not count any more") {
    Slow world;
    const Peer silent = world.silent();
    world.flood(world.address[silent], M);
    CHECK(world.stat("mailbox_bytes") > static_cast<std::int64_t>(M));
    world.send(silent, {}, "bye");
    CHECK(world.stat("mailbox_bytes") == 0);
}

TEST_CASE("a down is told to a watcher whose queue is full, client or actor, and a full one begins no further monitors") {
    Slow world(Bounds().set(Bound::peer_queue_frames, 16).set(Bound::peer_queue_bytes, M));
    world.register_actors(world.other, {"a", "b"});
    const Peer watcher = world.client("watcher");
    for (const char* name : {"a", "b"}) {
        world.ask(watcher, {}, "monitor", map({{"actor", name}}));
        CHECK(world.only(watcher).command == "monitored");
    }
    world.ask(world.main, {}, "monitor", map({{"actor", "a"}}), "greeter");
    CHECK(world.only(world.main).command == "monitored");
    world.link.full[watcher] = world.link.full[world.main] = true;
    for (int i = 0; i < 20; ++i) world.ask(watcher, {}, "ping");
    for (int i = 0; i < 5; ++i) world.send(watcher, {}, "monitor", map({{"actor", "nobody"}}));
    world.flood("greeter", 2 * M);
    world.ask(world.main, {}, "monitor", map({{"actor", "b"}}), "greeter");
    CHECK(world.stat("monitors") == 3);
    world.send(world.other, {}, "unregister_actors", map({{"names", names({"a", "b"})}}), world.address[world.other]);
    auto expected = Commands(16, "pong");
    for (int i = 0; i < 2; ++i) expected.push_back("down");
    CHECK(world.read_by(watcher) == expected);
    const auto got = world.read_by(world.main);
    CHECK(std::ranges::count(got, "down") == 1);
    CHECK(std::ranges::count(got, "unavailable") == 0);
    CHECK(world.stat("monitors") == 0);
}

TEST_CASE("no actor is moved to a process whose queue is full, or made anew in it, and no words about that lie there") {
    Slow world(Bounds().set(Bound::peer_queue_bytes, M));
    world.register_actors(world.other, {"a"});
    world.link.full[world.main] = true;
    world.flood("greeter", 2 * M);
    const auto before = world.stat("mailbox_bytes");
    for (const auto* name : {"a", "greeter"}) {
        world.ask(world.me, {}, "recreate_actor", map({{"entity", name}, {"node", "first.main"}, {"class_desc", map({{"class", std::string(100'000, 'x')}})}}));
        const auto answer = world.only(world.me);
        CHECK(answer.command == "actor_is_not_recreated");
        CHECK(answer.text("reason") == "mailbox_full");
    }
    CHECK(world.received(world.other).empty());
    CHECK(world.stat("mailbox_bytes") == before);
}

TEST_CASE("a snapshot that finds no room on its way to the target goes nowhere, and the actor goes on at home") {
    Slow world(Bounds().set(Bound::peer_queue_bytes, M).set(Bound::queued_bytes, M).set(Bound::held_bytes, 64u << 10));
    world.register_actors(world.other, {"a"});
    world.ask(world.me, {}, "recreate_actor", map({{"entity", "a"}, {"node", "first.main"}}));
    world.reply(world.main, world.only(world.main), "move_is_prepared");
    world.gates_nobody(world.other);
    const auto freeze = world.only(world.other);
    world.link.full[world.main] = true;
    world.flood("greeter", M / 2);
    const auto state = Binary{Value(std::string(M - 100'000, 'x')).encoded()};
    world.reply(world.other, freeze, "snapshot", map({{"state", state}, {"version", "1"}, {"mailbox", Value::Array{}}}));
    const auto answer = world.only(world.me);
    CHECK(answer.command == "actor_is_not_recreated");
    CHECK(answer.text("reason") == "mailbox_full");
    CHECK(world.commands(world.other) == Commands{"resume"});
    CHECK(std::ranges::count(world.read_by(world.main), "load") == 0);
}

TEST_CASE("mail that was held for a move passes the bound of a slow process, but not for ever") {
    Slow world(Bounds().set(Bound::peer_queue_bytes, M).set(Bound::queued_bytes, M).set(Bound::held_bytes, 64u << 10));
    world.ask(world.me, {}, "recreate_actor", map({{"entity", "greeter"}, {"node", "first.process_0"}}));
    world.reply(world.other, world.only(world.other), "move_is_prepared");
    world.gates_nobody(world.main);
    REQUIRE(world.only(world.main).command == "freeze");
    world.link.full[world.main] = true;
    for (int i = 0; i < 12; ++i) world.send(world.me, "first.main", "data", Value(std::string(body_size, 'x')));
    std::string frame;
    for (const std::size_t size : {10'000u, 1'000'000u, 20'000u}) {
        const auto body = Value(std::string(size, 'x')).encoded();
        append_batched(frame, {.kind = Kind::ask, .mid = size, .command = "held", .recipient = "greeter", .sender = "a", .body = body});
    }
    world.register_actors(world.other, {"a"});
    world.feed(world.other, frame);  // that is more than may be held, so the move ends
    CHECK(world.only(world.me).text("reason") == "no_space");
    std::vector<std::uint64_t> full;
    for (const auto& message : world.received(world.other))
        if (message.command == "mailbox_full") full.push_back(message.mid);
    CHECK(full == std::vector<std::uint64_t>{1'000'000});
    CHECK(std::ranges::count(world.read_by(world.main), "held") == 2);
}

TEST_CASE("what is told to many clients in one round does not keep out what workers say in it") {
    Slow world(Bounds().set(Bound::peer_queue_bytes, 2 * M).set(Bound::queued_bytes, 4 * M));
    for (int i = 0; i < 20; ++i) world.ask(world.client("observer"), {}, "subscribe", map({{"command", "ping"}}));
    const auto body = Value(std::string(M, 'x')).encoded();
    std::string ping, data;
    append_envelope(ping, {.kind = Kind::ask, .mid = 1, .command = "ping", .body = body});
    append_envelope(data, {.kind = Kind::send, .command = "data", .recipient = "greeter", .sender = "a"});
    world.broker.on_frame(world.me, ping);
    world.broker.on_frame(world.other, data);
    world.broker.on_round();
    CHECK(world.commands(world.main) == Commands{"data"});
}

TEST_CASE("asks that waited for a slow worker go on with what is left of their time, and with none when it is over") {
    Slow world;
    world.link.full[world.main] = true;
    const auto ask = [&](std::uint32_t timeout_ms) { (void)world.ask(world.other, "greeter", "tick", {}, "a", timeout_ms); };
    ask(300);
    world.advance(500ms, {world.other});
    ask(2'000);
    world.send(world.other, "greeter", "data", {}, "a");
    world.advance(500ms, {world.other});
    ask(1'000);
    world.link.full.erase(world.main);
    world.clock.advance(limits::pipe_retry);
    world.broker.on_round();
    std::vector<std::uint32_t> left;
    Commands order;
    for (const auto& message : world.received(world.main)) {
        order.push_back(message.command);
        if (message.timeout_ms) left.push_back(*message.timeout_ms);
    }
    CHECK(order == Commands{"tick", "tick", "data", "tick"});
    REQUIRE(left.size() == 3);
    CHECK(left[0] == 0);
    CHECK(left[1] >= 1'400);
    CHECK(left[1] <= 1'600);
    CHECK(left[2] == 1'000);
}
