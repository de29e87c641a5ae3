// actors.cpp - who lives in the simulated world: senders that number what they send, a counter that checks it, and some
// that do what an author should not.
//
// Next: moves_test.cpp.
#include <peacepie/peacepie.hpp>

#include <map>
#include <optional>
#include <stdexcept>
#include <string>

#include "sim/checker.hpp"

using peacepie::sim::Checker;

namespace {

/// Cannot be written down once it is spoiled.
struct Brittle {
    int number = 0;
    bool spoiled = false;
};

}  // namespace

template <>
struct peacepie::convert<Brittle> {
    static std::string name() { return "number"; }
    static Value to(const Brittle& brittle) {
        if (brittle.spoiled) throw Error("spoiled", "this state cannot be saved");
        return brittle.number;
    }
    static Brittle from(const Value& value) { return {convert<int>::from(value), false}; }
};

namespace {

/// Each sender's numbers are to come as 0, 1, 2, …
void note(std::map<std::string, int>& seen, std::string& fault, const std::string& sender, int number) {
    int& next = seen[sender];
    if (number != next && fault.empty())
        fault = sender + " sent " + std::to_string(number) + " where " + std::to_string(next) + " was due";
    ++next;
}

/// Checks what comes; what it knows travels with it.
class Counter : public peacepie::Actor {
public:
    Counter() {
        on("count", &Counter::count, "sender", "number");
        on("add", &Counter::add, "sender", "number");
        on("slow", &Counter::slow, "sender", "number");
        on("slower", &Counter::slower, "sender", "number");
        on("report", &Counter::report);
        on("spawn", &Counter::spawn_one, "count");
        on("leave", &Counter::leave);
    }

protected:
    void counts(const std::string& sender, int number) {
        if (auto* checker = Checker::of_world()) checker->handles(sender, std::string(name()), number);
        note(*seen, *fault, sender, number);
    }

private:
    State<std::map<std::string, int>> seen{this, "seen"};
    State<std::string>                fault{this, "fault"};
    State<int>                        ticks{this, "ticks", 0};
    Param<Seconds>                    period{this, "period", Seconds(0.01)};
    Ticker                            ticker{this, "ticker", period, &Counter::tick};

