// Param and State: one declaration for set_params, get_params, saving, loading and upgrading.
#include "catch.hpp"
#include "testing/stage.hpp"

using namespace peacepie;
using Catch::Matchers::Contains;
using Params = std::vector<std::map<std::string, Value>>;

namespace {

class Settings final : public Actor {
public:
    Settings() { on("show", &Settings::show); }

private:
    Param<int> port{this, "port", 9090, "where it listens"};
    Param<std::string> title{this, "title", "untitled"};
    Param<std::optional<int>> limit{this, "limit"};
    State<std::map<std::string, int>> seen{this, "seen"};
    int undeclared = 0;

    Reply show() {
        ++undeclared;
        ++(*seen)[*title];
        return reply("shown", named("port", *port), named("title", *title), named("seen", seen.read()),
                     named("undeclared", undeclared));
    }
    void params_changed() override {
        if (*port == 666) throw Error("evil_port", "take another");
        print("port {}", *port);
    }
};

class Older final : public Actor {
    State<int> count{this, "count", 7};
    State<std::string> note{this, "note", "kept"};
};

class Newer final : public Actor {
public:
    Newer() { on("total", &Newer::get); }

private:
    State<int> total{this, "total", 0};
    State<int> extra{this, "extra", 5};
    int get() { return *total + *extra; }
    void upgrade(std::string from, Value& saved) override {
        print("from {}", from);
        Value state = *saved.find("state");
        state.set("total", *state.find("count"));
        saved.set("state", state);
    }
};

/// A later version that likes no count above five.
class Picky final : public Actor {
public:
    Picky() { on("count", &Picky::get); }

private:
    State<int> count{this, "count", 0};
    int get() { return *count; }
    void self_check() override {
        if (*count > 5) throw Error("too_much", "more than five");
    }
};

class Changing final : public Actor {
public:
    static inline bool other = false;
    Changing() {
        if (other) on("only_sometimes", &Changing::nothing);
    }

private:
    void nothing() {}
};

Params settings(std::initializer_list<std::pair<const char*, Value>> values) {
    Params params;
    for (const auto& [name, value] : values) params.push_back({{"name", name}, {"value", value}});
    return params;
}

}  // namespace

TEST_CASE("set_params sets all and get_params lists name, type, value, default and text") {
    Stage stage;
    auto it = stage.add<Settings>("it");
    CHECK(stage.ask(it, "set_params", named("params", settings({{"port", 80}, {"title", "x"}}))).command == "params_are_set");
    CHECK(stage.printed_by(it) == std::vector<std::string>{"port 80"});
    const auto params = stage.ask(it, "get_params").get<std::vector<Value>>("params");
    REQUIRE(params.size() == 3);
    CHECK(params[0] == Value(Value::Map{{"name", "port"}, {"type", "int"}, {"value", 80}, {"default", 9090},
                                        {"text", "where it listens"}}));
    CHECK(*params[2].find("type")->as_text() == "int?");
}

TEST_CASE("set_params sets nothing when one field is wrong and names it") {
    Stage stage;
    auto it = stage.add<Settings>("it");
    CHECK_THROWS_WITH(stage.ask(it, "set_params", named("params", settings({{"port", 80}, {"title", 3}}))),
                      Contains("bad_argument") && Contains("title"));
    CHECK_THROWS_WITH(stage.ask(it, "set_params", named("params", settings({{"port", 80}, {"prot", 3}}))),
                      Contains("no parameter prot") && Contains("port, title, limit"));
    CHECK_THROWS_WITH(stage.ask(it, "set_params"), Contains("params is missing"));
    CHECK_THROWS_WITH(stage.ask(it, "set_params", named("params", settings({{"seen", 1}}))), Contains("no parameter seen"));
    CHECK(stage.ask(it, "show").get<int>("port") == 9090);
}

TEST_CASE("an author refuses a setting in params_changed and it is undone") {
    Stage stage;
    auto it = stage.add<Settings>("it");
    CHECK_THROWS_WITH(stage.ask(it, "set_params", named("params", settings({{"title", "x"}, {"port", 666}}))),
                      Contains("evil_port"));
    CHECK(stage.ask(it, "show").get<std::string>("title") == "untitled");
}

TEST_CASE("declared facts travel and undeclared ones do not") {
    Stage stage;
    auto it = stage.add<Settings>("it", named("port", 1), named("title", "hi"));
    (void)stage.ask(it, "show");
    stage.move(it, "first.process_0");
    const Reply shown = stage.ask(it, "show");
    CHECK(shown.get<int>("port") == 1);
    CHECK(shown.get<std::map<std::string, int>>("seen") == std::map<std::string, int>{{"hi", 2}});
    CHECK(shown.get<int>("undeclared") == 1);
}

TEST_CASE("a parameter given at creation must exist and fit") {
    Stage stage;
    CHECK_THROWS_WITH(stage.add<Settings>("it", named("prot", 1)), Contains("bad_argument") && Contains("prot"));
    CHECK_THROWS_WITH(stage.add<Settings>("it", named("port", "x")), Contains("bad_argument") && Contains("port"));
    CHECK_FALSE(stage.has("it"));
}

TEST_CASE("a new version converts the state it knows and keeps what it does not") {
    Stage stage;
    auto it = stage.add<Older>("it");
    stage.upgrade<Newer>(it, "1.0.0");
    CHECK(stage.ask(it, "total").as<int>() == 12);
    CHECK(stage.printed_by(it) == std::vector<std::string>{"from 1.0.0"});
    CHECK_THAT(stage.logged()[0], Contains("it: info: state of version 1.0.0 has count, which this version does not know"));
    const Value saved = Value::decode(stage.saved_state_of(it));
    CHECK(*saved.find("state")->find("note")->as_text() == "kept");
}

TEST_CASE("a version whose self check throws does not take over, and one without an earlier life is not checked") {
    Stage stage;
    auto it = stage.add<Older>("it");
    CHECK_THROWS_WITH(stage.upgrade<Picky>(it, "1.0.0"), Contains("more than five"));
    auto fresh = stage.add<Picky>("fresh");
    CHECK(stage.ask(fresh, "count").as<int>() == 0);
}

TEST_CASE("an instance that declares other facts than the first is refused") {
    Stage stage;
    stage.add<Changing>("first_one");
    Changing::other = true;
    CHECK_THROWS_WITH(stage.add<Changing>("second"), Contains("declares other facts"));
}
