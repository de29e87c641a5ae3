// blocking.hpp - work that may block runs here, so that no loop has to wait for it.
//
// One small pool per process, started on first use; any thread.
// Next: host_seam.cpp offers it to plug-ins as "peacepie.blocking/1".
#pragma once

namespace peacepie::worker {

/// Queues `work(with)`; it runs on one of a few threads.  When the queue is at its bound it runs on the caller's thread:
/// slower, but nothing is lost and the caller feels the pressure.
void run_off_the_loops(void (*work)(void*), void* with);

}  // namespace peacepie::worker
