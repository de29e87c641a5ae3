// losses_test.cpp - sends that are lost with a process are counted, with its name and their numbers.
#include "world.hpp"

#include <limits>

using namespace peacepie;
using namespace peacepie::broker;
using namespace std::chrono_literals;

namespace {

/// A worker that tells of its sends, and somebody outside who sends to an actor of it.
struct Counting : World {
    Peer starter = launcher("first");
    Peer me = client();
    Peer child = 0;
    std::int64_t session = 0;

    Counting() { join(); }
    void join(const char* secret = nullptr) {
        child = stranger();
        Value hello = map({{"role", "worker"}, {"host", "first"}, {"process", "process_0"}, {"pid", 43}, {"tells_sends", true}});
        hello.set("actors", Value::Array{map({{"name", "greeter"}, {"epoch", 5}})});
        if (secret != nullptr) hello.set("session", secret);
        ask(child, {}, "hello", hello);
        const auto welcome = only(child);
        secret_ = welcome.text("session");
        session = static_cast<std::int64_t>(stamp_of(secret_));
    }
    void pass(int sends) {
        for (int i = 0; i < sends; ++i) send(me, "greeter", "tick");
    }
    [[nodiscard]] Value numbers(int waiting, int arrived, int left, std::int64_t of_session = 0) const {
        return map({{"session", of_session != 0 ? of_session : session}, {"waiting", waiting}, {"arrived", arrived}, {"left", left}});
    }
    void tell(const Value& told) { send(child, {}, "heartbeat", told, "first.process_0.admin"); }
    void tell_death(Value page, std::int64_t pid = 43) {
        send(starter, {}, "process_ended", map({{"node", "first.process_0"}, {"pid", pid}, {"status", 137}, {"text", "killed by signal 9"}, {"lost", std::move(page)}}));
        advance(200ms, {starter});
    }
    void cut() {
        link.gone[child] = true;
        broker.on_disconnected(child);
        advance(300ms, {starter});
    }
    std::uint64_t lost() { return broker.counters().lost; }
    /// All that are shown.
    Value::Array losses() {
        received(me);
        ask(me, {}, "get_dead_letters");
        const auto letters = only(me);
        CHECK(letters.number("lost") == static_cast<std::int64_t>(lost()));
        const auto* found = letters.body.find("losses");
        return found != nullptr ? *found->as_array() : Value::Array{};
    }
    Value loss() {
        const auto all = losses();
        REQUIRE(all.size() == 1);
        return all.front();
    }
    const std::string& secret() const { return secret_; }

private:
    std::string secret_;
};

std::int64_t number(const Value& loss, const char* key) {
    const auto* field = loss.find(key);
    return field != nullptr && field->as_integer() ? *field->as_integer() : -1;
}
bool is_at_most(const Value& loss) { return *loss.find("at_most")->as_bool(); }
std::string text(const Value& loss) { return *loss.find("text")->as_text(); }

}  // namespace

TEST_CASE("what waited in a process that died, and what was on its way to it and from it, is lost: counted, and named with peer and numbers") {
    Counting world;
    world.pass(2);
    world.tell(world.numbers(0, 2, 0));
    world.pass(5);
    world.send(world.child, "@me.1", "hello", {}, "greeter");
    SECTION("known from its launcher") { world.tell_death(world.numbers(3, 6, 3)); }
    SECTION("known from its connection first") {
        world.cut();
        CHECK(is_at_most(world.loss()));
        CHECK(world.lost() == 5);
        world.tell_death(world.numbers(3, 6, 3));
    }
    CHECK(world.lost() == 6);
    const auto loss = world.loss();
    CHECK(number(loss, "inside") == 3);
    CHECK(number(loss, "to") == 1);
    CHECK(number(loss, "from") == 2);
    CHECK(number(loss, "first") == 3);
    CHECK(number(loss, "last") == 7);
    CHECK(number(loss, "pid") == 43);
    CHECK_FALSE(is_at_most(loss));
    CHECK(text(loss) == "6 messages were lost with first.process_0.admin (pid 43), among numbers 3 to 7: killed by signal 9");
    world.ask(world.me, {}, "stats");
    CHECK(world.only(world.me).number("lost") == 6);
}

