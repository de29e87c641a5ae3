// in_one_worker.hpp - workloads between actors of one worker, each with plain handlers and with coroutines.
//
// The same work as the peers' programs do: a message is allocated, sent, handled.  `command` is "serve" or "serve_task".
// Next: spawning.hpp.
#pragma once

#include <random>

#include "driver.hpp"

namespace bench {

// ping-pong: two actors, one message on the way.

class Pong final : public peacepie::Actor {
public:
    Pong() {
        on("serve", &Pong::serve);
        on("serve_task", &Pong::serve_task);
    }

private:
    void serve() { send(sender(), "back"); }
    Task<> serve_task() {
        send(sender(), "back_task");
        co_return;
    }
};

class Ping final : public Driver {
public:
    Ping() {
        on("run", &Ping::run, "to", "count", "command");
        on("back", &Ping::back);
        on("back_task", &Ping::back_task);
    }

private:
    void run(std::string to, std::int64_t count, std::string command) {
        begin(count);
        send(to, command);
    }
    void back() {
        if (!one_more()) send(sender(), "serve");
    }
    Task<> back_task() {
        if (!one_more()) send(sender(), "serve_task");
        co_return;
    }
};

// thread-ring: one token with a number through a ring of actors.

class Ring final : public Driver {
public:
    Ring() {
        on("run", &Ring::run, "count", "command");
        on("follow", &Ring::follow, "next", "driver");
        on("pass", &Ring::pass, "left");
        on("pass_task", &Ring::pass_task, "left");
        on("arrived", &Ring::arrived);
    }

private:
    void run(std::int64_t count, std::string command) {
        begin(1);
        send(next_, command, named("left", count));
    }
    void follow(Address next, Address driver) {
        next_ = next;
        driver_ = driver;
    }
    void pass(std::int64_t left) {
        if (left == 0) send(driver_, "arrived");
        else send(next_, "pass", named("left", left - 1));
    }
    Task<> pass_task(std::int64_t left) {
        if (left == 0) send(driver_, "arrived");
        else send(next_, "pass_task", named("left", left - 1));
        co_return;
    }
    void arrived() { (void)one_more(); }

    Address next_, driver_;
};

// fan-in: several producers, one consumer.  Mailboxes are bounded and senders are not throttled by the system, so the
// consumer gives credit, 4 096 in all like the channel of the Go program; its messages are part of the work.

class FanInSink final : public Driver {
public:
    static constexpr int credit = 512;
    FanInSink() {
        on("expect", &FanInSink::expect, "count");
        on("item", &FanInSink::item);
        on("item_task", &FanInSink::item_task);
        on("filled", &FanInSink::filled);
    }

private:
    void expect(std::int64_t count) { begin(count); }
    void item() { (void)one_more(); }
    Task<> item_task() {
        (void)one_more();
        co_return;
    }
    void filled() { send(sender(), "more"); }
};

class FanInSource final : public peacepie::Actor {
public:
    FanInSource() {
        on("run", &FanInSource::run, "to", "count", "command");
        on("more", &FanInSource::more);
    }

private:
    void run(std::string to, std::int64_t count, std::string command) {
        to_ = to;
        is_task_ = command == "item_task";
        left_ = count;
        more();
        more();
    }
    void more() {
        for (int i = 0; i < FanInSink::credit / 2 && left_ > 0; ++i, --left_) {
            if (is_task_) send(to_, "item_task");
            else send(to_, "item");
        }
        if (left_ > 0) send(to_, "filled");
    }
    Address to_;
    bool is_task_ = false;
    std::int64_t left_ = 0;
};

// many-to-many: each of many actors asks a random other one for an answer, again and again, by plain messages.

class Mingler final : public peacepie::Actor {
public:
    Mingler() {
        on("run", &Mingler::run, "names", "count", "driver", "tasks");
        on("question", &Mingler::question);
        on("answer", &Mingler::answer);
        on("question_task", &Mingler::question_task);
        on("answer_task", &Mingler::answer_task);
    }

private:
    void run(std::vector<std::string> names, std::int64_t count, std::string driver, bool tasks) {
        others_.assign(names.begin(), names.end());
        driver_ = driver;
        left_ = count;
        random_.seed(static_cast<unsigned>(std::hash<std::string_view>{}(name())));
        if (tasks) send(anyone(), "question_task");
        else send(anyone(), "question");
    }
    void question() { send(sender(), "answer"); }
    void answer() {
        if (--left_ > 0) send(anyone(), "question");
        else send(driver_, "one_is_done");
    }
    Task<> question_task() {
        send(sender(), "answer_task");
        co_return;
    }
    Task<> answer_task() {
        if (--left_ > 0) send(anyone(), "question_task");
        else send(driver_, "one_is_done");
        co_return;
    }
    const Address& anyone() { return others_[random_() % others_.size()]; }

    std::vector<Address> others_;
    Address driver_;
    std::int64_t left_ = 0;
    std::minstd_rand random_;
};

class MinglerDriver final : public Driver {
public:
    MinglerDriver() {
        on("run", &MinglerDriver::run, "names", "count", "tasks");
        on("one_is_done", &MinglerDriver::one_is_done);
    }

private:
    void run(std::vector<std::string> names, std::int64_t count, bool tasks) {
        begin(static_cast<std::int64_t>(names.size()));
        for (const auto& each : names)
            send(each, "run", named("names", names), named("count", count), named("driver", std::string(name())), named("tasks", tasks));
    }
    void one_is_done() { (void)one_more(); }
};

}  // namespace bench
