// chain.cpp - the rare side of a chain: a handler that lasts.  Next: switchboard.cpp.
#include "worker/chain.hpp"

#include "worker/turns.hpp"

namespace peacepie::worker {

bool Chain::is_fenced_off() noexcept { return fence_all_threads() && !touched_.load(); }

void Chain::reopen() noexcept {
    std::lock_guard guard(lock_);
    closed_.store(forbidden_, std::memory_order_relaxed);
}

}  // namespace peacepie::worker