TEST_CASE("what the broker still has for a process that died is dead letters and not lost") {
    Counting world;
    world.pass(2);
    world.link.full[world.child] = true;
    world.pass(3);
    world.tell_death(world.numbers(1, 2, 0));
    CHECK(world.lost() == 1);
    CHECK(world.broker.counters().dead_letters == 3);
    CHECK(number(world.loss(), "last") == 2);
}

TEST_CASE("nobody read the page of a process that is gone: at most what it was passed and had not told to have ended is lost") {
    Counting world;
    world.pass(3);
    world.tell(world.numbers(0, 3, 0));
    world.pass(4);
    world.tell(world.numbers(2, 6, 0));
    world.cut();
    const auto loss = world.loss();
    CHECK(is_at_most(loss));
    CHECK(number(loss, "count") == 3);
    CHECK(text(loss) == "at most 3 messages were lost with first.process_0.admin (pid 43), among numbers 4 to 7: its process or its connection ended");
}

TEST_CASE("a process that comes back has lost nothing inside, and says what did not arrive") {
    Counting world;
    world.pass(5);
    world.tell(world.numbers(4, 4, 0));
    world.cut();
    CHECK(world.lost() == 5);
    const auto before = world.session;
    world.join(world.secret().c_str());
    Value told = world.numbers(4, 0, 0);
    told.set("before", world.numbers(4, 4, 2, before));
    world.tell(told);
    CHECK(world.lost() == 3);
    CHECK(number(world.loss(), "to") == 1);
    CHECK(number(world.loss(), "from") == 2);
    SECTION("and when it dies then, what waited counts once") {
        world.pass(1);
        world.tell_death(world.numbers(5, 1, 0));
        CHECK(world.lost() == 8);
    }
    SECTION("and when it dies before it has read its welcome, too") {
        world.pass(2);
        world.tell_death(world.numbers(4, 4, 2, before));
        CHECK(world.lost() == 9);
    }
}

TEST_CASE("a process that went on after its session was lost and died in the next one loses what was inside once") {
    Counting world;
    world.pass(5);
    world.tell(world.numbers(5, 5, 0));
    world.cut();
    world.join(world.secret().c_str());
    world.pass(1);
    world.cut();
    CHECK(world.lost() == 6);
    world.tell_death(world.numbers(6, 1, 0));
    CHECK(world.lost() == 6);
    REQUIRE(world.losses().size() == 1);
    CHECK_FALSE(is_at_most(world.loss()));
}

TEST_CASE("a process that died before it told of the session before loses what was inside once") {
    Counting world;
    world.pass(5);
    world.tell(world.numbers(4, 4, 0));
    world.cut();
    const auto before = world.session;
    world.join(world.secret().c_str());
    SECTION("and had read its welcome") {
        world.pass(1);
        world.tell_death(world.numbers(5, 1, 0));
        CHECK(world.lost() == 6);
    }
    SECTION("and had not") {
        world.pass(2);
        world.tell_death(world.numbers(4, 5, 1, before));
        CHECK(world.lost() == 7);
        for (const auto& loss : world.losses()) CHECK_FALSE(is_at_most(loss));
    }
}

TEST_CASE("what a process told with its goodbye is counted once, whatever its launcher finds when it has ended") {
    Counting world;
    world.pass(5);
    world.send(world.child, {}, "bye", world.numbers(2, 5, 0), "first.process_0.admin");
    CHECK(world.lost() == 2);
    world.tell_death(world.numbers(2, 5, 0));
    CHECK(world.lost() == 2);
    CHECK(world.losses().size() == 1);
}

TEST_CASE("a process that leaves in order has lost nothing") {
    Counting world;
    world.pass(5);
    world.send(world.child, {}, "bye", world.numbers(0, 5, 0), "first.process_0.admin");
    CHECK(world.lost() == 0);
    CHECK(world.losses().empty());
}

TEST_CASE("what was on its way to a process that said goodbye is lost") {
    Counting world;
    world.pass(5);
    world.send(world.child, {}, "bye", world.numbers(0, 3, 0), "first.process_0.admin");
    CHECK(world.lost() == 2);
    CHECK_FALSE(is_at_most(world.loss()));
}

