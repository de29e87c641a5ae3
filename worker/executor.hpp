// executor.hpp - what the worker's logic asks of whoever runs it: threads in a process, one queue in the simulator.
//
// Implemented by Scheduler (real loops) and by the simulator.  Every function may be called from any thread.
// Next: scheduler.hpp is the real one.
#pragma once

#include <cstdint>

#include "wire/link.hpp"

namespace peacepie::worker {

class Cell;

class Executor {
public:
    virtual ~Executor() = default;
    /// The cell has mail: run it soon.  Called once per idle->filled edge.
    virtual void schedule(Cell& cell) = 0;
    /// The same for one that was spawned just now and has not run yet: the last born may come first.
    virtual void schedule_newborn(Cell& cell) { schedule(cell); }
    /// The admin has mail.
    virtual void schedule_admin() = 0;
    /// The earliest deadline moved forward to `when`.
    virtual void wake_by(Nanoseconds when) = 0;
    /// What was ready and not to run may run again.
    virtual void wake_all() {}
    /// Completes `operation` of the cell once the descriptor is ready.  False when descriptors are not offered.
    [[nodiscard]] virtual bool watch(std::uint64_t cell, std::uint64_t operation, int descriptor, int events) = 0;
    virtual void unwatch(std::uint64_t cell, std::uint64_t operation) = 0;
};

}  // namespace peacepie::worker
