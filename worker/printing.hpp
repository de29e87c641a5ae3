// printing.hpp - what an actor prints: one bare line on this process's standard output, at once.
//
// Any thread; a line is one write, so lines of several loops never mix.
// Next: host_seam.cpp calls it.
#pragma once

#include <string_view>

namespace peacepie::worker {

/// Control characters become spaces, so that a line stays one line and cannot steer a terminal; tabs stay.
void print_line(std::string_view line);

}  // namespace peacepie::worker
