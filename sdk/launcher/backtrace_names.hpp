// backtrace_names.hpp - from the places in a backtrace to functions, files and lines, as far as they are known.
//
// A function; the launcher's thread, which it keeps for limits::symbols_patience at most.  The files are a plug-in author's: they may be damaged,
// enormous, or rewritten by a compiler just now.  So they are read in a process of its own, which may crash or be ended.
// Next: launcher.cpp logs them.
#pragma once

#include <string>
#include <vector>

namespace peacepie::launcher {

/// For each frame `FILE+0xOFFSET` the same with what is known of it in front: `Trouble::segfault() at trouble.hpp:57 (FILE+0xOFFSET)`.
/// What cannot be read, or not in time, stays as it was.
[[nodiscard]] std::vector<std::string> with_names(std::vector<std::string> frames);

}  // namespace peacepie::launcher
