#include "catch.hpp"

#include "client/app_check.hpp"
#include "client/exit_code.hpp"
#include "fake_broker.hpp"

using namespace peacepie;
using namespace peacepie::client;
using test::FakeBroker;
using test::Said;

namespace {

Value named(const char* name, const char* type = "") { return Value::Map{{"name", name}, {"type", type}}; }

const Value manuals = Value::Map{
    {"Greeter",
     Value::Map{{"commands", Value::Array{named("greet"), named("tick_start")}},
                {"params", Value::Array{named("period", "seconds"), named("limit", "int?"), named("shape", "circle")}}}},
    {"Silent", Value::Map{{"commands", Value::Array{}}, {"params", Value::Array{}}}}};

// An admin with one package; counts what it is asked.
class Admin {
public:
    [[nodiscard]] std::string refusal_of(const std::string& text) {
        FakeBroker broker([this](FakeBroker& from, const Said& said) { on(from, said); });
        Client client(broker.endpoint());
        try {
            check_app(client, read_app(text, "app.toml"), "first.main.admin");
        } catch (const ConfigError& error) {
            return error.what();
        }
        return "";
    }
    int questions = 0;

private:
    void on(FakeBroker& broker, const Said& said) {
        ++questions;
        if (*said.body.find("requires_dist")->as_text() == "greetings")
            return broker.reply(said, "package_is_loaded", Value::Map{{"package", "greetings"}, {"manuals", manuals}});
        broker.reply(said, "package_is_not_loaded", Value::Map{{"reason", "bad_argument"}, {"text", "there is none"},
                                                               {"close", Value::Array{"greetings"}}});
    }
};

}  // namespace

TEST_CASE("an app file whose words all exist is accepted, and each package is asked for once") {
    Admin admin;
    CHECK(admin.refusal_of(R"(
[[actor]]
name = "a"
package = "greetings"
class = "Greeter"
params = { period = 1, limit = 3, shape = [1, 2] }
commands = ["greet", "tick_start", "ping", "describe", "set_params", "subscribe"]
[[actor]]
name = "b"
package = "greetings"
class = "Silent"
)") == "");
    CHECK(admin.questions == 1);
}

TEST_CASE("a package, class, param or command that does not exist is named with its line and the one that was meant") {
    Admin admin;
    const std::string text = admin.refusal_of(R"([[actor]]
name = "a"
package = "greetigns"
class = "Greeter"
[[actor]]
name = "b"
package = "greetings"
class = "Greter"
[[actor]]
name = "c"
package = "greetings"
class = "Greeter"
commands = ["gret",
  { command = "tick_strat" }]
[actor.params]
peroid = 1
limit = "three"
period = -1
)");
    CHECK_THAT(text, Catch::Contains("app.toml:3: the package `greetigns`: there is none; did you mean `greetings`?"));
    CHECK_THAT(text, Catch::Contains("app.toml:8: the package `greetings` has no class `Greter`; did you mean `Greeter`?"));
    CHECK_THAT(text, Catch::Contains("app.toml:13: Greeter has no command `gret`; did you mean `greet`?"));
    CHECK_THAT(text, Catch::Contains("app.toml:14: Greeter has no command `tick_strat`; did you mean `tick_start`?"));
    CHECK_THAT(text, Catch::Contains("app.toml:16: Greeter has no param `peroid`; did you mean `period`?"));
    CHECK_THAT(text, Catch::Contains("app.toml:17: the param `limit`: expected int, got text"));
    CHECK_THAT(text, Catch::Contains("app.toml:18: the param `period`"));
}
