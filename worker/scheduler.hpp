// scheduler.hpp - the loops of a worker process: they run cells, and whichever is idle polls for all.
//
// One per process.  N loop threads (default: cores) with a run queue each; a cell goes to the queue of the loop that made
// it ready, others steal.  An idle loop looks for frames, then one of the idle ones sleeps in the poller and the rest sleep
// until there is more work than one loop can do.  Work that goes to and fro between loops and is done sooner by one is left to
// one.  A loop that is busy with short handlers minds the link itself, and the idle ones leave it alone.  A monitor thread takes
// over link, deadlines and admin when all loops are busy, names a handler that does not return, and in the end ends the process
// for it, or for the memory it has taken.
// Next: scheduler.cpp, scheduler_monitor.cpp, run_queue.hpp, turns.hpp, crossings.hpp, watchdog.hpp, poller.hpp.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "worker/chain.hpp"
#include "worker/crossings.hpp"
#include "worker/executor.hpp"
#include "worker/memory_watch.hpp"
#include "worker/poller.hpp"
#include "worker/run_queue.hpp"
#include "worker/turns.hpp"
#include "worker/watchdog.hpp"

namespace peacepie::worker {

class Pump;
class Worker;

class Scheduler final : public Executor {
public:
    struct Options {
        std::size_t loops = 1;
        Nanoseconds handler_timeout{0};       ///< the process ends by a handler that takes longer; 0: never
        std::uint64_t memory_limit_bytes = 0; ///< the process ends when it has more; 0: never
    };
    explicit Scheduler(const Options& options) : options_(options), loops_(options.loops), memory_(options.memory_limit_bytes) {}
    ~Scheduler() override;

    /// Starts the threads.  `ended` is called once, from the monitor, when the worker has ended and said all.
    void start(Worker& worker, Pump& pump, std::function<void()> ended);
    /// Ends the threads; a loop whose handler never returns is left behind and false returned.
    [[nodiscard]] bool stop();

    /// The calling thread is a loop: the cell that it runs just now.  Safe in a signal handler.
    [[nodiscard]] static const Cell* running_here() noexcept { return current_ ? current_->turns.running() : nullptr; }

    void schedule(Cell& cell) override;
    void schedule_newborn(Cell& cell) override;
    void schedule_admin() override;
    void wake_by(Nanoseconds when) override;
    void wake_all() override;
    [[nodiscard]] bool watch(std::uint64_t cell, std::uint64_t operation, int descriptor, int events) override;
    void unwatch(std::uint64_t cell, std::uint64_t operation) override;

private:
    struct Loop {
        RunQueue ready;
        std::uint32_t ticks = 0;
        std::uint8_t number = 0;    // from 1; beyond 255 some share one
        Crossings crossings;
        Nanoseconds busy_since{0};  // when a cell last had more to do than its turn allows; 0: the loop was idle since
        std::uint64_t busy_calls = 0;  // of handlers until then
        Nanoseconds looked_at{0};   // at the link, while busy
        Nanoseconds newborns_at{0}; // when their turns in a row were looked at
        std::uint64_t fed_until = 0;  // so many calls of handlers: then it has done what its last look at the link brought
        bool was_slow = false;      // when it was last busy, its handlers were long
        std::atomic<bool> minds_link{false};  // it is busy with short handlers and looks at the link now and then
        Turns turns;
        std::atomic<Chain*> said{nullptr};  // what its thread links up
        std::thread thread;
    };
    void run(Loop& loop);
    void run_admin();
    void execute(Loop& loop, Cell& cell);
    void look_up(Loop& loop, std::uint64_t turn, bool is_time_to_look);
    [[nodiscard]] Cell* next(Loop& loop);
    [[nodiscard]] Cell* next_in_turn(Loop& loop);
    [[nodiscard]] Cell* steal(Loop& loop);
    [[nodiscard]] static Cell* rob(Loop& other, Loop& loop);
    void idle(Loop& loop);
    void look_at_crossings(Loop& loop);
    void rest(Loop& loop, Nanoseconds span);
    [[nodiscard]] std::uint64_t calls_of_all() const noexcept;
    void poll(Nanoseconds at_most);
    void mind_link(Loop& loop);
    void look_at_link(Loop& loop, Nanoseconds now);
    [[nodiscard]] bool is_link_minded() const noexcept;
    void overflow(Cell& cell);
    [[nodiscard]] Cell* take_overflow(Loop& loop);
    [[nodiscard]] bool has_work();
    void wake_one();
    void wake_another();
    [[nodiscard]] bool is_called_back() const noexcept;
    void notice_standstill();
    void glance_at_standstill();
    [[nodiscard]] bool exchange();
    void look_after(Nanoseconds patience);
    void monitor(std::function<void()> ended);
    void monitor_sleeps(Nanoseconds& tick);
    void wake_monitor();
    [[nodiscard]] bool is_anything_running() const noexcept;
    void watch_over(Loop& loop, Watchdog& watchdog);
    void watch_memory();

    static thread_local Loop* current_;

    // Fixed after start().
    const Options options_;
    std::vector<Loop> loops_;
    Worker* worker_ = nullptr;
    Pump* pump_ = nullptr;
    std::unique_ptr<Poller> poller_;
    std::thread monitor_;
    MemoryWatch memory_;                        // the monitor's
    Nanoseconds memory_looked_at_{0};           // the monitor's
    std::mutex monitor_lock_;
    std::condition_variable monitor_wakes_;
    std::atomic<bool> monitor_drowsy_{false};   // it sleeps until a loop runs an actor

    // Any thread.
    std::atomic<bool> stopping_{false};
    std::atomic<bool> admin_ready_{false};
    std::atomic<bool> polling_{false};          // a loop sleeps in the poller or is about to
    std::atomic<Nanoseconds::rep> polling_until_{0};
    std::atomic<Nanoseconds::rep> alive_at_{0};  // when somebody last looked: not long ago, unless all stood still
    std::atomic<Nanoseconds::rep> glanced_at_{0};  // by another clock
    std::atomic<std::uint32_t> sleeping_{0};    // loops that wait for wake_ups_
    std::atomic<std::uint32_t> resting_{0};     // loops that leave the work to the others for a while
    std::atomic<std::uint32_t> searching_{0};   // loops that look for work: no need to wake another
    std::atomic<std::uint32_t> loops_ended_{0};
    std::mutex sleep_lock_;
    std::condition_variable sleep_, rested_;
    std::uint64_t wake_ups_ = 0;                // under sleep_lock_

    std::mutex overflow_lock_;
    std::deque<Cell*> overflow_;
    std::atomic<std::size_t> overflow_size_{0};
};

}  // namespace peacepie::worker
