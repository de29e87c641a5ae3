// generic_commands.hpp - what every actor answers without author code: the commands the worker itself handles.
//
// One thread at a time: the turn of the actor that is asked.  Their symbols are the first ones, in this order, so that one comparison tells them from an author's.
// Next: generic_commands.cpp answers them.
#pragma once

#include <cstdint>

#include "wire/reserved.hpp"

namespace peacepie::worker {

class Cell;
struct Mail;

enum class GenericCommand : std::uint32_t {
    ping = 1, stats, subscribe, unsubscribe,
    not_log_commands_set, not_log_commands_remove, cumulative_commands_set, cumulative_commands_remove,
    last = cumulative_commands_remove
};

inline constexpr auto& generic_command_names = reserved_commands;

[[nodiscard]] constexpr bool is_generic(std::uint32_t symbol) noexcept {
    return symbol != 0 && symbol <= static_cast<std::uint32_t>(GenericCommand::last);
}

/// Answers a generic command for that cell, in its turn.
void handle_generic(Cell& cell, const Mail& mail);

}  // namespace peacepie::worker
