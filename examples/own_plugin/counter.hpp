// counter.hpp - counts what it is told to count and greets at round numbers.
//
// `step` is set from outside, `count` travels with the actor.  One turn at a time.
// Next: counter.cpp offers it, counter_test.cpp tries it.
#pragma once

#include <peacepie/peacepie.hpp>

#include <optional>

class Counter final : public peacepie::Actor {
public:
    Counter() {
        on("add", &Counter::add, "n", about("adds n, or a step"));
        on("reset", &Counter::reset);
    }

private:
    Param<int> step{this, "step", 1, "what `add` adds when it is not told"};
    State<int> count{this, "count", 0};

    Reply add(std::optional<int> n) {
        if (n && *n < 0) throw Error("negative", "this counter only counts up; give n >= 0");
        *count += n.value_or(*step);
        if (*count % 10 == 0) print("{} has counted to {}", name(), *count);
        return reply("added", named("count", *count));
    }

    void reset() { *count = 0; }
};
