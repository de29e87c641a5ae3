// sender.hpp - sends numbered messages to a counter, a few per tick.
//
// For the tests of moves.  An actor: one turn at a time, on a thread of the worker.
// Next: trouble.hpp does what handlers should not.
#pragma once

#include <cstdint>

#include <peacepie/peacepie.hpp>

class Sender final : public peacepie::Actor {
public:
    Sender() {
        on("begin", &Sender::begin);
        on("end", &Sender::end);
    }

private:
    Param<Address>      to{this, "to"};
    Param<Seconds>      period{this, "period", Seconds(0.002)};
    Param<int>          per_tick{this, "per_tick", 2};
    State<std::int64_t> sent{this, "sent", 0};
    Ticker              ticker{this, "ticker", period, &Sender::tick};

    Reply begin() {
        ticker.start();
        return reply("begun");
    }

    Reply end() {
        ticker.stop();
        return reply("ended", named("sent", *sent));
    }

    void tick() {
        for (int i = 0; i < *per_tick; ++i) {
            send(*to, "count", named("from", name()), named("number", *sent));
            ++*sent;
        }
    }
};
