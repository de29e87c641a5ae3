// iterating_hello_world.hpp - greets at a fixed period, up to a limit, wherever it lives.
//
// All it knows is declared, so it moves house between two greetings without code for it.  One turn at a time.
// Next: circle_starter.hpp opens processes.
#pragma once

#include <peacepie/peacepie.hpp>

#include <optional>

class IteratingHelloWorld final : public peacepie::Actor {
public:
    IteratingHelloWorld() {
        on("tick_start", &IteratingHelloWorld::tick_start, about("greets now and then once a period"));
        on("tick_stop", &IteratingHelloWorld::tick_stop, about("stops greeting and counts from 0 again"));
        on("start", &IteratingHelloWorld::start);
    }

private:
    Param<Seconds>            period{this, "period", Seconds(1), "time between greetings"};
    Param<std::optional<int>> limit{this, "limit", {}, "greetings in all; null means no end"};
    State<int>                index{this, "index", 0};
    Ticker                    ticker{this, "ticker", period, &IteratingHelloWorld::tick};

    Reply tick_start() {
        if (ticker.is_running()) return reply("tick_already_started");
        ticker.start();
        return reply("tick_started");
    }

    Reply tick_stop() {
        if (!ticker.is_running()) return reply("tick_already_stopped");
        ticker.stop();
        *index = 0;
        return reply("tick_stopped");
    }

    Reply start() { return reply("started"); }

    void tick() {
        print("{} from \"{}\" says \"Hello, World! ({})\"", name(), node(), *index);
        if (++*index == *limit) ticker.stop();
    }
};
