// black_box.hpp - a process that crashes tells its launcher whose handler it was in.
//
// Armed once by main, used by whichever thread crashes; what it writes goes through a pipe that outlives the process: a line `ACTOR \t COMMAND \t WHAT`, then a
// backtrace, a frame a line.  In a signal handler, so it calls nothing that may wait but for backtrace_symbols_fd(3), which
// does not allocate; should it hang all the same, an alarm ends the process.
// Next: scheduler.hpp knows what runs, sdk/launcher/last_words.hpp reads it.
#pragma once

namespace peacepie::worker::black_box {

/// Crashes (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT) and exit() inside a handler are written to this descriptor from now on.
/// The process ends as it would have; after exit() inside a handler with status 70, so that nobody takes it for an end in order.
void arm(int descriptor);

/// After a library was loaded: exit() must be seen before the library's own objects are destroyed.
void arm_exit();

/// By each loop, so that an overflow of its stack is seen as well.
void arm_thread();

}  // namespace peacepie::worker::black_box
