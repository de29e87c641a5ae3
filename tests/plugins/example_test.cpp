// The example package as its README shows it: exact words, replies and moves.
#include "catch.hpp"
#include "plugins/peacepie_example/circle_dancer.hpp"
#include "plugins/peacepie_example/circle_starter.hpp"
#include "plugins/peacepie_example/hello_world.hpp"
#include "plugins/peacepie_example/iterating_hello_world.hpp"
#include "testing/stage.hpp"

using namespace std::chrono_literals;
using peacepie::Error;
using peacepie::named;
using peacepie::Stage;

namespace {

using Lines = std::vector<std::string>;

std::string says(const std::string& who, const std::string& where, int count) {
    return who + " from \"" + where + "\" says \"Hello, World! (" + std::to_string(count) + ")\"";
}

std::string dances(const std::string& who, const std::string& where) { return who + " from \"" + where + "\""; }

}  // namespace

TEST_CASE("hello world greets once for each tick") {
    Stage stage;
    auto hello = stage.add<HelloWorld>("hello_world");
    CHECK(stage.ask(hello, "tick").command == "hello_world");
    CHECK(stage.ask(hello, "start").command == "started");
    stage.tell(hello, "tick");
    CHECK(stage.printed_by(hello) == Lines{"Hello, World!", "Hello, World!"});
}

TEST_CASE("hello world says that it does not know a command") {
    Stage stage;
    auto hello = stage.add<HelloWorld>("hello_world");
    CHECK_THROWS_WITH(stage.ask(hello, "tock"), Catch::Matchers::Contains("is_not_handled"));
}

TEST_CASE("a ticker with a limit stops by itself") {
    Stage stage;
    auto greeter = stage.add<IteratingHelloWorld>("greeter", named("limit", 2));
    stage.tell(greeter, "tick_start");
    stage.advance(1min);
    CHECK(stage.printed_by(greeter).size() == 2);
    CHECK(stage.ask(greeter, "tick_stop").command == "tick_already_stopped");
}

TEST_CASE("the iterating greeter answers its four words and counts from 0 after a stop") {
    Stage stage;
    auto greeter = stage.add<IteratingHelloWorld>("greeter", named("period", 0.5));
    CHECK(stage.ask(greeter, "tick_start").command == "tick_started");
    CHECK(stage.ask(greeter, "tick_start").command == "tick_already_started");
    stage.advance(500ms);
    CHECK(stage.ask(greeter, "tick_stop").command == "tick_stopped");
    CHECK(stage.ask(greeter, "tick_stop").command == "tick_already_stopped");
    stage.tell(greeter, "tick_start");
    CHECK(stage.printed_by(greeter) == Lines{says("greeter", "first.main.admin", 0),
                                             says("greeter", "first.main.admin", 1),
                                             says("greeter", "first.main.admin", 0)});
}

TEST_CASE("a moved greeter carries on counting") {
    Stage stage;
    auto greeter = stage.add<IteratingHelloWorld>("greeter");
    CHECK(stage.ask(greeter, "tick_start").command == "tick_started");
    stage.advance(2s);
    stage.move(greeter, "first.process_0");
    stage.advance(1s);
    CHECK(stage.printed_by(greeter).back() == says("greeter", "first.process_0.admin", 3));
    CHECK(stage.printed_by(greeter).size() == 4);
}

TEST_CASE("the circle goes round through three processes") {
    Stage stage;
    stage.offer<CircleDancer>("peacepie_example", "CircleDancer");
    auto starter = stage.add<CircleStarter>("starter");
    CHECK(stage.ask(starter, "set_params", named("params", std::vector<std::map<std::string, peacepie::Value>>{
                                               {{"name", "period"}, {"value", 1}}})).command == "params_are_set");
    CHECK(stage.ask(starter, "begin").command == "begun");
    stage.advance(6s);
    CHECK(stage.printed() == Lines{dances("dancer_00", "first.main.admin"), dances("dancer_01", "first.main.admin"),
                                   dances("dancer_02", "first.process_0.admin"), dances("dancer_03", "first.process_0.admin"),
                                   dances("dancer_04", "first.process_1.admin"), dances("dancer_05", "first.process_1.admin"),
                                   dances("dancer_00", "first.main.admin")});
    CHECK(stage.failures().empty());
}

TEST_CASE("a circle that cannot be filled says why") {
    Stage stage;
    auto starter = stage.add<CircleStarter>("starter", named("process_count", 1));
    CHECK_THROWS_WITH(stage.ask(starter, "begin"), Catch::Matchers::Contains("has no class CircleDancer"));
}

TEST_CASE("a dancer without a consumer says that it has none") {
    Stage stage;
    auto dancer = stage.add<CircleDancer>("dancer");
    CHECK_THROWS_WITH(stage.ask(dancer, "tick"), Catch::Matchers::Contains("the address is empty"));
}
