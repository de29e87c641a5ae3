// counter.hpp - counts numbered messages per sender and notices each that is lost, doubled or out of order.
//
// For the tests of moves.  An actor: one turn at a time, on a thread of the worker.
// Next: sender.hpp makes the messages.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include <peacepie/peacepie.hpp>

class Counter final : public peacepie::Actor {
public:
    Counter() {
        on("count", &Counter::count, "from", "number");
        on("report", &Counter::report);
        on("spawn", &Counter::spawn_some, "count");
        on("leave", &Counter::leave);
    }

private:
    using Numbers = std::map<std::string, std::int64_t>;

    Param<double>       nap_ms{this, "nap_ms", 0, "how long each message keeps the turn"};
    State<Numbers>      next{this, "next", {}};
    State<std::int64_t> received{this, "received", 0};
    State<std::int64_t> lost{this, "lost", 0};
    State<std::int64_t> repeated{this, "repeated", 0};  // doubled or behind a later one

    Task<Reply> count(std::string from, std::int64_t number) {
        auto numbers = *next;
        auto& expected = numbers[from];
        if (number > expected) *lost += number - expected;
        if (number < expected) ++*repeated;
        else expected = number + 1;
        *next = numbers;
        ++*received;
        if (*nap_ms > 0) co_await sleep(std::chrono::duration<double, std::milli>(*nap_ms));
        co_return reply("counted", named("number", number));
    }

    Addresses spawn_some(int count) {
        Addresses children;
        for (int i = 0; i < count; ++i) children.push_back(spawn<Counter>(named("nap_ms", 0)));
        return children;
    }

    void leave() { retire(); }

    Reply report() {
        return reply("report", named("received", *received), named("lost", *lost), named("repeated", *repeated),
                     named("next", *next));
    }
};
