// scheduler.cpp - the life of a loop.  Next: pump.cpp, cell.cpp.
#include "worker/scheduler.hpp"

#include <malloc.h>
#include <pthread.h>

#include <algorithm>

#include "worker/black_box.hpp"
#include "worker/blocking.hpp"
#include "worker/cell_table.hpp"
#include "worker/host_seam.hpp"
#include "worker/pump.hpp"
#include "worker/symbols.hpp"
#include "worker/worker.hpp"

namespace peacepie::worker {

using namespace std::chrono_literals;

namespace {

constexpr auto attentive = 10ms;
constexpr auto drowsy = 80ms;
constexpr auto long_turn = attentive * 3 / 2;  // robbed ten milliseconds sooner, a handler that spawns many is 0.85 times as fast
constexpr auto long_batch = 500us;     // of limits::turn_messages_max messages
constexpr auto link_patience = 200us;  // of a busy loop

}  // namespace

thread_local Scheduler::Loop* Scheduler::current_ = nullptr;

Scheduler::~Scheduler() = default;

void Scheduler::start(Worker& worker, Pump& pump, std::function<void()> ended) {
    worker_ = &worker;
    pump_ = &pump;
    poller_ = std::make_unique<Poller>(pump.descriptor(), pump.connection_descriptor());
    const bool has_chains = fence_all_threads();
    std::uint32_t line = 0;
    for (auto& loop : loops_) {
        loop.thread = std::thread([this, &loop, has_chains, line = ++line] {
            Tally::give_line(line);
            loop.said.store(&Chain::of_thread());
            if (!has_chains) Chain::of_thread().forbid();
            run(loop);
        });
        pthread_setname_np(loop.thread.native_handle(), "loop");
    }
    monitor_ = std::thread([this, ended = std::move(ended), line = ++line] {
        Tally::give_line(line);
        monitor(ended);
    });
    pthread_setname_np(monitor_.native_handle(), "monitor");
}

bool Scheduler::stop() {
    stopping_.store(true);
    poller_->wake();
    {
        std::lock_guard guard(sleep_lock_);
        ++wake_ups_;
    }
    sleep_.notify_all();
    wake_monitor();
    monitor_.join();
    for (int waited = 0; loops_ended_.load() < loops_.size() && waited < 100; ++waited)
        std::this_thread::yield(), poller_->wake(), (void)poller_->wait(10ms);
    const bool all = loops_ended_.load() == loops_.size();
    for (auto& loop : loops_) all ? loop.thread.join() : loop.thread.detach();
    return all;
}

void Scheduler::run(Loop& loop) {
    current_ = &loop;
    black_box::arm_thread();
    while (!stopping_.load(std::memory_order_relaxed)) {
        if (admin_ready_.load(std::memory_order_relaxed) && admin_ready_.exchange(false, std::memory_order_acq_rel))
            run_admin();
        Cell* cell = worker_->is_paused() ? nullptr : next(loop);
        if (cell != nullptr) {
            execute(loop, *cell);
            continue;
        }
        loop.busy_since = {};
        loop.minds_link.store(false, std::memory_order_relaxed);
        if (!pump_->exchange()) idle(loop);
    }
    loops_ended_.fetch_add(1);
}

void Scheduler::run_admin() {
    worker_->run_admin();
    if (worker_->has_ended() && monitor_drowsy_.load()) wake_monitor();  // it ends the process
}

void Scheduler::execute(Loop& loop, Cell& cell) {
    constexpr std::uint32_t turns_per_flush = 16;     // a busy loop speaks to the broker this often at least
    constexpr std::size_t bytes_per_flush = 16 << 10;  // the next process begins while this one goes on: 1.16 times the asks
    const auto turn = loop.turns.begin(cell);
    if (monitor_drowsy_.load()) wake_monitor();
    if (cell.run() == Cell::RunEnd::more) {
        if (!loop.ready.push_back(&cell)) overflow(cell);
        mind_link(loop);
    }
    loop.turns.end();
    const auto& outbox = worker_->outbox();
    if (!outbox.empty() && (turn % turns_per_flush == 0 || outbox.bytes() >= bytes_per_flush)) pump_->exchange();
    if (turn % turns_per_flush == 0 && loop.minds_link.load(std::memory_order_relaxed)) mind_link(loop);
}

/// A process that was stopped for longer than the broker waits may have lost its actors to another, and cannot know.
void Scheduler::notice_standstill(Nanoseconds before, Nanoseconds after) {
    if (after - before > limits::heartbeat_patience) worker_->on_standstill(after - before);
}

/// There is more to do than a turn's worth and nobody polls.  While handlers are short this loop looks at the link itself: what
/// another loop brings in lies in that core's cache, and a stream would cost a quarter more.  While they are long another does.
void Scheduler::mind_link(Loop& loop) {
    if (polling_.load(std::memory_order_relaxed)) return loop.minds_link.store(false, std::memory_order_relaxed);
    const auto now = worker_->now();
    const auto since = now - std::exchange(loop.busy_since, now);
    if (since == now) {
        loop.looked_at = now;
        if (loop.was_slow) wake_one();  // and will be: a move of a busy actor waits for that look
        return;
    }
    loop.was_slow = since >= long_batch;
    if (loop.was_slow) {
        loop.minds_link.store(false, std::memory_order_relaxed);
        wake_one();
    } else if (now - loop.looked_at >= link_patience) {
        loop.looked_at = now;
        loop.minds_link.store(true, std::memory_order_relaxed);
        pump_->exchange();
        if (!polling_.exchange(true)) {
            look_after(0ns);  // deadlines and descriptors as well
            polling_.store(false);
        }
    }
}

bool Scheduler::is_link_minded() const noexcept {
    return std::ranges::any_of(loops_, [](const Loop& loop) { return loop.minds_link.load(std::memory_order_relaxed); });
}

Cell* Scheduler::next(Loop& loop) {
    if (++loop.ticks % 61 == 0)  // the overflow must not starve behind a busy queue
        if (Cell* cell = take_overflow(loop)) return cell;
    if (Cell* cell = loop.ready.pop()) return cell;
    return take_overflow(loop);
}

Cell* Scheduler::rob(Loop& other, Loop& loop) {
    if (!other.ready.has_spare(other.turns.may_be_robbed())) return nullptr;
    Turns::Robbery robbery(other.turns);
    return other.ready.steal(loop.ready, other.turns.may_be_robbed());
}

Cell* Scheduler::steal(Loop& loop) {
    for (auto& other : loops_)
        if (&other != &loop)
            if (Cell* cell = rob(other, loop)) return cell;
    return nullptr;
}

/// Nothing to do here: take from others, else sleep, in the poller if nobody does.  The newest cell of another loop is left
/// to it, because its mail lies in that core's cache; taking it made a stream through the broker 1.5 times as expensive.
void Scheduler::idle(Loop& loop) {
    searching_.fetch_add(1);
    Cell* found = worker_->is_paused() ? nullptr : steal(loop);
    const bool was_last = searching_.fetch_sub(1) == 1;
    if (found) {
        if (was_last && has_work()) wake_one();
        return execute(loop, *found);
    }
    if (!is_link_minded() && !polling_.exchange(true)) {
        if (!has_work()) poll();
        polling_.store(false);
        return;
    }
    std::unique_lock guard(sleep_lock_);
    const auto seen = wake_ups_;
    sleeping_.fetch_add(1);
    const bool may_sleep = !has_work() && (polling_.load() || is_link_minded());
    if (may_sleep) sleep_.wait(guard, [&] { return wake_ups_ != seen || stopping_.load(); });
    sleeping_.fetch_sub(1);
}

void Scheduler::poll() {
    polling_until_.store(Nanoseconds::max().count());  // from here on every new deadline wakes: none slips between look and sleep
    const auto deadline = worker_->next_deadline();
    std::optional<Nanoseconds> patience;
    if (pump_->is_blocked()) patience = 1ms;
    else if (!worker_->outbox().empty()) patience = link_patience;  // of a turn that lasts
    if (deadline) patience = std::min(patience.value_or(Nanoseconds::max()), *deadline - worker_->now());
    polling_until_.store(deadline ? deadline->count() : Nanoseconds::max().count());
    look_after(patience.value_or(Nanoseconds::max()));
}

/// Sleeps in the poller, then hands in what it brought.
void Scheduler::look_after(Nanoseconds patience) {
    const auto before = worker_->now();
    const auto all_ready = poller_->wait(patience == Nanoseconds::max() ? std::nullopt : std::optional(patience));
    if (patience < limits::heartbeat_patience) notice_standstill(before, worker_->now());  // before anything is handed in
    for (const auto& ready : all_ready)
        host_of_process().complete(ready.cell, ready.operation, pp_bytes{});
    if (poller_->has_connection_stirred()) pump_->look_at_connection();
    worker_->on_time();
}

void Scheduler::schedule(Cell& cell) {
    Loop* loop = current_;
    if (!loop) {
        overflow(cell);
        return wake_one();
    }
    bool crowded = false;
    if (Cell* displaced = loop->ready.push(&cell, crowded)) overflow(*displaced);
    if (crowded) wake_one();
}

void Scheduler::schedule_newborn(Cell& cell) {
    bool crowded = false;
    if (!current_ || !current_->ready.push_newborn(&cell, crowded)) return overflow(cell);
    if (crowded) wake_one();
}

void Scheduler::schedule_admin() {
    admin_ready_.store(true, std::memory_order_release);
    if (!current_) wake_one();
}

void Scheduler::wake_by(Nanoseconds when) {
    if (polling_.load() && when.count() < polling_until_.load()) poller_->wake();
}

bool Scheduler::watch(std::uint64_t cell, std::uint64_t operation, int descriptor, int events) {
    return poller_->watch(cell, operation, descriptor, events);
}

void Scheduler::unwatch(std::uint64_t cell, std::uint64_t operation) { poller_->unwatch(cell, operation); }

void Scheduler::overflow(Cell& cell) {
    std::lock_guard guard(overflow_lock_);
    overflow_.push_back(&cell);
    overflow_size_.store(overflow_.size(), std::memory_order_release);
}

Cell* Scheduler::take_overflow(Loop& loop) {
    if (overflow_size_.load(std::memory_order_acquire) == 0) return nullptr;
    std::lock_guard guard(overflow_lock_);
    if (overflow_.empty()) return nullptr;
    Cell* first = overflow_.front();
    overflow_.pop_front();
    for (auto more = std::min<std::size_t>(overflow_.size() / loops_.size(), 63); more > 0; --more) {
        if (!loop.ready.push_back(overflow_.front())) break;
        overflow_.pop_front();
    }
    overflow_size_.store(overflow_.size(), std::memory_order_release);
    return first;
}

/// Pairs with the fence in wake_one(): either the sleeper sees the work or the waker sees the sleeper.
bool Scheduler::has_work() {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (stopping_.load() || admin_ready_.load() || overflow_size_.load() != 0) return true;
    // What a running loop has to say goes out when its turn ends: sent from here meanwhile, a stream leaves in crumbs.
    if ((!worker_->outbox().empty() && !pump_->is_blocked() && !is_anything_running()) || pump_->has_more()) return true;
    for (auto& loop : loops_)
        if (loop.ready.has_spare(loop.turns.may_be_robbed())) return true;
    return false;
}

void Scheduler::wake_one() {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (searching_.load(std::memory_order_relaxed) != 0) return;
    if (sleeping_.load(std::memory_order_relaxed) != 0) {
        {
            std::lock_guard guard(sleep_lock_);
            ++wake_ups_;
        }
        sleep_.notify_one();
    } else if (polling_.load(std::memory_order_relaxed)) {
        poller_->wake();
    }
}

void Scheduler::monitor(std::function<void()> ended) {
    std::vector<Watchdog> watchdogs(loops_.size(), Watchdog(options_.handler_timeout));
    for (Nanoseconds tick = attentive; !stopping_.load();) {
        const auto before = worker_->now();
        monitor_sleeps(tick);
        if (tick < drowsy) notice_standstill(before, worker_->now());  // a drowsy one may sleep for any time; then a loop polls
        if (admin_ready_.exchange(false, std::memory_order_acq_rel)) worker_->run_admin();
        if (!polling_.load()) {
            pump_->exchange();
            look_after(0ns);
            pump_->exchange();
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
    const auto found = watchdog.look(cell ? std::optional(Watchdog::Place{turn, cell->current_call()}) : std::nullopt, worker_->now());
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
                     "{} has not returned from {} for two seconds; its worker cannot run others on this loop", cell->name(), command);
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
