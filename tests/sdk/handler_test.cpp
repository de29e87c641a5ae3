// From a body to a handler's arguments, and from what it returns to an answer.
#include <stdexcept>

#include "catch.hpp"
#include "testing/stage.hpp"

using namespace peacepie;
using Catch::Matchers::Contains;

namespace {

struct Point {
    int x = 0;
    int y = 0;
};

}  // namespace

template <>
struct peacepie::convert<Point> {
    static std::string name() { return "point"; }
    static Value to(const Point& point) { return Value::Map{{"x", point.x}, {"y", point.y}}; }
    static Point from(const Value& value) {
        const Value* x = value.find("x");
        const Value* y = value.find("y");
        if (x == nullptr || y == nullptr) throw Error(Fault::bad_argument, "a point has x and y");
        return {convert<int>::from(*x), convert<int>::from(*y)};
    }
};

namespace {

class Handlers final : public Actor {
public:
    Handlers() {
        on("greet", &Handlers::greet, "whom", "times", about("greets somebody"));
        on("nothing", &Handlers::nothing);
        on("number", &Handlers::number);
        on("mirror", &Handlers::mirror, "point");
        on("whole", &Handlers::whole, whole_body);
        on("length", &Handlers::length, "text");
        on("later", &Handlers::later, "n");
        on("who", &Handlers::who);
        on("fail", &Handlers::fail);
        on("fail_strangely", &Handlers::fail_strangely);
        on("named_at_run_time", &Handlers::named_at_run_time, "name");
    }

private:
    Reply greet(std::string whom, std::optional<int> times) {
        if (times && *times < 1) throw Error("bad_times", "ask for at least one greeting");
        for (int i = 0; i < times.value_or(1); ++i) print("Hello, {}!", whom);
        return reply("greeted", named("count", times.value_or(1)));
    }
    void nothing() {}
    int number() const { return 42; }
    Point mirror(Point point) { return {point.y, point.x}; }
    Value whole(Value body) { return body; }
    std::size_t length(const std::string& text) const noexcept { return text.size(); }
    Task<int> later(int n) {
        co_await sleep(Seconds(1));
        co_return n + 1;
    }
    Reply who() { return reply("you", named("text", sender().text())); }
    void fail() { throw std::out_of_range("too far"); }
    void fail_strangely() { throw 7; }
    Reply named_at_run_time(std::string answer) { return reply(answer); }
};

}  // namespace

TEST_CASE("arguments come by name and an optional one may be absent") {
    Stage stage;
    auto it = stage.add<Handlers>("it");
    CHECK(stage.ask(it, "greet", named("whom", "Anna")).get<int>("count") == 1);
    CHECK(stage.ask(it, "greet", named("times", 2), named("whom", "Bo")).get<int>("count") == 2);
    CHECK(stage.printed_by(it) == std::vector<std::string>{"Hello, Anna!", "Hello, Bo!", "Hello, Bo!"});
}

TEST_CASE("a missing, wrong or unknown argument is refused by name") {
    Stage stage;
    auto it = stage.add<Handlers>("it");
    CHECK_THROWS_WITH(stage.ask(it, "greet"), Contains("bad_argument") && Contains("whom"));
    CHECK_THROWS_WITH(stage.ask(it, "greet", named("whom", 7)), Contains("whom") && Contains("expected text"));
    CHECK_THROWS_WITH(stage.ask(it, "greet", named("whom", "x"), named("tims", 2)), Contains("no argument tims"));
    CHECK_THROWS_WITH(stage.ask(it, "mirror", named("point", 1)), Contains("a point has x and y"));
}

TEST_CASE("a handler without arguments does not look at the body") {
    Stage stage;
    auto it = stage.add<Handlers>("it");
    CHECK(stage.ask(it, "nothing", named("anything", 1)).command == "done");
}

TEST_CASE("each kind of result is an answer") {
    Stage stage;
    auto it = stage.add<Handlers>("it");
    CHECK(stage.ask(it, "nothing").body.is_nil());
    CHECK(stage.ask(it, "number").as<int>() == 42);
    CHECK(stage.ask(it, "length", named("text", "four")).as<int>() == 4);
    CHECK(stage.ask(it, "later", named("n", 1)).as<int>() == 2);
    CHECK(stage.ask(it, "mirror", named("point", Point{1, 2})).as<Point>().x == 2);
    CHECK(stage.ask(it, "whole", named("a", 1)).get<int>("a") == 1);
    const std::string name = "an_answer_with_a_long_name";
    CHECK(stage.ask(it, "named_at_run_time", named("name", name)).command == name);
}

TEST_CASE("an Error is the answer, with who said it") {
    Stage stage;
    auto it = stage.add<Handlers>("it");
    try {
        (void)stage.ask(it, "greet", named("whom", "x"), named("times", 0));
        FAIL("no error");
    } catch (const Error& error) {
        CHECK(error.code == "bad_times");
        CHECK(error.text == "ask for at least one greeting");
        CHECK(error.from == "it");
    }
    CHECK(stage.failures().empty());
}

TEST_CASE("another exception is handler_failed with its type and text, and the actor lives on") {
    Stage stage;
    auto it = stage.add<Handlers>("it");
    CHECK_THROWS_WITH(stage.ask(it, "fail"), Contains("handler_failed") && Contains("std::out_of_range: too far"));
    CHECK_THROWS_WITH(stage.ask(it, "fail_strangely"), Contains("handler_failed") && Contains("int"));
    CHECK(stage.failures().size() == 2);
    CHECK(stage.ask(it, "number").as<int>() == 42);
}

TEST_CASE("what fails without an asker is told to the worker") {
    Stage stage;
    auto it = stage.add<Handlers>("it");
    stage.tell(it, "greet", named("whom", "x"), named("times", 0));
    REQUIRE(stage.failures().size() == 1);
    CHECK(stage.failures()[0] == "it: bad_times: ask for at least one greeting");
}

TEST_CASE("a handler knows who sent") {
    Stage stage;
    auto it = stage.add<Handlers>("it");
    CHECK(stage.ask(it, "who").get<std::string>("text") == "@stage");
}

TEST_CASE("describe lists the author's commands with arguments, types and texts") {
    Stage stage;
    auto it = stage.add<Handlers>("it");
    const Reply described = stage.ask(it, "describe");
    CHECK(described.command == "description");
    CHECK(described.get<std::string>("class") == "Handlers");
    CHECK(described.get<std::string>("node") == "first.main.admin");
    const auto commands = described.get<std::vector<Value>>("commands");
    CHECK(commands.size() == 11);
    CHECK(*commands[0].find("name")->as_text() == "greet");
    CHECK(*commands[0].find("text")->as_text() == "greets somebody");
    const auto& arguments = *commands[0].find("arguments")->as_array();
    REQUIRE(arguments.size() == 2);
    CHECK(*arguments[0].find("type")->as_text() == "text");
    CHECK_FALSE(*arguments[0].find("optional")->as_bool());
    CHECK(*arguments[1].find("name")->as_text() == "times");
    CHECK(*arguments[1].find("optional")->as_bool());
}
