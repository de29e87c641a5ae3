// ledger_test.cpp - names outlive their broker: what the file keeps, and what another broker makes of it.
#include <filesystem>
#include <fstream>

#include <unistd.h>

#include "broker/sqlite_ledger.hpp"
#include "memory_ledger.hpp"
#include "world.hpp"

using namespace peacepie;
using namespace peacepie::broker;
using namespace std::chrono_literals;

namespace {

using Rows = MemoryLedger::Rows;

class Folder {
public:
    Folder() { std::filesystem::create_directories(path_); }
    ~Folder() { std::filesystem::remove_all(path_); }
    [[nodiscard]] std::filesystem::path file() const { return path_ / "registry.db"; }

private:
    std::filesystem::path path_ = std::filesystem::temp_directory_path() / ("ledger_test." + std::to_string(::getpid()));
};

Rows rows_of(Ledger& ledger) {
    Rows rows;
    ledger.read([&](std::string name, Ledger::Row row) { rows.emplace(std::move(name), std::move(row)); });
    return rows;
}

struct Kept : World {
    explicit Kept(MemoryLedger& ledger) : World(&ledger) {}
    Peer join(const Value& actors = Value::Array{}) {
        const Peer peer = stranger();
        ask(peer, {}, "hello", map({{"role", "worker"}, {"host", "first"}, {"process", "process_0"}, {"actors", actors}}));
        address[peer] = only(peer).text("address");
        return peer;
    }
};

}  // namespace

