// counter_test.cpp - the counter on a stage: no process, no socket, a clock that we turn.
//
// Next: counter.hpp.
#include "counter.hpp"

#include <testing/stage.hpp>

#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_test_macros.hpp>
#else
#include <catch2/catch.hpp>
#endif

using peacepie::named;
using peacepie::Stage;

TEST_CASE("the counter adds what it is told, or a step") {
    Stage stage;
    auto counter = stage.add<Counter>("counter", named("step", 5));
    CHECK(stage.ask(counter, "add", named("n", 5)).get<int>("count") == 5);
    CHECK(stage.ask(counter, "add").get<int>("count") == 10);
    CHECK(stage.printed_by(counter) == std::vector<std::string>{"counter has counted to 10"});
}

TEST_CASE("the counter carries its count to another process") {
    Stage stage;
    auto counter = stage.add<Counter>("counter");
    stage.tell(counter, "add");
    stage.move(counter, "first.process_0");
    CHECK(stage.ask(counter, "add").get<int>("count") == 2);
}

TEST_CASE("the counter refuses to count down") {
    Stage stage;
    auto counter = stage.add<Counter>("counter");
    CHECK_THROWS_AS(stage.ask(counter, "add", named("n", -1)), peacepie::Error);
}
