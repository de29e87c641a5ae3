// Asking: answers, errors, time, forgetting, many at once.
#include "catch.hpp"
#include "testing/stage.hpp"

using namespace peacepie;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

class Slow final : public Actor {
public:
    Slow() {
        on("wait", &Slow::wait, "seconds");
        on("wait_here", &Slow::wait, "seconds", overlapping);
        on("fail", &Slow::fail);
        on("count", &Slow::get_count);
    }

private:
    State<int> count{this, "count", 0};
    Task<int> wait(Seconds seconds) {
        co_await sleep(seconds);
        co_return ++*count;
    }
    void fail() { throw Error("broken", "it is broken"); }
    int get_count() { return *count; }
};

class Asker final : public Actor {
public:
    Asker() {
        on("plain", &Asker::plain);
        on("limited", &Asker::limited);
        on("longer", &Asker::longer);
        on("too_long", &Asker::too_long);
        on("failing", &Asker::failing);
        on("attempting", &Asker::attempting);
        on("ghost", &Asker::ghost);
        on("forgetting", &Asker::forgetting);
        on("twice", &Asker::twice);
        on("begin", &Asker::begin);
        on("finish", &Asker::finish);
        on("group", &Asker::group, "times", "limit");
        on("empty_group", &Asker::empty_group);
    }

private:
    std::optional<Ask<>> kept;

    Task<int> plain() {
        auto asked = ask("slow", "wait", named("seconds", 1));
        auto answer = co_await asked;
        co_return answer.as<int>();
    }
    Task<int> limited() {
        auto asked = ask("slow", "wait", named("seconds", 5)).within(1s);
        auto answer = co_await asked;
        co_return answer.as<int>();
    }
    Task<int> longer() {
        auto asked = ask_within(60s, "slow", "wait", named("seconds", 30));
        auto answer = co_await asked;
        print("{}", answer.as<int>());
        co_return answer.as<int>();
    }
    Task<> too_long() {
        auto asked = ask("slow", "wait", named("seconds", 1)).within(60s);
        co_await asked;
    }
    Task<> failing() {
        auto asked = ask("slow", "fail");
        co_await asked;
    }
    Task<Reply> attempting() {
        auto called = ask("slow", "fail");
        auto maybe = co_await attempt(called);
        co_return reply("tried", named("luck", bool(maybe)), named("code", maybe.error().code),
                        named("from", maybe.error().from));
    }
    Task<> ghost() {
        auto asked = ask("ghost", "tick");
        co_await asked;
    }
    Reply forgetting() {
        auto forgotten = ask("slow", "wait", named("seconds", 1));
        return reply("forgotten");
    }
    Task<> twice() {
        auto asked = ask("slow", "count");
        co_await asked;
        co_await asked;
    }
    Reply begin() {
        kept = ask("slow", "wait", named("seconds", 2));
        return reply("begun");
    }
    Task<int> finish() {
        auto& asked = *kept;  // g++ 12 would copy what `co_await *kept` awaits
        auto answer = co_await asked;
        kept.reset();
        co_return answer.as<int>();
    }
    Task<int> group(std::vector<Seconds> times, Seconds limit) {
        Group<Reply> waits;
        for (auto seconds : times) waits += ask("slow", "wait_here", named("seconds", seconds));
        auto answers = co_await waits.within(limit);
        co_return static_cast<int>(answers.size());
    }
    Task<> empty_group() {
        Group<> nobody;
        co_await nobody.within(1s);
    }
};

struct World {
    Stage stage;
    Recipient slow = stage.add<Slow>("slow");
    Recipient asker = stage.add<Asker>("asker");
};

}  // namespace

TEST_CASE("an ask brings the answer") {
    World world;
    CHECK(world.stage.ask(world.asker, "plain").as<int>() == 1);
}

TEST_CASE("within gives up in time and a late answer dies quietly") {
    World world;
    CHECK_THROWS_WITH(world.stage.ask(world.asker, "limited"),
                      Contains("expired") && Contains("within 1 s") && Contains("wait to slow"));
    world.stage.advance(10s);
    CHECK(world.stage.ask(world.slow, "count").as<int>() == 1);
    CHECK(world.stage.failures().empty());
}

TEST_CASE("ask_within waits longer than the usual ten seconds") {
    World world;
    world.stage.tell(world.asker, "longer");
    world.stage.advance(29s);
    CHECK(world.stage.printed().empty());
    world.stage.advance(2s);
    CHECK(world.stage.printed() == std::vector<std::string>{"1"});
}

TEST_CASE("within refuses to lengthen what was sent") {
    World world;
    CHECK_THROWS_WITH(world.stage.ask(world.asker, "too_long"), Contains("use ask_within"));
}

TEST_CASE("an error answer is thrown where it is awaited, and passes on with who said it") {
    World world;
    try {
        (void)world.stage.ask(world.asker, "failing");
        FAIL("no error");
    } catch (const Error& error) {
        CHECK(error.code == "broken");
        CHECK(error.from == "slow");
    }
}

TEST_CASE("attempt makes an error a value") {
    World world;
    const Reply tried = world.stage.ask(world.asker, "attempting");
    CHECK_FALSE(tried.get<bool>("luck"));
    CHECK(tried.get<std::string>("code") == "broken");
    CHECK(tried.get<std::string>("from") == "slow");
}

TEST_CASE("asking a ghost is answered at once") {
    World world;
    CHECK_THROWS_WITH(world.stage.ask(world.asker, "ghost"), Contains("no_such_actor"));
}

TEST_CASE("a dropped ask was sent all the same") {
    World world;
    CHECK(world.stage.ask(world.asker, "forgetting").command == "forgotten");
    world.stage.advance(2s);
    CHECK(world.stage.ask(world.slow, "count").as<int>() == 1);
}

TEST_CASE("an ask is awaited once") {
    World world;
    CHECK_THROWS_WITH(world.stage.ask(world.asker, "twice"), Contains("awaited before"));
}

TEST_CASE("an ask kept in a member is awaited by a later handler") {
    World world;
    (void)world.stage.ask(world.asker, "begin");
    world.stage.advance(3s);
    CHECK(world.stage.ask(world.asker, "finish").as<int>() == 1);
}

TEST_CASE("a group waits for all, however their answers are ordered") {
    World world;
    CHECK(world.stage.ask(world.asker, "group", named("times", std::vector<int>{3, 1, 2}), named("limit", 5)).as<int>() == 3);
    CHECK(world.stage.ask(world.asker, "empty_group").command == "done");
}

TEST_CASE("a group of hundreds waits for all") {
    World world;
    std::vector<int> times;
    for (int i = 0; i < 300; ++i) times.push_back(i * 37 % 5);
    CHECK(world.stage.ask(world.asker, "group", named("times", times), named("limit", 9)).as<int>() == 300);
}

TEST_CASE("a group tells which asks failed and why") {
    World world;
    CHECK_THROWS_WITH(world.stage.ask(world.asker, "group", named("times", std::vector<int>{1, 7, 8}), named("limit", 2)),
                      Contains("expired") && Contains("2 of 3 asks failed"));
}

TEST_CASE("removing an actor drops what it waits for") {
    World world;
    world.stage.tell(world.asker, "plain");
    world.stage.tell(world.asker, "plain");
    world.stage.remove(world.asker);
    world.stage.advance(5s);
    CHECK_FALSE(world.stage.has(world.asker));
}
