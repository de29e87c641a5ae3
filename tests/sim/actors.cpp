// actors.cpp - who lives in the simulated world: senders that number what they send and a counter that checks it.
//
// Next: moves_test.cpp.
#include <peacepie/peacepie.hpp>

#include <map>
#include <string>

namespace {

/// Checks that each sender's numbers come as 0, 1, 2, …; what it knows travels with it.
class Counter final : public peacepie::Actor {
public:
    Counter() {
        on("count", &Counter::count, "sender", "number");
        on("add", &Counter::add, "sender", "number");
        on("slow", &Counter::slow, "sender", "number");
        on("report", &Counter::report);
    }

private:
    State<std::map<std::string, int>> seen{this, "seen"};
    State<std::string>                fault{this, "fault"};
    State<int>                        ticks{this, "ticks", 0};
    Param<Seconds>                    period{this, "period", Seconds(0.01)};
    Ticker                            ticker{this, "ticker", period, &Counter::tick};

    void count(std::string sender, int number) {
        int& next = (*seen)[sender];
        if (number != next && fault->empty())
            *fault = sender + " sent " + std::to_string(number) + " where " + std::to_string(next) + " was due";
        ++next;
    }
    int add(std::string sender, int number) {
        count(sender, number);
        return number;
    }
    Task<int> slow(std::string sender, int number) {
        count(sender, number);
        co_await sleep(Seconds(0.003));
        co_return number;
    }
    void tick() { ++*ticks; }
    Reply report() {
        if (!ticker.is_running()) ticker.start();
        return reply("report", named("seen", seen.read()), named("fault", fault.read()), named("ticks", ticks.read()));
    }
};

/// Sends numbers in bursts, and asks them, until told how many.
class Sender final : public peacepie::Actor {
public:
    Sender() {
        on("send_numbers", &Sender::send_numbers, "to", "count");
        on("ask_numbers", &Sender::ask_numbers, "to", "command", "count");
    }

private:
    Task<int> send_numbers(std::string to, int count) {
        for (int i = 0; i < count; ++i) {
            send(to, "count", named("sender", std::string(name())), named("number", i));
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
};

}  // namespace

PEACEPIE_PLUGIN("sim_actors", "1.0.0", actor<Counter>("Counter"), actor<Sender>("Sender"))
