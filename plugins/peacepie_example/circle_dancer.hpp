// circle_dancer.hpp - holds the tick for a while, then passes it on.
//
// One turn at a time, the sleep included: a tick that comes early waits.
// Next: plugin.cpp offers all four.
#pragma once

#include <peacepie/peacepie.hpp>

class CircleDancer final : public peacepie::Actor {
public:
    CircleDancer() { on("tick", &CircleDancer::tick, about("prints, waits a period, passes the tick on")); }

private:
    Param<Address> consumer{this, "consumer", {}, "who gets the tick next"};
    Param<Seconds> period{this, "period", Seconds(1), "how long the tick is held"};

    Task<> tick() {
        print("{} from \"{}\"", name(), node());
        co_await sleep(*period);
        send(*consumer, "tick");
    }
};
