// print.hpp - `format("{} {:02}", ...)`: text for people.
//
// The format string is checked by the compiler.  Only fmt's small core is seen here; its engine is inside print.cpp.
// Pure; any thread.
// Next: actor.hpp prints.
#pragma once

#include <fmt/core.h>

#include <string>

#include "peacepie/command.hpp"
#include "peacepie/recipient.hpp"

namespace peacepie {

[[nodiscard]] std::string formatted(fmt::string_view text, fmt::format_args args);

template <class... Args>
[[nodiscard]] std::string format(fmt::format_string<Args...> text, Args&&... args) {
    return formatted(text, fmt::make_format_args(args...));
}

namespace detail {
/// Writes a text with the width and alignment asked for.
struct TextFormatter : fmt::formatter<fmt::string_view> {
    fmt::format_context::iterator write(std::string_view text, fmt::format_context& context) const;
};
}  // namespace detail

}  // namespace peacepie

template <>
struct fmt::formatter<peacepie::Recipient> : peacepie::detail::TextFormatter {
    auto format(const peacepie::Recipient& recipient, fmt::format_context& context) const {
        return write(recipient.text(), context);
    }
};
template <>
struct fmt::formatter<peacepie::Sender> : peacepie::detail::TextFormatter {
    auto format(const peacepie::Sender& sender, fmt::format_context& context) const { return write(sender.text(), context); }
};
template <>
struct fmt::formatter<peacepie::Command> : peacepie::detail::TextFormatter {
    auto format(const peacepie::Command& command, fmt::format_context& context) const { return write(command.text(), context); }
};
