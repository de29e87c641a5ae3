// chain.cpp - the rare side of a chain: a handler that lasts.  Next: tell.cpp, switchboard.cpp.
#include "worker/chain.hpp"

#include "worker/turns.hpp"

namespace peacepie::worker {

bool Chain::is_fenced_off() noexcept { return fence_all_threads() && !touched_.load(); }

bool Chain::append_to_next(std::uint64_t sender, std::uint32_t command, pp_bytes body) {
    const Bundle* before = bundle_.load(std::memory_order_relaxed);
    const auto size = Bundle::next_size(next_size_, before != nullptr && before->sender == sender, body.size, 0);
    if (size == 0) return false;
    auto* bundle = Bundle::make(sender, next_size_ = size);
    link(bundle, 0);
    bundle_.store(bundle, std::memory_order_relaxed);
    (void)bundle->append(command, body);
    return true;
}

void Chain::reopen() noexcept {
    std::lock_guard guard(lock_);
    closed_.store(forbidden_, std::memory_order_relaxed);
}

}  // namespace peacepie::worker
