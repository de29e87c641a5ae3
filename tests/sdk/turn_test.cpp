// One turn at a time, overlapping on request, start and stop, order under a shuffle.
#include <algorithm>
#include <array>
#include <cstdint>

#include "catch.hpp"
#include "testing/stage.hpp"

using namespace peacepie;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

class Turns final : public Actor {
public:
    Turns() {
        on("slow", &Turns::slow, "n");
        on("overlapped", &Turns::slow, "n", overlapping);
        on("note", &Turns::note, "n");
        on("peek", &Turns::note, "n", overlapping);
        on("chat", &Turns::chat, "to", "times");
    }

private:
    Param<bool> fails{this, "fails", false};
    Param<Seconds> warm_up{this, "warm_up", 0s};

    Task<> started() override {
        if (*fails) throw Error("no_fuel", "fill it first");
        if (warm_up->count() > 0) co_await sleep(*warm_up);
        print("started");
    }
    void stopping() noexcept override { print("stopping"); }

    Task<> slow(int n) {
        print("{} begins for {}", n, sender());
        co_await sleep(1s);
        print("{} ends for {}", n, sender());
    }
    void note(int n) { print("{}", n); }
    void chat(Address to, int times) {
        for (int i = 0; i < times; ++i) send(to, "note", named("n", i));
    }
};

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a handler runs alone, its awaits included") {
    Stage stage;
    auto it = stage.add<Turns>("it");
    stage.tell(it, "slow", named("n", 1));
    stage.tell(it, "slow", named("n", 2));
    stage.advance(5s);
    CHECK(stage.printed_by(it) ==
          Lines{"started", "1 begins for @stage", "1 ends for @stage", "2 begins for @stage", "2 ends for @stage"});
}

TEST_CASE("overlapping handlers run side by side and keep their own sender") {
    Stage stage;
    auto it = stage.add<Turns>("it");
    stage.tell(it, "overlapped", named("n", 1));
    stage.tell(it, "overlapped", named("n", 2));
    stage.advance(5s);
    CHECK(stage.printed_by(it) ==
          Lines{"started", "1 begins for @stage", "2 begins for @stage", "1 ends for @stage", "2 ends for @stage"});
}

TEST_CASE("an overlapping command does not wait for a suspended handler and others do") {
    Stage stage;
    auto it = stage.add<Turns>("it");
    stage.tell(it, "slow", named("n", 1));
    stage.tell(it, "note", named("n", 2));
    stage.tell(it, "peek", named("n", 3));
    CHECK(stage.printed_by(it) == Lines{"started", "1 begins for @stage", "3"});
    stage.advance(1s);
    CHECK(stage.printed_by(it) == Lines{"started", "1 begins for @stage", "3", "1 ends for @stage", "2"});
}

TEST_CASE("an overlapping command comes in the order it was sent while nothing is suspended") {
    Stage stage;
    auto it = stage.add<Turns>("it", named("warm_up", 1));
    stage.tell(it, "note", named("n", 1));
    stage.tell(it, "peek", named("n", 2));
    stage.tell(it, "note", named("n", 3));
    CHECK(stage.printed_by(it).empty());
    stage.advance(1s);
    CHECK(stage.printed_by(it) == Lines{"started", "1", "2", "3"});
}

TEST_CASE("mail waits until started is over") {
    Stage stage;
    auto it = stage.add<Turns>("it", named("warm_up", 2));
    stage.tell(it, "note", named("n", 1));
    CHECK(stage.printed_by(it).empty());
    stage.advance(2s);
    CHECK(stage.printed_by(it) == Lines{"started", "1"});
}

TEST_CASE("an actor whose start fails is not there") {
    Stage stage;
    CHECK_THROWS_WITH(stage.add<Turns>("it", named("fails", true)), Contains("no_fuel"));
    CHECK_FALSE(stage.has("it"));
}

TEST_CASE("stopping has the last words") {
    Stage stage;
    auto it = stage.add<Turns>("it");
    stage.remove(it);
    CHECK(stage.printed() == Lines{"started", "stopping"});
}

TEST_CASE("whoever asked an actor that is removed meanwhile hears of it") {
    class Patient final : public Actor {
    public:
        Patient() { on("go", &Patient::go); }

    private:
        Task<std::string> go() {
            auto asked = ask("it", "slow", named("n", 1));
            auto maybe = co_await attempt(asked);
            print("{}", maybe.error().code);
            co_return maybe.error().code;
        }
    };
    Stage stage;
    auto it = stage.add<Turns>("it");
    auto patient = stage.add<Patient>("patient");
    stage.tell(patient, "go");
    stage.remove(it);
    CHECK(stage.printed_by(patient) == Lines{"stopping"});
}

TEST_CASE("messages of one sender stay in order under any shuffle") {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        Stage stage;
        stage.shuffle(seed);
        auto reader = stage.add<Turns>("reader");
        auto writer = stage.add<Turns>("writer");
        stage.tell(writer, "chat", named("to", reader), named("times", 20));
        auto lines = stage.printed_by(reader);
        lines.erase(lines.begin());
        for (std::size_t i = 0; i < lines.size(); ++i) CHECK(lines[i] == std::to_string(i));
        CHECK(lines.size() == 20);
    }
}