    void count(std::string sender, int number) {
        const Checker::Turn turn{std::string(name())};
        counts(sender, number);
    }
    int add(std::string sender, int number) {
        count(sender, number);
        return number;
    }
    Task<int> slow(std::string sender, int number) {
        const Checker::Turn turn{std::string(name())};
        counts(sender, number);
        co_await sleep(Seconds(0.003));
        co_return number;
    }
    Task<int> slower(std::string sender, int number) {
        const Checker::Turn turn{std::string(name())};
        counts(sender, number);
        co_await sleep(Seconds(0.05));
        co_return number;
    }
    void tick() {
        const Checker::Turn turn{std::string(name())};
        ++*ticks;
    }
    Addresses spawn_one(int count) {
        Addresses children;
        for (int i = 0; i < count; ++i) children.push_back(spawn<Counter>(named("period", Seconds(0.02))));
        return children;
    }
    void leave() { retire(); }
    Reply report() {
        if (!ticker.is_running()) ticker.start();
        return reply("report", named("seen", seen.read()), named("fault", fault.read()), named("ticks", ticks.read()));
    }
};

/// One of its commands may run beside others: what comes to it is never handled out of a bundle.
class Crowd final : public Counter {
public:
    Crowd() { on("crowd", &Crowd::crowd, "sender", "number", overlapping); }

private:
    Task<int> crowd(std::string sender, int number) {
        counts(sender, number);
        co_await sleep(Seconds(0.003));
        co_return number;
    }
};

/// Sends numbers in bursts, and asks them, until told how many.
class Sender final : public peacepie::Actor {
public:
    Sender() {
        on("send_numbers", &Sender::send_numbers, "to", "count", "first");
        on("ask_numbers", &Sender::ask_numbers, "to", "command", "count");
        on("ask_later", &Sender::ask_later, "to", "after", "within", "number");
        on("flood", &Sender::flood, "to", "count");
        on("deliver", &Sender::deliver, "to", "count");
        on("leave", &Sender::leave);
        on("nap_beside_a_long_ask", &Sender::nap_beside_a_long_ask, "to", "count");
        on("ask_two_at_once", &Sender::ask_two_at_once, "to");
    }

private:
    /// By an address that is used again and again, so that where the recipient lives here it is told; now and then by name, or what takes its time.
    Task<int> send_numbers(Address to, int count, std::optional<int> first) {
        for (int i = 0; i < count; ++i) {
            const int number = first.value_or(0) + i;
            if (auto* checker = Checker::of_world()) checker->sends(std::string(name()), to.text(), number);
            if (i % 11 == 4) send(to, "slow", named("sender", std::string(name())), named("number", number));
            else if (i % 7 == 5) send(to.text(), "count", named("sender", std::string(name())), named("number", number));
            else send(to, "count", named("sender", std::string(name())), named("number", number));
            if (i % 7 == 6) co_await sleep(Seconds(0.001));
        }
        co_return count;
    }
    Task<int> ask_numbers(std::string to, std::string command, int count) {
        int right = 0;
        for (int i = 0; i < count; ++i) {
            auto asked = ask(to, command, named("sender", std::string(name())), named("number", i));
            auto answer = co_await asked;
            right += answer.as<int>() == i ? 1 : 0;
        }
        co_return right;
    }
    /// How it ends; seconds.
    Task<std::string> ask_later(std::string to, double after, double within, int number) {
        co_await sleep(Seconds(after));
        auto asked = ask_within(Seconds(within), to, "add", named("sender", std::string(name()) + "_" + std::to_string(number)), named("number", 0));
        try {
            (void)co_await asked;
        } catch (const Error& error) {
            co_return error.code;
        }
        co_return std::string("answered");
    }
    State<int> delivered{this, "delivered", 0};

    int deliver(std::string to, int count) {
        for (const int end = *delivered + count; *delivered < end; ++*delivered)
            send_reliably(to, "slow", named("sender", std::string(name())), named("number", *delivered));
        return *delivered;
    }
    void leave() { retire(); }
    void flood(Address to, int count) {
        for (int i = 0; i < count; ++i) send(to, "ping");
    }
    /// How the second ends.
    Task<std::string> ask_two_at_once(std::string to) {
        auto first = ask(to, "report");
        auto second = ask(to, "report");
        std::string outcome = "report";
        try {
            (void)co_await second;
        } catch (const Error& error) {
            outcome = error.code;
        }
        (void)co_await first;
        co_return outcome;
    }
    Task<int> nap_beside_a_long_ask(std::string to, int count) {
        auto long_ask = ask_within(Seconds(60), to, "never");
        for (int i = 0; i < count; ++i) co_await sleep(Seconds(0.001));
        co_return count;
    }
};

/// A Counter that counts so much and no more.
class Fragile final : public peacepie::Actor {
public:
    Fragile() {
        on("count", &Fragile::count, "sender", "number");
        on("add", &Fragile::add, "sender", "number");
        on("report", &Fragile::report);
    }

private:
    State<int>                        strength{this, "strength", 20};
    State<std::map<std::string, int>> seen{this, "seen"};
    State<std::string>                fault{this, "fault"};

    void count(std::string sender, int number) {
        if (--*strength < 0) throw std::runtime_error("worn out");
        note(*seen, *fault, sender, number);
    }
    int add(std::string sender, int number) {
        count(sender, number);
        return number;
    }
    Reply report() { return reply("report", named("seen", seen.read()), named("fault", fault.read()), named("ticks", 0)); }
};

class Odd final : public peacepie::Actor {
public:
    Odd() {
        on("spoil", &Odd::spoil);
        on("mend", &Odd::mend);
        on("count", &Odd::count);
        on("large", &Odd::large, "size");
        on("never", &Odd::never);
    }

private:
    State<Brittle> brittle{this, "brittle"};

