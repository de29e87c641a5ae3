// newborns.hpp - one loop's spawned cells that have not run yet: its owner takes the last born, other loops the first born.
//
// So a tree of actors grows branch by branch: what was made last is still in the cache, few are alive at a time, and what
// another loop takes is the largest branch.  In a queue the tree would grow level by level (a million alive: twice the time).
// A deque after Chase and Lev, "Dynamic circular work-stealing deque" (SPAA 2005), with the fences of Le, Pop, Cohen and
// Zappa Nardelli, "Correct and efficient work-stealing for weak memory models" (PPoPP 2013), and bounded.
// Threads: push and pop are the owner's loop's, steal anybody's.
// Next: run_queue.hpp has those that ran before.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>

namespace peacepie::worker {

class Cell;

class Newborns {
public:
    static constexpr std::int64_t capacity = 1024;  // as many as a handler spawns at once; beyond it each one costs a lock

    /// False when there is no room.
    [[nodiscard]] bool push(Cell* cell) noexcept {
        const auto last = last_.load(std::memory_order_relaxed);
        if (last - first_.load(std::memory_order_acquire) >= capacity) return false;
        at(last).store(cell, std::memory_order_relaxed);
        last_.store(last + 1, std::memory_order_release);
        return true;
    }
    /// The last born.
    [[nodiscard]] Cell* pop() noexcept {
        if (empty()) return nullptr;
        const auto last = last_.load(std::memory_order_relaxed) - 1;
        last_.store(last, std::memory_order_relaxed);
        std::atomic_thread_fence(std::memory_order_seq_cst);
        auto first = first_.load(std::memory_order_relaxed);
        Cell* cell = first <= last ? at(last).load(std::memory_order_relaxed) : nullptr;
        if (first < last) return cell;
        if (first == last && !first_.compare_exchange_strong(first, first + 1, std::memory_order_seq_cst)) cell = nullptr;
        last_.store(last + 1, std::memory_order_relaxed);
        return cell;
    }
    /// The first born.
    [[nodiscard]] Cell* steal() noexcept {
        auto first = first_.load(std::memory_order_acquire);
        std::atomic_thread_fence(std::memory_order_seq_cst);
        if (first >= last_.load(std::memory_order_acquire)) return nullptr;
        Cell* cell = at(first).load(std::memory_order_relaxed);
        return first_.compare_exchange_strong(first, first + 1, std::memory_order_seq_cst) ? cell : nullptr;
    }
    /// Any thread; may be a moment old.
    [[nodiscard]] std::int64_t size() const noexcept {
        const auto first = first_.load(std::memory_order_acquire);
        return std::max<std::int64_t>(last_.load(std::memory_order_acquire) - first, 0);
    }
    [[nodiscard]] bool empty() const noexcept { return size() == 0; }

private:
    [[nodiscard]] std::atomic<Cell*>& at(std::int64_t place) noexcept { return cells_[static_cast<std::size_t>(place % capacity)]; }

    alignas(64) std::atomic<std::int64_t> first_{0};
    alignas(64) std::atomic<std::int64_t> last_{0};
    std::array<std::atomic<Cell*>, capacity> cells_{};
};

}  // namespace peacepie::worker
