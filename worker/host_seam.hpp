// host_seam.hpp - the worker's side of abi.h: the table of functions a plug-in may call.
//
// One table per process; each function says its thread in abi.h.  Each function finds its cell through the opaque pp_cell* and goes on to switchboard or cell.
// Next: peacepie/seam.cpp is the other side.
#pragma once

#include "peacepie/abi.h"
#include "wire/link.hpp"

namespace peacepie::worker {

class Cell;

[[nodiscard]] const pp_host& host_of_process();
[[nodiscard]] inline pp_cell* as_pp_cell(Cell& cell) noexcept { return reinterpret_cast<pp_cell*>(&cell); }
[[nodiscard]] inline Cell& as_cell(pp_cell* cell) noexcept { return *reinterpret_cast<Cell*>(cell); }

/// The clock behind host->now: the simulator's manual one, else the steady clock.  Set before any plug-in is loaded.
void set_process_clock(const Clock& clock) noexcept;

}  // namespace peacepie::worker
