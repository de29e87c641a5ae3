// scheduler_rest.cpp - a loop that leaves the work to the others for a while.  Next: crossings.hpp says when.
#include "worker/pump.hpp"
#include "worker/scheduler.hpp"
#include "worker/worker.hpp"

namespace peacepie::worker {

using namespace std::chrono_literals;

void Scheduler::look_at_crossings(Loop& loop) {
    const auto resting = resting_.load();
    const auto idle = sleeping_.load() + resting + (polling_.load() && resting == 0 ? 1 : 0);  // one of those that rest polls
    const auto span = loop.crossings.look(worker_->now(), loop.turns.calls(), loops_.size() - std::min<std::size_t>(idle, loops_.size()));
    if (span == 0ns) return;
    if (resting_.fetch_add(1) + 1 < loops_.size()) rest(loop, span);
    resting_.fetch_sub(1);
    if (has_work()) wake_one();  // nobody was woken for it meanwhile
}

/// The others do better alone.  What this loop has is for them; meanwhile it waits for frames and deadlines, and takes up again what
/// they bring.
void Scheduler::rest(Loop& loop, Nanoseconds span) {
    while (Cell* cell = loop.ready.pop()) overflow(*cell);
    loop.busy_since = {};
    loop.minds_link.store(false, std::memory_order_relaxed);
    wake_one();  // who has just run out of work looks again
    const auto begun = worker_->now(), until = begun + span;
    const auto calls_before = calls_of_all();
    auto now = begun;
    for (; now < until && !loop.ready.has_spare(true) && !is_called_back(); now = worker_->now()) {
        if (!pump_->has_more() && !polling_.exchange(true)) {
            if (!is_called_back()) poll(until - now);
            polling_.store(false);
        } else if (!pump_->has_more()) {  // another polls, perhaps for a moment only
            std::unique_lock guard(sleep_lock_);
            rested_.wait_for(guard, std::min<Nanoseconds>(until - now, 1ms));
        }
        if (!exchange() && pump_->has_more()) std::this_thread::yield();  // another holds the link
    }
    if (sleeping_.load() == 0) loop.crossings.rested(now, now - begun, calls_of_all() - calls_before);
    else loop.crossings.interrupt();
}

bool Scheduler::is_called_back() const noexcept { return admin_ready_.load() || stopping_.load(); }

std::uint64_t Scheduler::calls_of_all() const noexcept {
    std::uint64_t calls = 0;
    for (const auto& loop : loops_) calls += loop.turns.calls();
    return calls;
}

}  // namespace peacepie::worker
