// fault.hpp - the closed list of faults: what an error envelope's command may say.
//
// A code is for programs, the text beside it for people.  `Error` carries both through author code; it never crosses
// the seam or the wire as an exception.  Values, any thread.
// Next: envelope.hpp, the thing that travels.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace peacepie {

enum class Fault : std::uint8_t {
    no_such_actor,   ///< The registry has no such name.
    no_such_node,    ///< No worker of that address is connected.
    is_not_handled,  ///< The recipient has no command of that name.
    bad_argument,    ///< A named argument is missing, unknown or of another type; the text names it.
    bad_request,     ///< The envelope or its body cannot be read.
    mailbox_full,    ///< The recipient's bound is reached; nothing was queued.
    too_large,       ///< A body, a header field or a nesting passes its limit.
    expired,         ///< The deadline passed before an answer.
    stopping,        ///< The recipient is ending and takes no more.
    worker_lost,     ///< The process that held the recipient is gone.
    no_session,      ///< The broker does not know this connection (any more): say hello again.
    denied,          ///< The asker may not do that.
    handler_failed,  ///< The author's code threw; the text says what.
    fenced,          ///< Sent by or to an earlier life of that name.
    conflict,        ///< The name is taken or another move of it is under way.
    no_space,        ///< Disk or table is full.
    unavailable,     ///< A needed part cannot be reached now; later may work.
};

inline constexpr std::array<std::string_view, 17> fault_codes{
    "no_such_actor", "no_such_node", "is_not_handled", "bad_argument", "bad_request", "mailbox_full",
    "too_large",     "expired",      "stopping",       "worker_lost",  "no_session",  "denied",
    "handler_failed", "fenced",      "conflict",       "no_space",     "unavailable"};

[[nodiscard]] constexpr std::string_view code_of(Fault fault) {
    return fault_codes[static_cast<std::size_t>(fault)];
}

[[nodiscard]] constexpr std::optional<Fault> fault_of(std::string_view code) {
    for (std::size_t i = 0; i < fault_codes.size(); ++i)
        if (fault_codes[i] == code) return static_cast<Fault>(i);
    return std::nullopt;
}

/// A fault with its sentence.  `code` is usually from the list above; an author may use an own one.
class Error : public std::runtime_error {
public:
    Error(Fault fault, std::string text, std::string from = {})
        : Error(std::string(code_of(fault)), std::move(text), std::move(from)) {}
    Error(std::string code, std::string text, std::string from = {})
        : std::runtime_error(code + ": " + text),
          code(std::move(code)), text(std::move(text)), from(std::move(from)) {}

    std::string code;  ///< stable, for programs
    std::string text;  ///< one sentence, for people
    std::string from;  ///< address of who said it; empty when it was said here
};

}  // namespace peacepie
