// aging.hpp - what waited before it could go out has less time: asks in a frame are told so.
//
// A free function without state, any thread.  Both sides keep what a peer does not take at the moment; an ask says how much time it
// has left when it is written, and nobody further on could know that it has been lying here since.
// Next: codec.hpp.
#pragma once

#include <string>

#include "wire/envelope.hpp"
#include "wire/link.hpp"

namespace peacepie {

/// Takes `waited` off the time of each ask in the frame, down to 0: who reads that handles it no more.  The frame does not grow.
void take_time(std::string& frame, Nanoseconds waited);

/// An ask that has waited until its time was over.
[[nodiscard]] inline bool is_too_late(const Envelope& envelope) noexcept { return envelope.wants_answer() && envelope.timeout_ms == 0u; }

/// Asks of one frame differ by no more than this in how long they have waited: the one that came last counts for all.
inline constexpr Nanoseconds aging_step = std::chrono::milliseconds(50);

}  // namespace peacepie
