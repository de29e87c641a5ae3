// circle_starter.hpp - opens processes, fills them with dancers, joins their hands, starts the dance.
//
// One turn at a time; `begin` is one turn from the first process to the first tick.
// Next: circle_dancer.hpp dances.
#pragma once

#include <peacepie/peacepie.hpp>

#include <string>
#include <vector>

class CircleStarter final : public peacepie::Actor {
public:
    CircleStarter() { on("begin", &CircleStarter::begin, about("sets up the circle and starts the dance")); }

private:
    Param<int>     process_count{this, "process_count", 3, "processes, this one included"};
    Param<int>     dancers_per_process{this, "dancers_per_process", 2};
    Param<Seconds> period{this, "period", Seconds(4), "how long each dancer holds the tick"};

    Task<Reply> begin() {
        if (*process_count < 1 || *dancers_per_process < 1) throw Error(Fault::bad_argument, "a circle needs a dancer");
        auto stages  = co_await open_stages();
        auto dancers = co_await hire_dancers(stages);
        co_await join_hands(dancers);
        send(dancers.front(), "tick");
        co_return reply("begun");
    }

    // The first stage is the process we already live in.
    Task<Addresses> open_stages() {
        Addresses stages{node()};
        while (std::ssize(stages) < *process_count) {
            auto stage = co_await create_process();
            stages.push_back(stage);
        }
        co_return stages;
    }

    Task<Addresses> hire_dancers(Addresses stages) {
        Group<Addresses> casts;
        for (int i = 0; i < *process_count; ++i)
            casts += create_actors(stages[i], "peacepie_example", "CircleDancer", names_of_cast(i));
        auto hired = co_await casts.within(Seconds(10));
        co_return joined(hired);
    }

    Task<> join_hands(Addresses dancers) {
        Group<> settings;
        for (std::size_t i = 0; i < dancers.size(); ++i) {
            auto next = dancers[(i + 1) % dancers.size()];
            settings += set_params(dancers[i], named("consumer", next), named("period", *period));
        }
        co_await settings.within(Seconds(10));
    }

    std::vector<std::string> names_of_cast(int stage) const {
        const int size = *dancers_per_process;
        std::vector<std::string> names;
        for (int i = 0; i < size; ++i) names.push_back(format("dancer_{:02}", stage * size + i));
        return names;
    }
};
