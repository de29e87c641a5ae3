// poisons.hpp - reliable messages that crashed the process of their recipient: set aside after the second time.
//
// A reliable message comes again after a crash, so one that crashes its handler would do so for ever.  The broker, which hears of
// every crash, counts; the worker that makes the actor again is told which messages to answer instead of handling them.
// One per broker, in Exchange; its thread.  Bounded: the actors blamed longest ago are forgotten first.
// Next: healing.hpp, whose blame() fills it.
#pragma once

#include <algorithm>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wire/limits.hpp"

namespace peacepie::broker {

class Poisons {
public:
    /// True: it is set aside from now on.  `message` is `ORIGIN#NUMBER`.
    bool note(std::string_view actor, std::string_view message) {
        const auto known = std::ranges::find_if(all_, [&](const Suspect& one) { return one.actor == actor && one.message == message; });
        if (known != all_.end()) return ++known->crashes == limits::crashes_of_message_max;
        if (all_.size() >= limits::suspects_max) all_.pop_front();
        all_.push_back({std::string(actor), std::string(message), 1});
        return limits::crashes_of_message_max == 1;
    }
    [[nodiscard]] std::vector<std::string> set_aside(std::string_view actor) const {
        std::vector<std::string> messages;
        for (const auto& one : all_)
            if (one.actor == actor && one.crashes >= limits::crashes_of_message_max) messages.push_back(one.message);
        return messages;
    }
    [[nodiscard]] bool empty() const noexcept { return all_.empty(); }
    void forget(std::string_view actor) {
        std::erase_if(all_, [actor](const Suspect& one) { return one.actor == actor; });
    }

private:
    struct Suspect {
        std::string actor, message;
        int crashes;
    };
    std::deque<Suspect> all_;  // a few, and only after crashes
};

}  // namespace peacepie::broker
