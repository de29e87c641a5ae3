// actors.cpp - the package peacepie_bench: plug-in actors that do the work which the figures are about.
//
// Each driver has `run`, which begins, and `result`, which tells seconds and counts once the work is done.
// Next: figures.py asks them.
#include <peacepie/peacepie.hpp>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

namespace {

using Moment = std::chrono::steady_clock::time_point;

double seconds_between(Moment from, Moment to) { return std::chrono::duration<double>(to - from).count(); }

/// What all drivers share: when it began and when it was done.
class Driver : public peacepie::Actor {
protected:
    Driver() { on("result", &Driver::result); }
    void begin(std::int64_t count) {
        count_ = left_ = count;
        done_ = false;
        began_ = std::chrono::steady_clock::now();
    }
    /// True when that was the last.
    bool one_more() {
        if (--left_ > 0) return false;
        ended_ = std::chrono::steady_clock::now();
        return done_ = true;
    }
    std::int64_t left_ = 0;
    std::vector<double> spans_;  // of single round trips, in microseconds

private:
    Reply result() {
        std::sort(spans_.begin(), spans_.end());
        auto at = [&](double part) {
            return spans_.empty() ? 0.0 : spans_[static_cast<std::size_t>(static_cast<double>(spans_.size() - 1) * part)];
        };
        return reply("result", named("done", done_), named("count", count_), named("left", left_),
                     named("seconds", done_ ? seconds_between(began_, ended_) : 0.0), named("p50", at(0.5)), named("p99", at(0.99)));
    }
    std::int64_t count_ = 0;
    bool done_ = false;
    Moment began_, ended_;
};

class Pong final : public peacepie::Actor {
public:
    Pong() { on("serve", &Pong::serve); }

private:
    void serve() { send(sender(), "back"); }
};

class Ping final : public Driver {
public:
    Ping() {
        on("run", &Ping::run, "to", "count");
        on("back", &Ping::back);
    }

private:
    void run(std::string to, std::int64_t count) {
        begin(count);
        send(to, "serve");
    }
    void back() {
        if (!one_more()) send(sender(), "serve");
    }
};

class Echo final : public peacepie::Actor {
public:
    Echo() { on("echo", &Echo::echo, whole_body); }

private:
    Value echo(Value body) { return body; }
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
        spans_.clear();
        begin(count);
        unsent_ = count;
        for (int i = 0; i < lanes; ++i) send(std::string(name()), "lane");
    }
    Task<> lane() {
        while (unsent_-- > 0) {
            const auto before = std::chrono::steady_clock::now();
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

/// Counts what comes and gives credit, so that a stream is bounded on both sides.
class Sink final : public Driver {
public:
    static constexpr int credit_every = 2'000;
    static constexpr int credits_open = 20;  // enough on the way that no stage waits for a credit to come round
    Sink() {
        on("expect", &Sink::expect, "count");
        on("item", &Sink::item, "body");
    }

private:
    void expect(std::int64_t count) { begin(count); }
    void item(Binary) {
        if (!one_more() && left_ % credit_every == 0) send(sender(), "credit");
    }
};

class Source final : public peacepie::Actor {
public:
    Source() {
        on("run", &Source::run, "to", "count", "size");
        on("credit", &Source::credit);
    }

private:
    void run(std::string to, std::int64_t count, int size) {
        to_ = to;
        body_ = Binary{std::string(static_cast<std::size_t>(size), 'x')};
        left_ = count;
        for (int i = 0; i < Sink::credits_open; ++i) credit();
    }
    void credit() {
        for (int i = 0; i < Sink::credit_every && left_ > 0; ++i, --left_) send(to_, "item", named("body", body_));
    }
    Address to_;
    Binary body_;
    std::int64_t left_ = 0;
};

}  // namespace

PEACEPIE_PLUGIN("peacepie_bench", "1.0.0", actor<Pong>("Pong"), actor<Ping>("Ping"), actor<Echo>("Echo"),
                actor<Asker>("Asker"), actor<Sink>("Sink"), actor<Source>("Source"))
