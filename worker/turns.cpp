// turns.cpp - the rare side of a turn: one that lasts.  Next: scheduler.cpp.
#include "worker/turns.hpp"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <thread>

namespace peacepie::worker {

bool fence_all_threads() noexcept {
    static const bool is_offered = ::syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
    return is_offered && ::syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0;
}

/// end() writes running_, then reads warned_.  The fence falls before that read, which then sees the warning, or after that
/// write, which is then seen here.
bool Turns::detain(std::uint64_t number) noexcept {
    warned_.store(number);
    if (!fence_all_threads()) return false;
    if (!running_.load() || number_.load() != number) return false;
    detained_.store(number);
    return true;
}

void Turns::come_back() noexcept {
    number_.store(number_.load(std::memory_order_relaxed) + 1);
    while (robbers_.load() != 0) std::this_thread::yield();
}

}  // namespace peacepie::worker
