// run_queue.hpp - one loop's cells that are ready: a slot for the newest, a ring for the rest, and newborns.
//
// The owner pushes and pops, other loops steal half of the ring.  The newest goes first because its mail is still in the
// cache (ping-pong on one core costs no wake-up); after 64 in a row the others get their turn.  What a turn has spawned runs before
// the next of the ring, or one that spawns without end would have a million alive before the first has run, as long as those turns are
// short; else ring and newborns take turns.  Of newborns one in a thousand is the first born, so that none waits for ever.
// Next: newborns.hpp, turns.hpp, scheduler.cpp.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>

#include "worker/newborns.hpp"

namespace peacepie::worker {

class Cell;

class RunQueue {
public:
    static constexpr std::uint32_t capacity = 256;
    static constexpr std::uint32_t owed_max = 1024;          // turns that newborns have in a row, should each spawn others
    static constexpr std::uint32_t first_born_every = 1024;  // each begins another branch: at 64 a tree has half of its actors alive at once

    /// Owner.  The cell that was the newest moves to the ring; returned when the ring is full: it goes to the overflow.
    /// `crowded` tells that from now on more than the newest is waiting, so that another loop is worth waking: one that is awake
    /// looks before it sleeps.
    [[nodiscard]] Cell* push(Cell* cell, bool& crowded) noexcept {
        Cell* before = newest_.load(std::memory_order_relaxed);
        crowded = before != nullptr && is_ring_empty();
        // Thieves only ever take: what is empty stays empty, and a plain store saves an exchange (5 ns of every hop).
        if (!before) newest_.store(cell, std::memory_order_release);
        else before = newest_.exchange(cell, std::memory_order_acq_rel);
        return before && !push_back(before) ? before : nullptr;
    }
    /// Owner.  A spawned cell that has not run yet; false when there is no room.
    [[nodiscard]] bool push_newborn(Cell* cell, bool& crowded) noexcept {
        crowded = newborns_.empty();
        owed_ = std::min(owed_ + 1, owed_max);
        return newborns_.push(cell);
    }
    /// Owner.  False when the ring is full.
    [[nodiscard]] bool push_back(Cell* cell) noexcept {
        const auto tail = tail_.load(std::memory_order_relaxed);
        if (tail - head_.load(std::memory_order_acquire) >= capacity) return false;
        ring_[tail % capacity].store(cell, std::memory_order_relaxed);
        tail_.store(tail + 1, std::memory_order_release);
        return true;
    }
    /// Owner, and nobody takes the newest meanwhile: Turns sees to it, so that a plain load and store do (5 ns of every hop).
    [[nodiscard]] Cell* pop() noexcept {
        if (streak_ < 64 || (is_ring_empty() && newborns_.empty()))
            if (Cell* cell = pop_newest()) return cell;
        streak_ = 0;
        if ((owed_ != 0 && newborns_in_a_row_ < owed_max) || ++turns_ % 2 == 0) {
            if (Cell* cell = pop_newborn()) {
                ++newborns_in_a_row_;
                owed_ -= std::min(owed_, 1u);
                return cell;
            }
        }
        owed_ = newborns_in_a_row_ = 0;
        if (Cell* cell = pop_front()) return cell;
        if (Cell* cell = pop_newborn()) return cell;
        return pop_newest();  // thieves took all that it made way for
    }
    /// Owner.  Turns that newborns had since the ring had one.
    [[nodiscard]] std::uint32_t newborns_in_a_row() const noexcept { return newborns_in_a_row_; }
    /// Owner.  Their turns are long: the ring is next.
    void owes_no_more() noexcept { owed_ = 0; }
    /// Any other loop: takes half of the ring, or of the newborns, or the newest when `also_newest` (in a Turns::Robbery only); one
    /// is returned, the rest goes to `into`.
    [[nodiscard]] Cell* steal(RunQueue& into, bool also_newest) noexcept {
        auto head = head_.load(std::memory_order_acquire);
        const auto tail = tail_.load(std::memory_order_acquire);
        const auto waiting = tail - head;
        if (waiting != 0 && waiting <= capacity) {
            const auto count = waiting - waiting / 2;
            std::array<Cell*, capacity> taken;
            for (std::uint32_t i = 0; i < count; ++i)
                taken[i] = ring_[(head + i) % capacity].load(std::memory_order_relaxed);
            if (head_.compare_exchange_strong(head, head + count, std::memory_order_acq_rel)) {
                for (std::uint32_t i = 1; i < count; ++i) (void)into.push_back(taken[i]);  // at most half a ring: fits
                return taken[0];
            }
        }
        if (Cell* cell = newborns_.steal()) {
            for (auto more = std::min<std::int64_t>(newborns_.size() / 2, capacity / 2); more > 0; --more) {
                Cell* next = newborns_.steal();
                if (next == nullptr) break;
                (void)into.newborns_.push(next);  // a thief has none of its own: fits
            }
            return cell;
        }
        if (also_newest && newest_.load(std::memory_order_relaxed)) return newest_.exchange(nullptr, std::memory_order_acq_rel);
        return nullptr;
    }
    /// Whether steal() would find something.
    [[nodiscard]] bool has_spare(bool also_newest) const noexcept {
        return !is_ring_empty() || !newborns_.empty() || (also_newest && newest_.load(std::memory_order_acquire));
    }

private:
    [[nodiscard]] Cell* pop_newest() noexcept {
        Cell* cell = newest_.load(std::memory_order_relaxed);
        if (cell == nullptr) return nullptr;
        newest_.store(nullptr, std::memory_order_relaxed);
        ++streak_;
        return cell;
    }
    [[nodiscard]] Cell* pop_newborn() noexcept { return ++births_ % first_born_every == 0 ? newborns_.steal() : newborns_.pop(); }
    [[nodiscard]] Cell* pop_front() noexcept {
        auto head = head_.load(std::memory_order_acquire);
        while (head != tail_.load(std::memory_order_relaxed)) {
            Cell* cell = ring_[head % capacity].load(std::memory_order_relaxed);
            if (head_.compare_exchange_weak(head, head + 1, std::memory_order_acq_rel)) return cell;
        }
        return nullptr;
    }
    [[nodiscard]] bool is_ring_empty() const noexcept {
        return head_.load(std::memory_order_acquire) == tail_.load(std::memory_order_acquire);
    }

    std::atomic<Cell*> newest_{nullptr};
    std::uint32_t streak_ = 0, turns_ = 0, births_ = 0, owed_ = 0, newborns_in_a_row_ = 0;
    alignas(64) std::atomic<std::uint32_t> head_{0};
    alignas(64) std::atomic<std::uint32_t> tail_{0};
    std::array<std::atomic<Cell*>, capacity> ring_{};
    Newborns newborns_;
};

}  // namespace peacepie::worker
