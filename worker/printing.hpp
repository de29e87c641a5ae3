// printing.hpp - what an actor prints: one bare line on this process's standard output, at once.
//
// Any thread; a line is one write, so lines of several loops never mix.
// Next: host_seam.cpp calls it.
#pragma once

#include <string>
#include <string_view>

namespace peacepie::worker {

/// Control characters, C0 and C1, as spaces, so that a line stays one line and cannot steer a terminal; tabs stay.
[[nodiscard]] std::string without_controls(std::string_view text);
/// The line without controls and one line end.
void print_line(std::string_view line);

}  // namespace peacepie::worker
