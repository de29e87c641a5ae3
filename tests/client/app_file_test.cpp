#include "catch.hpp"

#include <fstream>
#include <sstream>

#include "client/app_file.hpp"
#include "client/class_name.hpp"
#include "client/exit_code.hpp"

using namespace peacepie;
using namespace peacepie::client;

namespace {

std::string refusal_of(std::string_view text) {
    try {
        (void)read_app(text, "app.toml");
    } catch (const ConfigError& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("an app file is read with its processes, actors, params and commands in order") {
    const AppFile app = read_app(R"(
[[process]]
name = "stage"

[[actor]]
name = "greeter"
package = "peacepie_example>=0.2"
class = "IteratingHelloWorld"
process = "stage"
params = { period = 0.5, limit = 3 }
commands = ["tick_start", { command = "tick_stop", body = { at = [1, 2] }, timeout = 2 }]

[[actor]]
name = "other"
package = "p"
class = "C"
)",
                                 "app.toml");
    REQUIRE(app.processes.size() == 1);
    CHECK(app.processes[0].name == "stage");
    REQUIRE(app.actors.size() == 2);
    const auto& greeter = app.actors[0];
    CHECK(greeter.process == "stage");
    CHECK(greeter.package == "peacepie_example>=0.2");
    REQUIRE(greeter.params.size() == 2);  // by name: the order in a table means nothing
    CHECK(greeter.params[0].name == "limit");
    CHECK(greeter.params[0].value == Value(3));
    CHECK(greeter.params[1].value == Value(0.5));
    CHECK(greeter.params[1].line == 10);
    CHECK(greeter.package_line == 7);
    CHECK(greeter.class_line == 8);
    REQUIRE(greeter.commands.size() == 2);
    CHECK(greeter.commands[0].command == "tick_start");
    CHECK(greeter.commands[0].body.is_nil());
    CHECK(greeter.commands[1].timeout == 2);
    CHECK(greeter.commands[1].body == Value(Value::Map{{"at", Value::Array{1, 2}}}));
    CHECK(app.actors[1].process == "main");
}

TEST_CASE("every mistake of an app file is named with its line, and the file is refused as a whole") {
    const std::string text = refusal_of(R"([[process]]
name = "stage"
[[process]]
name = "stage"
[[actor]]
name = "a b"
package = "p"
clas = "C"
process = "stge"
[[actor]]
name = "x"
package = 5
class = "C"
commands = [3]
[[actr]]
)");
    CHECK_THAT(text, Catch::Contains("app.toml:4: a process `stage` is there already, in line 1"));
    CHECK_THAT(text, Catch::Contains("app.toml:6: `a b` is no name"));
    CHECK_THAT(text, Catch::Contains("app.toml:5: an actor needs `class`"));
    CHECK_THAT(text, Catch::Contains("app.toml:8: an actor has no `clas`; did you mean `class`?"));
    CHECK_THAT(text, Catch::Contains("app.toml:9: no [[process]] is called `stge`; did you mean `stage`?"));
    CHECK_THAT(text, Catch::Contains("app.toml:12: `package` must be a text"));
    CHECK_THAT(text, Catch::Contains("app.toml:14: a command is a text"));
    CHECK_THAT(text, Catch::Contains("app.toml:15: an app file has no `actr`; did you mean `actor`?"));
}

TEST_CASE("an app file without actors, with broken TOML or with single brackets is refused") {
    CHECK_THAT(refusal_of(""), Catch::Contains("there is no [[actor]]"));
    CHECK_THAT(refusal_of("[[actor]\n"), Catch::Contains("app.toml:1: "));
    CHECK_THAT(refusal_of("[actor]\nname = \"x\"\n"), Catch::Contains("app.toml:1: write [[actor]] in double brackets"));
    CHECK_THAT(refusal_of("[[process]]\nname = \"main\"\n[[actor]]\nname=\"a\"\npackage=\"p\"\nclass=\"C\"\n"),
               Catch::Contains("app.toml:1: `main` is the first process"));
    CHECK_THAT(refusal_of("[[actor]]\nname=\"a\"\npackage=\"p\"\nclass=\"C\"\ncommands=[{command=\"t\",timeout=0}]\n"),
               Catch::Contains("app.toml:5: `timeout` must be seconds"));
}

TEST_CASE("the circle that comes along is a good app file") {
    std::ifstream file(PEACEPIE_SOURCE_DIR "/examples/circle.toml");
    std::stringstream text;
    text << file.rdbuf();
    const AppFile app = read_app(text.str(), "circle.toml");
    REQUIRE(app.actors.size() == 1);
    CHECK(app.actors[0].class_name == "CircleStarter");
    CHECK(app.actors[0].commands.at(0).command == "begin");
}

TEST_CASE("the app file that the walk-through shows is a good one") {
    for (const char* page : {"README.md", "README.ru.md"}) {
        std::ifstream file(std::string(PEACEPIE_SOURCE_DIR "/examples/") + page);
        const std::string text(std::istreambuf_iterator<char>(file), {});
        const auto from = text.find("```toml\n") + 8;
        const AppFile app = read_app(text.substr(from, text.find("```", from) - from), page);
        REQUIRE(app.actors.size() == 1);
        CHECK(app.processes.size() == 1);
        CHECK(app.actors[0].commands.size() == 3);
    }
}

TEST_CASE("a class is typed as package and class, a param as name and value") {
    CHECK(class_desc_of("peacepie_example>=0.2/HelloWorld") ==
          Value(Value::Map{{"requires_dist", "peacepie_example>=0.2"}, {"class", "HelloWorld"}}));
    CHECK(params_of({"period=0.5", "consumer=dancer_01", "text=a=b"}) ==
          Value(Value::Map{{"period", 0.5}, {"consumer", "dancer_01"}, {"text", "a=b"}}));
    CHECK_THROWS_AS(params_of({"period=1", "period=2"}), UsageError);
    for (const char* wrong : {"HelloWorld", "/HelloWorld", "package/", ""}) CHECK_THROWS_AS(class_desc_of(wrong), UsageError);
    for (const char* wrong : {"period", "=5", ""}) CHECK_THROWS_AS(params_of({wrong}), UsageError);
}
