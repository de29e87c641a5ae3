// scheduler_monitor.cpp - the thread that looks after link, deadlines and admin when all loops are busy, and after handlers and
// memory at any time.  Next: watchdog.hpp, black_box.cpp.
#include <fmt/chrono.h>
#include <malloc.h>

#include "worker/black_box.hpp"
#include "worker/cell.hpp"
#include "worker/pump.hpp"
#include "worker/scheduler.hpp"
#include "worker/symbols.hpp"
#include "worker/worker.hpp"

namespace peacepie::worker {

using namespace std::chrono_literals;

namespace {

constexpr auto attentive = 10ms;
constexpr auto drowsy = 80ms;
constexpr auto long_turn = attentive * 3 / 2;  // robbed ten milliseconds sooner, a handler that spawns many is 0.85 times as fast

}  // namespace

void Scheduler::monitor(std::function<void()> ended) {
    std::vector<Watchdog> watchdogs(loops_.size(), Watchdog(options_.handler_timeout));
    for (Nanoseconds tick = attentive; !stopping_.load();) {
        monitor_sleeps(tick);
        notice_standstill();
        if (admin_ready_.exchange(false, std::memory_order_acq_rel)) worker_->run_admin();
        if (!polling_.load()) {
            (void)exchange();
            look_after(0ns);
            (void)exchange();
            if (has_work()) wake_one();
            if (polling_.load()) poller_->wake();  // a loop may have gone to sleep while its wake-up was taken here
        }
        for (std::size_t i = 0; i < loops_.size(); ++i) watch_over(loops_[i], watchdogs[i]);
        watch_memory();
        if (ended && worker_->has_ended() && worker_->outbox().has_said_all()) std::exchange(ended, nullptr)();
    }
}

/// A worker whose loops are all busy has its link looked after at every attentive tick.  While one of them polls, the monitor
/// only watches handlers, and once nothing runs at all it sleeps until a loop runs an actor.
void Scheduler::monitor_sleeps(Nanoseconds& tick) {
    std::unique_lock guard(monitor_lock_);
    tick = polling_.load() ? std::min<Nanoseconds>(tick * 2, drowsy) : Nanoseconds(attentive);
    const bool may_sleep = tick >= drowsy;
    if (may_sleep) monitor_drowsy_.store(true);
    if (!may_sleep || is_anything_running()) {
        monitor_drowsy_.store(false);
        monitor_wakes_.wait_for(guard, tick);
        return;
    }
    // execute() looks at the flag without a fence, which would cost every turn 5 ns: hence not for ever.
    const bool is_woken =
        monitor_wakes_.wait_for(guard, limits::handler_patience, [this] { return !monitor_drowsy_.load() || stopping_.load(); });
    monitor_drowsy_.store(false);
    if (is_woken) tick = attentive;
}

bool Scheduler::is_anything_running() const noexcept {
    return std::ranges::any_of(loops_, [](const Loop& loop) { return loop.turns.running() != nullptr; });
}

void Scheduler::wake_monitor() {
    std::lock_guard guard(monitor_lock_);
    monitor_drowsy_.store(false);
    monitor_wakes_.notify_one();
}

void Scheduler::watch_over(Loop& loop, Watchdog& watchdog) {
    const auto turn = loop.turns.number();
    const Cell* cell = loop.turns.running();
    const auto found = watchdog.look(cell ? std::optional(Watchdog::Place{turn, loop.turns.calls()}) : std::nullopt, worker_->now());
    if (found.is_new_turn) return;
    if (loop.minds_link.exchange(false)) wake_one();
    if (found.turn_lasts < long_turn) return;
    if (loop.turns.may_be_robbed() || loop.turns.detain(turn))
        if (loop.ready.has_spare(true)) wake_one();  // what waits behind a long handler is for another loop
    if (Chain* said = loop.said.load())
        said->take_away([this](std::uint64_t recipient, const Mailbox::Links& links) {
            worker_->switchboard().post_links(recipient, links, Origin::local);
        });
    if (found.wants_naming) {
        const auto command = Symbols::of_process().text(cell->current_command());
        log::warning({{"actor", cell->name()}, {"command", command}},
                     "{} has not returned from {} for {}; its worker cannot run others on this loop", cell->name(), command, limits::handler_patience);
    }
    if (found.is_hung && loop.turns.running() == cell && loop.turns.number() == turn) {
        log::error({{"actor", cell->name()}}, "{} does not return within {} s (--handler-timeout): its worker ends itself; long work belongs into blocking()",
                   cell->name(), std::chrono::duration_cast<std::chrono::seconds>(options_.handler_timeout).count());
        black_box::end_hung(loop.thread.native_handle(), *cell);
    }
}

/// What was freed and is only kept by the allocator is given back before anybody is ended for it.
void Scheduler::watch_memory() {
    const auto now = worker_->now();
    if (memory_.limit() == 0 || now - memory_looked_at_ < limits::memory_look_interval) return;
    memory_looked_at_ = now;
    const auto megabytes = [](std::uint64_t bytes) { return bytes >> 20; };
    auto resident = resident_bytes();
    auto found = memory_.look(resident);
    if (found == MemoryWatch::Finding::near_limit)
        log::warning("this worker has {} MiB of the {} MiB that it may have (--memory-limit); it ends itself when it has them all",
                     megabytes(resident), megabytes(memory_.limit()));
    if (found != MemoryWatch::Finding::over_limit) return;
    ::malloc_trim(0);
    resident = resident_bytes();
    if (memory_.look(resident) != MemoryWatch::Finding::over_limit) return;
    const auto why = fmt::format("memory limit: {} MiB of {} MiB", megabytes(resident), megabytes(memory_.limit()));
    log::error("{} (--memory-limit): this worker ends itself", why);
    black_box::end_full(why);
}

}  // namespace peacepie::worker
