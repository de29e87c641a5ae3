// turns.hpp - the turns of one loop, and how others come by its newest cell while one of them lasts.
//
// Owned by the loop; begin() and end() are the loop's, detain() is the monitor's, may_be_robbed() and Robbery anybody's.
//
//   running --end()--> between --begin()--> running
//   running --detain()--> detained (others may take the newest) --end()--> between, once nobody is just taking
//
// The loop takes its newest by a plain load and store, so nobody may take it between two turns.  The loop pays no fence for
// that (5 ns of every hop): detain() has the kernel fence it, once for each handler that lasts.
// Next: run_queue.hpp.
#pragma once

#include <atomic>
#include <cstdint>

namespace peacepie::worker {

class Cell;

/// Every thread of this process has executed a full fence between call and return.  False when the kernel does not offer it
/// (membarrier(2), Linux 4.14).
[[nodiscard]] bool fence_all_threads() noexcept;

class Turns {
public:
    /// Loop.  Returns the number of the turn.
    std::uint64_t begin(Cell& cell) noexcept {
        const auto number = number_.load(std::memory_order_relaxed) + 1;
        number_.store(number, std::memory_order_relaxed);
        running_.store(&cell, std::memory_order_relaxed);
        return number;
    }
    /// Loop.  After it the newest is the loop's alone.
    void end() noexcept {
        running_.store(nullptr, std::memory_order_relaxed);
        std::atomic_signal_fence(std::memory_order_seq_cst);  // the processor is fenced by detain()
        if (warned_.load(std::memory_order_relaxed) == number_.load(std::memory_order_relaxed)) come_back();
    }
    /// From now on the calling thread takes its turns here.
    void belong_to_this_thread() noexcept { of_thread_ = this; }
    /// A handler is called, on whatever thread.
    static void count_call() noexcept {
        if (of_thread_ != nullptr) of_thread_->calls_.store(of_thread_->calls() + 1, std::memory_order_relaxed);
    }
    /// Any thread: calls of handlers.
    [[nodiscard]] std::uint64_t calls() const noexcept { return calls_.load(std::memory_order_relaxed); }
    /// Any thread: the cell that runs, or nullptr.
    [[nodiscard]] Cell* running() const noexcept { return running_.load(); }
    /// Any thread.
    [[nodiscard]] std::uint64_t number() const noexcept { return number_.load(std::memory_order_relaxed); }

    /// Monitor.  From here until its end the newest may be taken, if turn `number` still runs; false if not, or if this kernel
    /// has no membarrier(2) (Linux 4.14): the newest then waits for its loop.
    [[nodiscard]] bool detain(std::uint64_t number) noexcept;
    /// Any thread.  A hint, unless asked within a Robbery.
    [[nodiscard]] bool may_be_robbed() const noexcept { return detained_.load() == number_.load(); }

    /// Stands while a thread takes from the queue of another loop.  The count comes before the look at may_be_robbed():
    /// either that sees the turn's end, or the end sees the count and waits.
    class Robbery {
    public:
        explicit Robbery(Turns& turns) noexcept : turns_(turns) { turns_.robbers_.fetch_add(1); }
        ~Robbery() { turns_.robbers_.fetch_sub(1); }
        Robbery(const Robbery&) = delete;
        Robbery& operator=(const Robbery&) = delete;

    private:
        Turns& turns_;
    };

private:
    void come_back() noexcept;

    static constexpr std::uint64_t none = ~0ull;
    static inline constinit thread_local Turns* of_thread_ = nullptr;

    std::atomic<Cell*> running_{nullptr};
    std::atomic<std::uint64_t> calls_{0};        // written by its loop only
    std::atomic<std::uint64_t> number_{0};       // written by its loop only
    std::atomic<std::uint64_t> warned_{none};    // the turn that has to come_back()
    std::atomic<std::uint64_t> detained_{none};  // the turn that is known to see so
    std::atomic<std::uint32_t> robbers_{0};
};

}  // namespace peacepie::worker
