// print.cpp - the one place where fmt's engine is compiled, hidden inside each plug-in.
//
// Next: host.cpp hands the line to the worker.
#define FMT_HEADER_ONLY 1
#include "peacepie/print.hpp"

#include <fmt/format.h>

namespace peacepie {

std::string formatted(fmt::string_view text, fmt::format_args args) { return fmt::vformat(text, args); }

fmt::format_context::iterator detail::TextFormatter::write(std::string_view text, fmt::format_context& context) const {
    return fmt::formatter<fmt::string_view>::format({text.data(), text.size()}, context);
}

}  // namespace peacepie
