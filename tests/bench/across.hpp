// across.hpp - workloads between workers, through the broker.
//
// Streams are bounded on both sides by credit, so that no mailbox overflows.  In the actors' turns.
// Next: package.cpp offers them.
#pragma once

#include "driver.hpp"

namespace bench {

class Echo final : public peacepie::Actor {
public:
    Echo() { on("echo", &Echo::echo, "body"); }

private:
    Reply echo(Binary body) { return reply("echo", named("body", std::move(body))); }
};

/// `lanes` asks outstanding at any time.
class Asker final : public Driver {
public:
    Asker() {
        on("run", &Asker::run, "to", "count", "size", "lanes");
        on("lane", &Asker::lane, overlapping);
    }

private:
    void run(std::string to, std::int64_t count, int size, int lanes) {
        to_ = to;
        body_ = Binary{std::string(static_cast<std::size_t>(size), 'x')};
        single_ = lanes == 1;
        begin(count);
        unsent_ = count;
        for (int i = 0; i < lanes; ++i) send(std::string(name()), "lane");
    }
    Task<> lane() {
        while (unsent_-- > 0) {
            const auto before = single_ ? std::chrono::steady_clock::now() : Moment{};
            auto asked = ask(to_, "echo", named("body", body_));
            auto answer = co_await asked;
            if (single_) spans_.push_back(seconds_between(before, std::chrono::steady_clock::now()) * 1e6);
            (void)one_more();
        }
    }
    Address to_;
    Binary body_;
    bool single_ = false;
    std::int64_t unsent_ = 0;
};

/// Counts what comes and gives credit.
class Sink final : public Driver {
public:
    Sink() {
        on("expect", &Sink::expect, "count", "credit");
        on("item", &Sink::item, "body");
    }

private:
    void expect(std::int64_t count, std::int64_t credit) {
        begin(count);
        credit_ = credit;
    }
    void item(Binary) {
        if (!one_more() && left_ % credit_ == 0) send(sender(), "credit");
    }
    std::int64_t credit_ = 1;
};

class Source final : public peacepie::Actor {
public:
    static constexpr int credits_open = 20;  // enough on the way that no stage waits for a credit to come round
    Source() {
        on("run", &Source::run, "to", "count", "size", "credit");
        on("credit", &Source::credit);
    }

private:
    void run(std::string to, std::int64_t count, int size, std::int64_t credit) {
        to_ = to;
        body_ = Binary{std::string(static_cast<std::size_t>(size), 'x')};
        left_ = count;
        credit_ = credit;
        for (int i = 0; i < credits_open; ++i) this->credit();
    }
    void credit() {
        for (std::int64_t i = 0; i < credit_ && left_ > 0; ++i, --left_) send(to_, "item", named("body", body_));
    }
    Address to_;
    Binary body_;
    std::int64_t left_ = 0, credit_ = 1;
};

/// Sends one message to each of many, waits for all their answers, and again.
class FanOut final : public Driver {
public:
    FanOut() { on("run", &FanOut::run, "names", "rounds"); }

private:
    Task<> run(std::vector<std::string> names, std::int64_t rounds) {
        begin(rounds);
        std::vector<Address> all(names.begin(), names.end());
        for (std::int64_t i = 0; i < rounds; ++i) {
            const auto before = std::chrono::steady_clock::now();
            Group<Reply> group;
            for (const auto& each : all) group += ask(each, "echo", named("body", Binary{"x"}));
            auto answers = group.within(Seconds(10));
            (void)co_await answers;
            spans_.push_back(seconds_between(before, std::chrono::steady_clock::now()) * 1e6);
            (void)one_more();
        }
    }
};

/// What a move carries: a state of some size, and a queue because each note takes a while.
class Cargo final : public peacepie::Actor {
public:
    Cargo() {
        on("fill", &Cargo::fill, "size");
        on("note", &Cargo::note);
        on("send_to_itself", &Cargo::send_to_itself, "count");
        on("count", &Cargo::count);
    }

private:
    State<std::string> state{this, "state"};
    State<std::int64_t> notes{this, "notes"};

    void fill(int size) { *state = std::string(static_cast<std::size_t>(size), 'x'); }
    void send_to_itself(int count) {
        const Address me{std::string(name())};
        for (int i = 0; i < count; ++i) send(me, "note");
    }
    void note() {
        ++*notes;
        for (const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(50); std::chrono::steady_clock::now() < end;) {}
    }
    Reply count() { return reply("count", named("notes", notes.read())); }
};

}  // namespace bench