TEST_CASE("a process that died while its broker was another one loses what was inside") {
    Counting world;
    world.tell_death(world.numbers(7, 20, 4, 12345), 99);
    CHECK(world.lost() == 7);
    CHECK(number(world.loss(), "pid") == 99);
    CHECK(number(world.loss(), "first") == -1);
}

TEST_CASE("numbers that cannot be are none, and no worker can speak for another") {
    Counting world;
    world.pass(1);
    const auto largest = std::numeric_limits<std::int64_t>::max();
    world.tell(map({{"session", world.session}, {"waiting", largest}, {"arrived", largest}, {"left", largest}}));
    world.tell(map({{"session", "x"}, {"waiting", -1}, {"arrived", {}}}));
    world.cut();
    CHECK(world.lost() == 2 * limits::sends_lost_max);
    const Peer other = world.worker("first", "main");
    Value told = world.numbers(0, 0, 0, 7);
    told.set("before", world.numbers(0, 1, 0));
    world.send(other, {}, "heartbeat", told, "first.main.admin");
    CHECK(world.lost() == 2 * limits::sends_lost_max);
}

TEST_CASE("of a worker that does not tell of its sends nothing is counted") {
    Counting world;
    const Peer silent = world.worker("first", "process_1");
    world.register_actors(silent, {"carl"});
    world.send(world.me, "carl", "tick");
    world.send(world.starter, {}, "process_ended", map({{"node", "first.process_1"}, {"status", 9}}));
    world.advance(200ms, {world.starter});
    CHECK(world.lost() == 0);
}

TEST_CASE("losses are remembered within a bound and counted beyond it") {
    Counting world;
    for (std::int64_t pid = 100; pid < 100 + static_cast<std::int64_t>(limits::losses_max) + 20; ++pid)
        world.send(world.starter, {}, "process_ended", map({{"node", "first.process_7"}, {"pid", pid}, {"lost", world.numbers(1, 0, 0, pid)}}));
    CHECK(world.lost() == limits::losses_max + 20);
    CHECK(world.losses().size() == limits::losses_max);
}

TEST_CASE("a session that may have lost nothing takes the place of none that did") {
    Counting world;
    world.tell_death(world.numbers(7, 20, 4, 12345), 99);
    for (std::size_t i = 0; i < limits::losses_max; ++i) {
        world.cut();
        world.join(world.secret().c_str());
    }
    CHECK(number(world.loss(), "pid") == 99);
}

TEST_CASE("of what a launcher says of an end a sentence is kept, and losses are shown on the first page alone") {
    Counting world;
    const std::string text(1 << 20, '\n');
    world.send(world.starter, {}, "process_ended",
               map({{"node", "first.process_7"}, {"pid", 9}, {"text", text}, {"lost", world.numbers(1, 0, 0, 5)}}));
    CHECK(world.loss().find("reason")->as_text()->size() <= 2 * limits::dead_letter_text_max);
    for (int i = 0; i < 2; ++i) world.send(world.me, "nobody", "tick");
    world.received(world.me);
    world.ask(world.me, {}, "get_dead_letters", map({{"page_size", 1}, {"page", 2}}));
    CHECK(world.only(world.me).body.find("losses") == nullptr);
}

TEST_CASE("dead letters that a worker had given out and that have not come are lost on the way from it, those that came or were only counted are not") {
    Counting world;
    const auto letter = map({{"sender", "greeter"}, {"recipient", "nobody"}, {"command", "tick"}, {"mid", 0}, {"reason", "mailbox_full"}, {"text", ""}, {"bytes", 0}});
    const auto report = map({{"letters", Value::Array{letter}}, {"more", map({{"mailbox_full", 3}})}});
    world.send(world.child, {}, "dead_letters", report, "first.process_0.admin");
    world.tell_death(world.numbers(1, 0, 6));
    CHECK(world.lost() == 3);
    const auto loss = world.loss();
    CHECK(number(loss, "inside") == 1);
    CHECK(number(loss, "from") == 2);
}
