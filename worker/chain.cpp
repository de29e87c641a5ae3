// chain.cpp - the rare side of a chain: a handler that lasts.  Next: switchboard.cpp.
#include "worker/chain.hpp"

#include "worker/turns.hpp"

namespace peacepie::worker {

bool Chain::is_fenced_off() noexcept { return fence_all_threads() && !touched_.load(); }

bool Chain::append_to_next(std::uint64_t sender, std::uint32_t command, pp_bytes body) {
    const auto fits = [&] { return 2 * Bundle::room_for(body.size) <= Bundle::room_in(next_size_); };
    const Bundle* full = bundle_.load(std::memory_order_relaxed);
    if ((full != nullptr && full->sender == sender) || !fits()) next_size_ = mail_block::large;
    if (!fits()) return false;  // it would be the only one
    auto* bundle = Bundle::make(sender, next_size_);
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