TEST_CASE("a file keeps rows, forgets names, and is as it was when it is opened again") {
    Folder folder;
    const Ledger::Row row{"first.main.admin", 1'763'000'000'000'000, 7, std::string("\x81\x00", 2), ""};
    {
        SqliteLedger ledger(folder.file(), false);
        const Ledger::Change changes[] = {{"a", row}, {"b", row}, {"c", row}};
        ledger.write(changes, {});
        const Ledger::Change more[] = {{"b", std::nullopt}, {"c", Ledger::Row{"second.main.admin", 9, 7, "", "\x80"}}};
        ledger.write(more, {});
    }
    SqliteLedger again(folder.file(), false);
    CHECK(rows_of(again) == Rows{{"a", row}, {"c", {"second.main.admin", 9, 7, "", "\x80"}}});
}

TEST_CASE("a file keeps states apart from names, also when it is told to forget the names") {
    Folder folder;
    const Ledger::Kept kept{"1.0", std::string("\x81\x00\xff", 3)};
    const Ledger::StateChange states[] = {{"a", kept}, {"b", kept}};
    const Ledger::StateChange gone[] = {{"b", std::nullopt}};
    {
        SqliteLedger ledger(folder.file(), false);
        ledger.write({}, states);
        ledger.write({}, gone);
    }
    SqliteLedger again(folder.file(), true);
    CHECK(again.state_of("a") == kept);
    CHECK(again.state_of("b") == std::nullopt);
}

TEST_CASE("a file is begun anew when told to forget") {
    Folder folder;
    const Ledger::Change changes[] = {{"a", Ledger::Row{"first.main.admin", 1, 1, "", ""}}};
    SqliteLedger(folder.file(), false).write(changes, {});
    SqliteLedger again(folder.file(), true);
    CHECK(rows_of(again).empty());
}

TEST_CASE("a file belongs to one broker at a time") {
    Folder folder;
    const SqliteLedger one(folder.file(), false);
    try {
        SqliteLedger other(folder.file(), false);
        FAIL("two brokers have it");
    } catch (const Error& error) {
        CHECK(error.code == "conflict");
    }
}

TEST_CASE("a file that is damaged or comes from a later version is refused and left alone") {
    Folder folder;
    const std::string garbage(5'000, 'x');
    std::ofstream(folder.file()) << garbage;
    CHECK_THROWS_AS(SqliteLedger(folder.file(), true), Error);
    CHECK(std::filesystem::file_size(folder.file()) == garbage.size());
}

TEST_CASE("what is registered, moved on, removed or lost is in the ledger before the answer is out") {
    MemoryLedger ledger;
    Kept world(ledger);
    const Peer child = world.join();
    int writes = 0;
    ledger.on_write = [&] {
        ++writes;
        CHECK(world.link.frames[child].empty());
    };
    world.register_actors(child, {"a", "b"});
    CHECK(ledger.rows.size() == 2);
    CHECK(ledger.rows.at("a").node == "first.process_0.admin");
    CHECK(writes == 1);
    world.send(child, {}, "unregister_actors", map({{"names", names({"a"})}}), world.address[child]);
    CHECK(ledger.rows.size() == 1);
    world.link.gone[child] = true;
    world.broker.on_disconnected(child);
    world.advance(300ms);
    CHECK(ledger.rows.size() == 1);  // it fell, and is to be made again
    const Peer me = world.client();
    world.ask(me, {}, "remove_actor", map({{"name", "b"}}));
    CHECK(ledger.rows.empty());
}

TEST_CASE("a worker that ends in order is forgotten with its names") {
    MemoryLedger ledger;
    Kept world(ledger);
    const Peer child = world.join();
    world.register_actors(child, {"a", "b"});
    world.send(child, {}, "bye", {}, world.address[child]);
    CHECK(ledger.rows.empty());
}

TEST_CASE("another broker knows the names at once, takes back those that a worker brings, and has the others made again") {
    MemoryLedger ledger;
    Value::Array brought;
    {
        Kept before(ledger);
        const Peer child = before.join();
        before.register_actors(child, {"survivor", "victim"});
        brought.push_back(map({{"name", "survivor"}, {"epoch", ledger.rows.at("survivor").epoch}}));
    }
    Kept world(ledger);
    const Peer me = world.client();
    const Peer child = world.join(brought);
    world.ask(me, "survivor", "tick");
    CHECK(world.only(child).command == "tick");
    world.advance(200ms, {child});
    const auto wish = world.only(child);
    CHECK(wish.command == "create_actor");
    CHECK(wish.text("name") == "victim");
}

TEST_CASE("mail for an actor that an earlier broker knew waits until its worker is back, and goes there before what comes later") {
    MemoryLedger ledger;
    Value::Array brought;
    {
        Kept before(ledger);
        const Peer child = before.join();
        before.register_actors(child, {"survivor"});
        brought.push_back(map({{"name", "survivor"}, {"epoch", ledger.rows.at("survivor").epoch}}));
    }
    Kept world(ledger);
    const Peer me = world.client();
    world.send(me, "survivor", "first");
    const auto mid = world.ask(me, "survivor", "second", {}, {}, 5'000);
    world.advance(200ms, {});
    CHECK(world.received(me).empty());
    const Peer child = world.stranger();
    world.ask(child, {}, "hello", map({{"role", "worker"}, {"host", "first"}, {"process", "process_0"}, {"actors", brought}}));
    world.send(me, "survivor", "third");
    auto came = world.received(child);
    REQUIRE(came.size() == 4);
    CHECK(came[0].command == "welcome");
    world.address[child] = came[0].text("address");
    came.erase(came.begin());
    CHECK(came[0].command == "first");
    CHECK(came[1].command == "second");
    CHECK(came[1].mid == mid);
    CHECK(came[1].timeout_ms.value_or(0) <= 4'800);
    CHECK(came[2].command == "third");
    world.reply(child, came[1], "done");
    CHECK(world.only(me).command == "done");
}

TEST_CASE("mail for an actor whose worker does not come back after a restart ends within a second as an error or a dead letter") {
    MemoryLedger ledger;
    {
        Kept before(ledger);
        const Peer child = before.join();
        before.register_actors(child, {"survivor"});
    }
    Kept world(ledger);
    const Peer me = world.client();
    world.send(me, "survivor", "tick");
    world.ask(me, "survivor", "tick");
    world.advance(1s, {});
    CHECK(world.only(me).command == "unavailable");
    world.ask(me, "survivor", "tick");
    CHECK(world.only(me).command == "unavailable");
    world.ask(me, {}, "stats");
    const auto stats = world.only(me).body;
    CHECK(*stats.find("dead_letters")->as_integer() == 1);
    CHECK(*stats.find("held")->as_integer() == *stats.find("held_ended")->as_integer());
}

TEST_CASE("a disk that refuses delays the keeping and nothing else") {
    MemoryLedger ledger;
    Kept world(ledger);
    const Peer child = world.join();
    ledger.full = true;
    world.register_actors(child, {"a"});
    CHECK(ledger.rows.empty());
    ledger.full = false;
    world.advance(2s, {child});
    CHECK(ledger.rows.size() == 1);
}

TEST_CASE("many names are written in shares") {
    MemoryLedger ledger;
    Kept world(ledger);
    const Peer child = world.join();
    std::vector<std::string> many;
    for (std::size_t i = 0; i < 2 * limits::rows_per_round_max + 1; ++i) many.push_back("n" + std::to_string(i));
    world.ask(child, {}, "register_actors", map({{"names", names(many)}, {"class_desc", map({{"class", "C"}})}}), world.address[child]);
    CHECK(ledger.rows.size() == limits::rows_per_round_max);
    REQUIRE(world.broker.next_deadline());
    CHECK(*world.broker.next_deadline() <= world.clock.now());
    world.broker.on_round();
    world.broker.on_round();
    CHECK(ledger.rows.size() == many.size());
    CHECK(ledger.largest == limits::rows_per_round_max);
}

TEST_CASE("rows that cannot be right are passed over") {
    MemoryLedger ledger;
    const auto good = map({{"restart", "permanent"}}).encoded(), odd = map({{"restart", "sometimes"}}).encoded();
    ledger.rows = {{"not a name", {"first.main.admin", 1, 1, "", good}}, {"a", {"nowhere", 1, 1, "", good}},
                   {"b", {"first.main.admin", 1, 1, "", odd}}, {"c", {"first.main.admin", 1, 1, "", good}}};
    Kept world(ledger);
    const Peer me = world.client();
    world.ask(me, {}, "stats");
    CHECK(world.only(me).number("fallen") == 1);
}

TEST_CASE("a broker without names that takes the place of another says of nobody that there is no such actor before all can be back") {
    World world(Options{.broker_epoch = 7, .is_successor = true});
    const Peer me = world.client();
    const auto early = world.ask(me, "a", "add");
    world.send(me, "a", "count");
    const auto wrong = world.ask(me, "b", "add");
    CHECK(world.received(me).empty());  // a moment, as for names that are known from before
    const Peer worker = world.stranger();
    world.ask(worker, {}, "hello", map({{"role", "worker"}, {"host", "first"}, {"process", "main"},
                                        {"actors", Value::Array{map({{"name", "a"}, {"epoch", 3}, {"class_desc", map({{"class", "C"}})}})}}}));
    CHECK(world.commands(worker) == std::vector<std::string>{"welcome", "add", "count"});
    world.advance(limits::awaited_patience + limits::broker_tick, {worker});
    const auto refused = world.only(me);
    CHECK(refused.mid == wrong);
    CHECK(refused.mid != early);
    CHECK(refused.command == "unavailable");
    world.ask(me, "b", "add");
    CHECK(world.only(me).command == "unavailable");
    world.advance(limits::return_patience, {worker});
    world.ask(me, "b", "add");
    CHECK(world.only(me).command == "no_such_actor");
}

TEST_CASE("a broker that is the first of its system, or has the names of the one before, says at once that there is no such actor") {
    World first;
    const Peer me = first.client();
    first.ask(me, "a", "add");
    CHECK(first.only(me).command == "no_such_actor");
    MemoryLedger ledger;
    Kept later(ledger);
    const Peer other = later.client();
    later.ask(other, "a", "add");
    CHECK(later.only(other).command == "no_such_actor");
}

TEST_CASE("a successor says of nobody who may be back in a moment that there is none: whoever looks, watches, removes or moves is to try again") {
    MemoryLedger ledger;
    {
        Kept before(ledger);
        before.register_actors(before.join(), {"a"});
    }
    Kept with_names(ledger);
    World without_names(Options{.broker_epoch = 7, .is_successor = true});
    for (World* world : {static_cast<World*>(&with_names), &without_names}) {
        INFO((world == &with_names ? "with names" : "without"));
        const Peer me = world->client();
        for (const auto* verb : {"monitor", "seek_actor"}) {
            world->ask(me, {}, verb, map({{"actor", "a"}, {"entity", "a"}}));
            CHECK(world->only(me).command == "unavailable");
        }
        world->ask(me, {}, "recreate_actor", map({{"entity", "a"}}));
        CHECK(world->only(me).text("reason") == "unavailable");
        world->ask(me, {}, "stats");
        CHECK(world->only(me).number("monitors") == 0);
    }
    const Peer me = without_names.client("other");
    without_names.ask(me, {}, "remove_actor", map({{"name", "a"}}));
    CHECK(without_names.only(me).command == "unavailable");
    without_names.advance(limits::return_patience, {});
    without_names.ask(me, {}, "monitor", map({{"actor", "a"}}));
    CHECK(without_names.commands(me) == std::vector<std::string>{"monitored", "down"});
    without_names.ask(me, {}, "remove_actor", map({{"name", "a"}}));
    CHECK(without_names.only(me).command == "actor_is_absent");
    without_names.ask(me, {}, "seek_actor", map({{"entity", "a"}}));
    CHECK(without_names.only(me).command == "actor_is_not_found");
}

TEST_CASE("mail for spawned actors, which no broker keeps the names of, waits for the worker that they were born in") {
    MemoryLedger ledger;
    Kept with_names(ledger);
    World without_names(Options{.broker_epoch = 7, .is_successor = true});
    for (World* world : {static_cast<World*>(&with_names), &without_names}) {
        INFO((world == &with_names ? "with names" : "without"));
        const Peer me = world->client();
        world->send(me, "~5~7", "first");
        const auto mid = world->ask(me, "~5~7", "second", {}, {}, 5'000);
        world->ask(me, "~55~7", "elsewhere");
        CHECK(world->received(me).empty());
        world->advance(200ms, {});
        const Peer child = world->stranger();
        world->ask(child, {}, "hello", map({{"role", "worker"}, {"host", "first"}, {"process", "main"}, {"nursery", 5}}));
        world->send(me, "~5~7", "third");
        const auto came = world->received(child);
        REQUIRE(came.size() == 4);
        CHECK(came[0].command == "welcome");
        CHECK(came[1].command == "first");
        CHECK(came[2].command == "second");
        CHECK(came[2].mid == mid);
        CHECK(came[2].timeout_ms.value_or(5'000) <= 4'800);
        CHECK(came[3].command == "third");
        world->reply(child, came[2], "done");
        CHECK(world->only(me).command == "done");
        world->advance(1s, {child});
        CHECK(world->only(me).command == "unavailable");
        world->ask(me, "~55~7", "elsewhere");
        CHECK(world->only(me).command == "unavailable");
        world->advance(limits::return_patience, {child});
        world->ask(me, "~55~7", "elsewhere");
        CHECK(world->only(me).command == "no_such_actor");
    }
}