    Task<> started() override { co_await sleep(Seconds(0.05)); }
    void spoil() { brittle->spoiled = true; }
    void mend() { brittle->spoiled = false; }
    int count() { return ++brittle->number; }
    std::string large(int size) { return std::string(static_cast<std::size_t>(size), 'x'); }
    Task<int> never() {
        co_await sleep(Seconds(3600));
        co_return 0;
    }
};

/// Its state may become larger than what is kept of a durable actor.
class Hoarder final : public peacepie::Actor {
public:
    Hoarder() {
        on("hoard", &Hoarder::keep, "size");
        on("hoard_and_tell", &Hoarder::keep_and_tell, "size", "to");
        on("have_hoarded", &Hoarder::have_hoarded, "to", "size", "times");
        on("slow", &Hoarder::count, "sender", "number");
        on("report", &Hoarder::report);
    }

private:
    State<std::string>                hoard{this, "hoard"};
    State<std::map<std::string, int>> seen{this, "seen"};
    State<std::string>                fault{this, "fault"};

    int keep(int size) {
        hoard->assign(static_cast<std::size_t>(size), static_cast<char>('a' + hoard->size() % 7));
        return size;
    }
    int keep_and_tell(int size, std::string to) {
        send(to, "count", named("sender", std::string(name())), named("number", 0));
        return keep(size);
    }
    /// After a second, so often, of one beside it: how the last one ended.
    Task<std::string> have_hoarded(std::string to, int size, int times) {
        co_await sleep(Seconds(1));
        std::string last;
        for (int i = 0; i < times; ++i) {
            auto asked = ask(to, "hoard", named("size", size + i));
            try {
                (void)co_await asked;
                last = "hoarded";
            } catch (const Error& error) {
                last = error.code;
            }
        }
        co_return last;
    }
    void count(std::string sender, int number) { note(*seen, *fault, sender, number); }
    Reply report() { return reply("report", named("size", static_cast<int>(hoard->size())), named("seen", seen.read()), named("fault", fault.read())); }
};

/// Wants to hear of others' ends.
class Watcher final : public peacepie::Actor {
public:
    Watcher() {
        on("watch", &Watcher::watch, "actor");
        on("look_away", &Watcher::look_away);
        on("down", &Watcher::down, "ref", "actor", "reason");
        on("report", &Watcher::report);
    }

private:
    State<std::int64_t>             ref{this, "ref", 0};
    State<std::vector<std::string>> reasons{this, "reasons"};

    Task<> watch(std::string actor) {
        auto monitored = monitor(actor);
        *ref = co_await monitored;
    }
    Task<> look_away() {
        auto ended = demonitor(*ref);
        co_await ended;
    }
    void down(std::int64_t which, std::string, std::string reason) { reasons->push_back(which == *ref ? reason : "of another"); }
    std::vector<std::string> report() { return reasons.read(); }
};

/// Takes its time to start, and then has a turn every now and then without being written to.
class Late final : public peacepie::Actor {
public:
    Late() { on("count", &Late::count); }

private:
    State<int>     turns{this, "turns", 0};
    Param<Seconds> period{this, "period", Seconds(0.05)};
    Ticker         ticker{this, "ticker", period, &Late::tick};

    Task<> started() override {
        co_await sleep(Seconds(0.05));
        if (!ticker.is_running()) ticker.start();
    }
    void tick() {
        const Checker::Turn turn{std::string(name())};
        ++*turns;
    }
    int count() { return *turns; }
};

}  // namespace

PEACEPIE_PLUGIN("sim_actors", "1.0.0", actor<Late>("Late"), actor<Counter>("Counter"), actor<Crowd>("Crowd"), actor<Sender>("Sender"), actor<Odd>("Odd"),
                actor<Fragile>("Fragile"), actor<Hoarder>("Hoarder"), actor<Watcher>("Watcher"))
