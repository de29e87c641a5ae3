// reserved.hpp - commands that every actor answers in the worker, before author code: no author may declare them.
//
// Constants; any thread.
// Next: worker/generic_commands.hpp gives them numbers, peacepie/actor.hpp refuses them.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace peacepie {

inline constexpr std::array<std::string_view, 8> reserved_commands{
    "ping", "stats", "subscribe", "unsubscribe",
    "not_log_commands_set", "not_log_commands_remove", "cumulative_commands_set", "cumulative_commands_remove"};

[[nodiscard]] constexpr bool is_reserved(std::string_view command) noexcept {
    return std::find(reserved_commands.begin(), reserved_commands.end(), command) != reserved_commands.end();
}

}  // namespace peacepie
