// spawning.hpp - workloads in which actors come and go, spawned or with chosen names.
//
// As in the peers' programs: made, one message, gone; or a tree of them.  In the actors' turns.
// Next: across.hpp.
#pragma once

#include "driver.hpp"

namespace bench {

// create: actors are spawned and get one message each.

class Newborn final : public peacepie::Actor {
public:
    Newborn() {
        on("greet", &Newborn::greet);
        on("greet_task", &Newborn::greet_task);
        on("greet_and_end", &Newborn::greet_and_end);
    }

private:
    Param<int> size{this, "size", 0};
    void greet() { send(sender(), "born"); }
    Task<> greet_task() {
        send(sender(), "born");
        co_return;
    }
    void greet_and_end() {
        send(sender(), "born");
        retire();
    }
};

class Creator final : public Driver {
public:
    static constexpr int in_one_turn = 1'000;  // others get theirs in between
    Creator() {
        on("run", &Creator::run, "count", "greeting");
        on("more", &Creator::more);
        on("born", &Creator::born);
    }

private:
    void run(std::int64_t count, std::string greeting) {
        begin(count);
        greeting_ = greeting;
        uncreated_ = count;
        send(std::string(name()), "more");
    }
    void more() {
        for (int i = 0; i < in_one_turn && uncreated_ > 0; ++i, --uncreated_) send(spawn<Newborn>(), greeting_);
        if (uncreated_ > 0) send(std::string(name()), "more");
    }
    void born() { (void)one_more(); }

    std::string greeting_;
    std::int64_t uncreated_ = 0;
};

// The same with chosen names in the system's registry.

class Registrar final : public Driver {
public:
    static constexpr int in_one_call = 1'000;
    static constexpr int calls_open = 4;
    Registrar() {
        on("run", &Registrar::run, "count", "prefix");
        on("call", &Registrar::call, overlapping);
        on("born", &Registrar::born);
    }

private:
    void run(std::int64_t count, std::string prefix) {
        begin(count);
        prefix_ = prefix;
        uncreated_ = count;
        for (int i = 0; i < calls_open; ++i) send(std::string(name()), "call");
    }
    Task<> call() {
        while (uncreated_ > 0) {
            std::vector<std::string> names;
            for (int i = 0; i < in_one_call && uncreated_ > 0; ++i) names.push_back(prefix_ + std::to_string(--uncreated_));
            auto creation = create_actors(Address(std::string(node())), "peacepie_bench", "Newborn", std::move(names));
            const auto created = co_await creation;
            for (const auto& each : created) send(each, "greet");
        }
    }
    void born() { (void)one_more(); }

    std::string prefix_;
    std::int64_t uncreated_ = 0;
};

// skynet: a tree of actors, ten below each, whose leaves send their number up.  Each ends when it has told its parent.

class Skynet final : public Driver {
public:
    Skynet() {
        on("run", &Skynet::run, "size", "tasks");
        on("grow", &Skynet::grow, "first", "size");
        on("grow_task", &Skynet::grow_task, "first", "size");
        on("sum", &Skynet::sum, "of");
    }

private:
    void run(std::int64_t size, bool tasks) {
        begin(1);
        is_root_ = true;
        tasks_ = tasks;
        branch(0, size);
    }
    void grow(std::int64_t first, std::int64_t size) {
        parent_ = sender();
        if (size == 1) tell(first);
        else branch(first, size);
    }
    Task<> grow_task(std::int64_t first, std::int64_t size) {
        tasks_ = true;
        grow(first, size);
        co_return;
    }
    void branch(std::int64_t first, std::int64_t size) {
        children_ = 10;
        const auto below = size / 10;
        for (int i = 0; i < 10; ++i) {
            if (tasks_) send(spawn<Skynet>(), "grow_task", named("first", first + i * below), named("size", below));
            else send(spawn<Skynet>(), "grow", named("first", first + i * below), named("size", below));
        }
    }
    void sum(std::int64_t of) {
        total_ += of;
        if (--children_ > 0) return;
        if (is_root_) (void)one_more();
        else tell(total_);
    }
    void tell(std::int64_t number) {
        send(parent_, "sum", named("of", number));
        retire();
    }

    Address parent_;
    std::int64_t total_ = 0;
    int children_ = 0;
    bool is_root_ = false, tasks_ = false;
};

}  // namespace bench
