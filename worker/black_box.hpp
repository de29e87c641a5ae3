// black_box.hpp - a process that crashes, or has to end itself, tells its launcher why and whose handler it was in.
//
// Armed once by main, used by whichever thread crashes; what it writes goes through a pipe that outlives the process: `begun` when
// it is armed, `ends STATUS` when the process ends in order, because a plug-in may end it with any status.  Of a crash a line
// `ACTOR \t COMMAND \t WHAT \t MESSAGE` (the first two empty: in no handler; MESSAGE: a reliable one, or empty), then the calls
// that were open, innermost first, `FILE+0xOFFSET` a line.  In
// a signal handler, so it calls nothing that may wait but for backtrace(3) and dladdr(3), which do not allocate; should one
// hang all the same, an alarm ends the process.
// Next: scheduler.hpp knows what runs, sdk/launcher/last_words.hpp reads it.
#pragma once

#include <pthread.h>

#include <string_view>

namespace peacepie::worker {
class Cell;
}

namespace peacepie::worker::black_box {

/// Crashes (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT) and exit() by a plug-in are written to this descriptor from now on.
/// The process ends as it would have; after exit() by a plug-in with status 70, before anything is destroyed under those who still run.
void arm(int descriptor);

/// By main, when no handler runs any more: this process ends with that status, and means it.
void say_end(int status);

/// After a library was loaded: exit() must be seen before the library's own objects are destroyed.
void arm_exit();

/// By each loop, so that an overflow of its stack is seen as well.
void arm_thread();

/// By the monitor: that thread, a loop, is in a handler of `cell` that does not return.  It is made to abort where it is, so that its own
/// backtrace tells where; if it cannot be (it has blocked the signal), the process is killed a second later.
[[noreturn]] void end_hung(pthread_t loop, const Cell& cell);

/// By the monitor: there is too much of something, `why`.  Ends the process with status 71.
[[noreturn]] void end_full(std::string_view why);

}  // namespace peacepie::worker::black_box