TEST_CASE("a constructor that talks to the world is refused") {
    class Early final : public Actor {
    public:
        Early() { print("too early"); }
    };
    Stage stage;
    CHECK_THROWS_WITH(stage.add<Early>("it"), Contains("a constructor only declares"));
}

TEST_CASE("a send to nobody is not lost in silence") {
    Stage stage;
    auto it = stage.add<Turns>("it");
    stage.tell(it, "chat", named("to", "ghost"), named("times", 1));
    REQUIRE(stage.failures().size() == 1);
    CHECK_THAT(stage.failures()[0], Contains("no_such_actor") && Contains("ghost"));
}

TEST_CASE("an observer is notified of the command it subscribed to") {
    class Observer final : public Actor {
    public:
        Observer() {
            on("observe", &Observer::observe);
            on("notification", &Observer::notification, whole_body);
        }

    private:
        Task<> observe() {
            auto asked = subscribe("it", "note");
            co_await asked;
        }
        void notification(Value seen) { print("{}", *seen.find("command")->as_text()); }
    };
    Stage stage;
    auto it = stage.add<Turns>("it");
    auto observer = stage.add<Observer>("observer");
    CHECK(stage.ask(observer, "observe").command == "done");
    stage.tell(it, "note", named("n", 1));
    CHECK(stage.printed_by(observer) == Lines{"note"});
}

namespace {

/// Spawns others of its kind.
class Mother final : public Actor {
public:
    Mother() {
        on("bear", &Mother::bear, "age");
        on("tell", &Mother::tell);
        on("leave", &Mother::leave);
        on("leave_slowly", &Mother::leave_slowly);
    }

private:
    Param<int> age{this, "age", 0};

    Task<> started() override {
        if (*age < 0) throw Error("too_young", "not yet");
        print("{} has come", *age);
        return {};
    }
    void stopping() noexcept override { print("{} has gone", *age); }
    void params_changed() override {
        if (*age > 100) throw Error("too_old", "that is too old");
    }

    Address bear(int of_age) {
        const auto child = spawn<Mother>(named("age", of_age));
        print("has borne one of {}", of_age);
        send(child, "tell");
        return child;
    }
    int tell() {
        print("{} was told", *age);
        return *age;
    }
    void leave() { retire(); }
    Task<> leave_slowly() {
        retire();
        co_await sleep(1s);
        print("{} is ready", *age);
    }
};

}  // namespace

TEST_CASE("a spawned actor starts after the turn that spawned it, with its parameters, and can be reached by its name") {
    Stage stage;
    auto mother = stage.add<Mother>("mother", named("age", 30));
    const auto child = stage.ask(mother, "bear", named("age", 3)).as<std::string>();
    CHECK(child.starts_with("~"));
    CHECK(stage.printed() == Lines{"30 has come", "has borne one of 3", "3 has come", "3 was told"});
    CHECK(stage.ask(child, "tell").as<int>() == 3);
}

TEST_CASE("what a constructor or a parameter refuses is thrown to the one who spawns") {
    Stage stage;
    auto mother = stage.add<Mother>("mother");
    CHECK_THROWS_WITH(stage.ask(mother, "bear", named("age", "three")), Contains("age"));
}

TEST_CASE("a spawned actor whose start throws is gone, and its mail is answered") {
    Stage stage;
    auto mother = stage.add<Mother>("mother");
    const auto child = stage.ask(mother, "bear", named("age", -1)).as<std::string>();
    CHECK_THROWS_WITH(stage.ask(child, "tell"), Contains(child));
}

TEST_CASE("an actor that retires ends after its turn, with last words, and its mail is answered") {
    Stage stage;
    auto mother = stage.add<Mother>("mother", named("age", 30));
    stage.tell(mother, "leave");
    CHECK(stage.printed() == Lines{"30 has come", "30 has gone"});
    CHECK_THROWS_WITH(stage.ask(mother, "tell"), Contains("mother"));
}

TEST_CASE("an actor that retires goes when no handler of it is suspended") {
    Stage stage;
    auto mother = stage.add<Mother>("mother", named("age", 30));
    stage.tell(mother, "leave_slowly");
    CHECK(stage.printed() == Lines{"30 has come"});
    stage.advance(2s);
    CHECK(stage.printed() == Lines{"30 has come", "30 is ready", "30 has gone"});
}

namespace {

/// Wants more alignment than the heap gives by itself.
class Wide final : public Actor {
public:
    Wide() { on("place", &Wide::place); }

private:
    alignas(128) std::array<char, 4096> room_{};
    int place() { return static_cast<int>(reinterpret_cast<std::uintptr_t>(room_.data()) % 128); }
};

}  // namespace

TEST_CASE("an actor with more alignment than usual gets it") {
    Stage stage;
    CHECK(stage.ask(stage.add<Wide>("wide"), "place").as<int>() == 0);
}
