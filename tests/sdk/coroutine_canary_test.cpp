// Each coroutine idiom of the author's guide, run once under the sanitizers: an idiom that fails here leaves the guide.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <memory>

#include "catch.hpp"
#include "testing/stage.hpp"

using namespace peacepie;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

/// Counts itself: what a dropped frame held must be gone.
struct Counted {
    static inline int alive = 0;
    Counted() { ++alive; }
    Counted(const Counted&) { ++alive; }
    Counted(Counted&&) noexcept { ++alive; }
    ~Counted() { --alive; }
    std::string text = "a text that is too long for a small string";
};

class Idioms final : public Actor {
public:
    Idioms() {
        on("nested", &Idioms::nested, "depth");
        on("named_task", &Idioms::named_task);
        on("task_in_vain", &Idioms::task_in_vain);
        on("caught", &Idioms::caught);
        on("in_catch", &Idioms::in_catch);
        on("loop", &Idioms::loop);
        on("blocked", &Idioms::blocked);
        on("blocked_badly", &Idioms::blocked_badly);
        on("reads", &Idioms::reads, "fd");
        on("holds", &Idioms::holds, "text");
        on("move_only", &Idioms::move_only);
        on("typed", &Idioms::typed);
        on("raw_temporary", &Idioms::raw_temporary);
        on("echo", &Idioms::echo, "text");
    }

private:
    Task<int> nested(int depth) {
        Counted local;
        if (depth == 0) {
            co_await sleep(1s);
            co_return 0;
        }
        auto below = co_await nested(depth - 1);
        co_return below + 1;
    }
    Task<int> named_task() {
        auto first = nested(1);
        auto second = nested(2);
        auto b = co_await second;
        auto a = co_await first;
        co_return a * 10 + b;
    }
    Task<> task_in_vain() {
        auto never = nested(1);  // starts when awaited: not at all
        co_await sleep(1s);
    }
    Task<> thrower() {
        Counted local;
        co_await sleep(1s);
        throw Error("thrown", "after a pause");
    }
    Task<std::string> caught() {
        std::string code = "none";
        try {
            co_await thrower();
        } catch (const Error& error) {
            code = error.code;
        }
        co_await sleep(1s);
        co_return code;
    }
    Task<> in_catch() {
        auto failing = thrower();
        co_await failing;
    }
    Task<int> loop() {
        int sum = 0;
        for (int i = 0; i < 1000; ++i) sum += co_await quick(i);
        co_return sum;
    }
    Task<int> quick(int i) { co_return i; }
    Task<std::string> blocked() {
        auto text = std::make_unique<std::string>("from another thread, a long text");
        auto work = blocking([text = std::move(text), count = Counted()] { return *text; });
        auto result = co_await work;
        co_return result;
    }
    Task<> blocked_badly() {
        auto work = blocking([] { throw Error("disk_full", "make room"); });
        co_await work;
    }
    Task<std::string> reads(int fd) {
        co_await readable(fd);
        std::array<char, 16> buffer{};
        const auto size = ::read(fd, buffer.data(), buffer.size());
        co_return std::string(buffer.data(), static_cast<std::size_t>(size));
    }
    Task<> holds(std::string text) {
        Counted local;
        auto asked = ask(name(), "echo", named("text", text));
        co_await asked;  // never answered: we are busy
    }
    Task<std::size_t> move_only() {
        auto owned = co_await make();
        co_return owned->size();
    }
    Task<std::unique_ptr<std::string>> make() {
        co_await sleep(1s);
        co_return std::make_unique<std::string>("twelve bytes");
    }
    Task<Reply> typed() {
        auto place = co_await create_process();
        auto nodes = co_await get_all_nodes();
        auto found = seek_actor("nobody_at_all");
        auto maybe = co_await attempt(found);
        co_return reply("typed", named("place", place), named("nodes", nodes.size()), named("found", bool(maybe)));
    }
    Task<std::string> raw_temporary() {
        auto answer = co_await ask("other", "echo", named("text", std::string("a temporary text longer than sso")));
        co_return answer.as<std::string>();
    }
    std::string echo(std::string text) { return text; }
};

struct World {
    Stage stage;
    Recipient it = stage.add<Idioms>("it");
    Recipient other = stage.add<Idioms>("other");
    ~World() { CHECK(Counted::alive == 0); }
};

}  // namespace

TEST_CASE("tasks await tasks to any depth") {
    World world;
    CHECK(world.stage.ask(world.it, "nested", named("depth", 1)).as<int>() == 1);
    CHECK(world.stage.ask(world.it, "nested", named("depth", 20000)).as<int>() == 20000);
    CHECK(Counted::alive == 0);
}

TEST_CASE("a task may be named and awaited later, or never") {
    World world;
    CHECK(world.stage.ask(world.it, "named_task").as<int>() == 12);
    CHECK(world.stage.ask(world.it, "task_in_vain").command == "done");
}

TEST_CASE("an exception passes from task to task") {
    World world;
    CHECK(world.stage.ask(world.it, "caught").as<std::string>() == "thrown");
    CHECK_THROWS_WITH(world.stage.ask(world.it, "in_catch"), Contains("after a pause"));
}

TEST_CASE("a loop awaits without growing the stack") {
    World world;
    CHECK(world.stage.ask(world.it, "loop").as<int>() == 499500);
}

TEST_CASE("blocking work returns its result or its exception") {
    World world;
    CHECK(world.stage.ask(world.it, "blocked").as<std::string>() == "from another thread, a long text");
    CHECK_THROWS_WITH(world.stage.ask(world.it, "blocked_badly"), Contains("disk_full"));
}

TEST_CASE("a handler waits until a descriptor can be read") {
    World world;
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_NONBLOCK) == 0);
    REQUIRE(::write(ends[1], "ready", 5) == 5);
    CHECK(world.stage.ask(world.it, "reads", named("fd", ends[0])).as<std::string>() == "ready");
    ::close(ends[0]);
    ::close(ends[1]);
}

TEST_CASE("removing an actor drops its suspended frames and all they hold") {
    Stage stage;
    auto it = stage.add<Idioms>("it");
    stage.tell(it, "holds", named("text", "x"));
    stage.tell(it, "nested", named("depth", 5));
    CHECK(Counted::alive == 1);
    stage.remove(it);
    CHECK(Counted::alive == 0);
}

TEST_CASE("dropping a deep chain of frames is safe") {
    Stage stage;
    auto it = stage.add<Idioms>("it");
    stage.tell(it, "nested", named("depth", 500));
    CHECK(Counted::alive == 501);
    stage.remove(it);
    CHECK(Counted::alive == 0);
}

TEST_CASE("a task may return what only moves") {
    World world;
    CHECK(world.stage.ask(world.it, "move_only").as<int>() == 12);
}

TEST_CASE("typed verbs give types") {
    World world;
    const Reply typed = world.stage.ask(world.it, "typed");
    CHECK(typed.get<std::string>("place") == "first.process_0.admin");
    CHECK(typed.get<int>("nodes") == 2);
    CHECK_FALSE(typed.get<bool>("found"));
}

TEST_CASE("an ask may be awaited where it is made") {
    World world;
    CHECK(world.stage.ask(world.it, "raw_temporary").as<std::string>() == "a temporary text longer than sso");
}
