// Tickers: phase, limits, changes of period, moving.
#include "catch.hpp"
#include "testing/stage.hpp"

using namespace peacepie;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

class Beat final : public Actor {
public:
    Beat() {
        on("start", &Beat::start, "count");
        on("stop", &Beat::stop);
        on("beats", &Beat::beats);
    }

private:
    Param<Seconds> period{this, "period", 1s};
    Param<Seconds> work{this, "work", 0s, "how long one tick takes"};
    State<int> count{this, "count", 0};
    Ticker ticker{this, "ticker", period, &Beat::tick};
    Ticker steady{this, "steady", 10s, &Beat::tick_steady};

    void start(std::optional<int> ticks) {
        ticker.start(static_cast<std::uint32_t>(ticks.value_or(0)));
        steady.start();
    }
    void stop() { ticker.stop(); }
    Reply beats() { return reply("beats", named("count", *count), named("running", ticker.is_running())); }
    Task<> tick() {
        ++*count;
        print("{:.1f}", std::chrono::duration<double>(now()).count() - 1);
        if (work->count() > 0) co_await sleep(*work);
    }
    void tick_steady() {}
};

using Lines = std::vector<std::string>;

std::vector<std::map<std::string, Value>> set(const char* name, double value) { return {{{"name", name}, {"value", value}}}; }

}  // namespace

TEST_CASE("the first tick comes at once and the rest at a fixed rate") {
    Stage stage;
    auto beat = stage.add<Beat>("beat");
    stage.tell(beat, "start");
    stage.advance(2500ms);
    CHECK(stage.printed_by(beat) == Lines{"0.0", "1.0", "2.0"});
}

TEST_CASE("a counted ticker ends by itself") {
    Stage stage;
    auto beat = stage.add<Beat>("beat");
    stage.tell(beat, "start", named("count", 3));
    stage.advance(1min);
    CHECK(stage.ask(beat, "beats").get<int>("count") == 3);
    CHECK_FALSE(stage.ask(beat, "beats").get<bool>("running"));
}

TEST_CASE("missed ticks are skipped and the beat is kept") {
    Stage stage;
    auto beat = stage.add<Beat>("beat", named("work", 2.5));
    stage.tell(beat, "start");
    stage.advance(9s);
    // A tick that falls into the work of the one before comes right after it; the next is on the beat again.
    CHECK(stage.printed_by(beat) == Lines{"0.0", "2.5", "5.0", "7.5"});
}

TEST_CASE("a changed period counts from the next tick") {
    Stage stage;
    auto beat = stage.add<Beat>("beat");
    stage.tell(beat, "start");
    stage.advance(500ms);
    (void)stage.ask(beat, "set_params", named("params", set("period", 3)));
    stage.advance(4s);
    CHECK(stage.printed_by(beat) == Lines{"0.0", "1.0", "4.0"});
}

TEST_CASE("a running ticker cannot be given a period of zero and goes on with its own") {
    Stage stage;
    auto beat = stage.add<Beat>("beat");
    stage.tell(beat, "start");
    CHECK_THROWS_WITH(stage.ask(beat, "set_params", named("params", set("period", 0))), Contains("the period must be above zero"));
    stage.advance(2500ms);
    CHECK(stage.ask(beat, "beats").get<bool>("running"));
    CHECK(stage.printed_by(beat) == Lines{"0.0", "1.0", "2.0"});
}

TEST_CASE("a ticker with a period of zero does not start") {
    Stage stage;
    auto beat = stage.add<Beat>("beat");
    (void)stage.ask(beat, "set_params", named("params", set("period", 0)));
    CHECK_THROWS_WITH(stage.ask(beat, "start"), Contains("above zero"));
    CHECK_FALSE(stage.ask(beat, "beats").get<bool>("running"));
}

TEST_CASE("a ticker keeps its phase and its count across a move") {
    Stage stage;
    auto beat = stage.add<Beat>("beat");
    stage.tell(beat, "start", named("count", 4));
    stage.advance(1400ms);
    stage.move(beat, "first.process_0");
    stage.advance(1min);
    CHECK(stage.printed_by(beat) == Lines{"0.0", "1.0", "2.0", "3.0"});
}

TEST_CASE("a stopped ticker stays stopped across a move and can start again") {
    Stage stage;
    auto beat = stage.add<Beat>("beat");
    stage.tell(beat, "start");
    stage.tell(beat, "stop");
    stage.move(beat, "first.process_0");
    stage.advance(5s);
    CHECK(stage.printed_by(beat) == Lines{"0.0"});
    stage.tell(beat, "start");
    CHECK(stage.printed_by(beat) == Lines{"0.0", "5.0"});
}
