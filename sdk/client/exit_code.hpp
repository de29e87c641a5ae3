// exit_code.hpp - what a shell is told: one number per kind of ending.
//
// Pure functions, any thread.  The numbers are a promise to scripts and never change.
// Next: cli.cpp ends with them.
#pragma once

#include <stdexcept>
#include <string>

#include "client/client.hpp"

namespace peacepie::client {

enum class Exit : int {
    ok = 0,
    failed = 1,         ///< the peer says that it did not work
    usage = 2,          ///< the command line cannot be understood
    not_found = 3,
    denied = 4,
    timed_out = 5,
    unreachable = 6,    ///< no broker
    conflict = 7,       ///< the name is taken
    incompatible = 8,   ///< another protocol
    internal = 70,      ///< our own mistake
    bad_config = 78,
    interrupted = 130,  ///< 128 + SIGINT
    terminated = 143,   ///< 128 + SIGTERM
};

/// A mistake on the command line; its text goes to standard error.
class UsageError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A file of settings or an app file that is refused; the text has line numbers.
class ConfigError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

[[nodiscard]] Exit exit_of(std::string_view fault_code) noexcept;
/// The commands that answer a failure as a reply (`actor_is_not_created {reason, text}`) do not end with 0.
[[nodiscard]] Exit exit_of(const Answer& reply) noexcept;
/// Whether the reply's name is one of those failures.
[[nodiscard]] bool is_failure_reply(std::string_view command) noexcept;

}  // namespace peacepie::client
