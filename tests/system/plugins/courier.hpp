// courier.hpp - sends numbered messages reliably: whoever dies, the recipient must see each once and in order.
//
// For the tests of reliable messages.  An actor: one turn at a time, on a thread of the worker.
// Next: counter.hpp counts them.
#pragma once

#include <cstdint>
#include <string>

#include <peacepie/peacepie.hpp>

class Courier final : public peacepie::Actor {
public:
    Courier() {
        on("deliver", &Courier::deliver, "to", "count");
        on("flood", &Courier::flood, "to", "count");
    }

private:
    State<std::int64_t> next{this, "next", 0};

    Reply deliver(std::string to, std::int64_t count) {
        for (const auto end = *next + count; *next < end; ++*next)
            send_reliably(to, "count", named("from", std::string(name())), named("number", *next));
        return reply("taken", named("next", *next));
    }
    /// As many as it may, and the words of the refusal.
    Reply flood(std::string to, std::int64_t count) {
        try {
            (void)deliver(to, count);
        } catch (const peacepie::Error& error) {
            return reply("full", named("next", *next), named("code", error.code));
        }
        return reply("taken", named("next", *next));
    }
};
