// observation.hpp - who is told of an actor's commands, and which of them are logged.
//
// Part of a cell or of the admin; used in its turns only.  Travels with a moving actor.
// Next: generic_commands.cpp changes it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wire/link.hpp"
#include "wire/value.hpp"
#include "worker/generic_commands.hpp"

namespace peacepie::worker {

struct Observation {
    struct Observer {
        std::string address;
        std::string command;
        bool operator==(const Observer&) const = default;
    };

    std::vector<Observer> observers;
    std::vector<std::string> not_logged;
    std::vector<std::pair<std::string, std::uint64_t>> cumulative;  ///< command, count since the last line
    Nanoseconds last_line{0};

    /// Carries out subscribe … cumulative_commands_remove for `sender` and returns the reply's name.  Throws Error.
    [[nodiscard]] std::string_view change(GenericCommand command, const Value& body, const std::string& sender);
    /// Whether that command deserves a line of its own; counts it when it is cumulative and says the counts every 10 s.
    [[nodiscard]] bool is_logged(std::string_view actor, std::string_view command, Nanoseconds now);
    [[nodiscard]] bool empty() const noexcept { return observers.empty() && not_logged.empty() && cumulative.empty(); }

    [[nodiscard]] Value to_value() const;
    [[nodiscard]] static Observation from_value(const Value& value);
};

}  // namespace peacepie::worker
