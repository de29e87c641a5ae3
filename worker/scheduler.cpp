// scheduler.cpp - the life of a loop.  Next: pump.cpp, cell.cpp; scheduler_rest.cpp, scheduler_monitor.cpp.
#include "worker/scheduler.hpp"

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

constexpr std::uint32_t few_turns = 16;  // so often a busy loop looks up: speaks to the broker, asks whether it was stopped
constexpr auto short_turns = 100us;    // few_turns of newborns
constexpr auto look_alive = 100ms;     // the word that says so is everybody's
constexpr Nanoseconds long_handler = 8us;  // on an average
constexpr auto link_patience = 200us;  // of a busy loop
constexpr auto fed_patience = 1ms;     // of one that has not made as many calls as it was brought messages: 20 000 small mails at once lie
                                       // outside of its caches (streams 1.05)

Nanoseconds now_by(clockid_t clock) noexcept {
    timespec now{};
    ::clock_gettime(clock, &now);
    return std::chrono::seconds(now.tv_sec) + Nanoseconds(now.tv_nsec);
}

/// Goes on while the machine is suspended, unlike the clock of deadlines.
Nanoseconds since_boot() noexcept { return now_by(CLOCK_BOOTTIME); }

}  // namespace

thread_local Scheduler::Loop* Scheduler::current_ = nullptr;

Scheduler::~Scheduler() = default;

void Scheduler::start(Worker& worker, Pump& pump, std::function<void()> ended) {
    worker_ = &worker;
    pump_ = &pump;
    alive_at_.store(since_boot().count());
    poller_ = std::make_unique<Poller>(pump.descriptor(), pump.connection_descriptor());
    const bool has_chains = fence_all_threads();
    std::uint32_t line = 0;
    for (auto& loop : loops_) {
        loop.thread = std::thread([this, &loop, has_chains, line = ++line] {
            Tally::give_line(line);
            loop.said.store(&Chain::of_thread());
            if (!has_chains) Chain::of_thread().forbid();
            loop.number = static_cast<std::uint8_t>(1 + (line - 1) % 255);
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
    wake_all();
    rested_.notify_all();
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
    loop.turns.belong_to_this_thread();
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
        if (!exchange()) idle(loop);
    }
    loops_ended_.fetch_add(1);
}

void Scheduler::run_admin() {
    worker_->run_admin();
    if (!worker_->outbox().empty()) (void)exchange();  // else, beside a busy actor, what it said waits for few_turns: 50 ms of a move
    if (worker_->has_ended() && monitor_drowsy_.load()) wake_monitor();  // it ends the process
}

void Scheduler::execute(Loop& loop, Cell& cell) {
    constexpr std::size_t bytes_per_flush = 16 << 10;  // the next process begins while this one goes on: 1.16 times the asks
    const auto turn = loop.turns.begin(cell);
    if (cell.comes_over_to(loop.number)) loop.crossings.note();
    if (monitor_drowsy_.load()) wake_monitor();
    if (cell.run() == Cell::RunEnd::more) {
        if (!loop.ready.push_back(&cell)) overflow(cell);
        mind_link(loop);
    }
    loop.turns.end();
    const bool is_time_to_look = turn % few_turns == 0 || loop.was_slow;  // else an answer waits for turns of milliseconds beside it
    if (is_time_to_look || worker_->outbox().bytes() >= bytes_per_flush) look_up(loop, turn, is_time_to_look);
}

/// Out of line, so that most turns save no registers for it.
[[gnu::noinline]] void Scheduler::look_up(Loop& loop, std::uint64_t turn, bool is_time_to_look) {
    const bool is_few_turns_on = turn % few_turns == 0;
    if (!worker_->outbox().empty()) (void)exchange();
    else if (is_time_to_look) glance_at_standstill();
    if (is_few_turns_on && (loop.was_slow || loop.minds_link.load(std::memory_order_relaxed))) mind_link(loop);
    if (turn % Crossings::window == 0) look_at_crossings(loop);
}

/// A process that was stopped for longer than the broker waits may have lost its actors to another, and cannot know.  While it runs the
/// monitor looks here every two seconds at least; whoever is the first to look after a stop finds it.
void Scheduler::notice_standstill() {
    const auto now = since_boot();
    const auto span = now - Nanoseconds(alive_at_.load(std::memory_order_acquire));
    if (span < look_alive) return;
    if (span > limits::heartbeat_patience) worker_->on_standstill(span);
    alive_at_.store(now.count(), std::memory_order_release);  // who finds this finds the worker paused
}

/// The same for a busy loop: this clock costs 3 ns where the other costs 26.  It goes by the kernel's ticks and may be set, which makes all look once more.
void Scheduler::glance_at_standstill() {
    const auto wall = now_by(CLOCK_REALTIME_COARSE);
    if (std::chrono::abs(wall - Nanoseconds(glanced_at_.load(std::memory_order_acquire))) < look_alive) return;
    notice_standstill();
    glanced_at_.store(wall.count(), std::memory_order_release);
}

/// Before frames are handed in, and before those that were are handled: it may have been stopped in between.
bool Scheduler::exchange() {
    notice_standstill();
    const bool received = pump_->exchange();
    if (received) notice_standstill();
    return received;
}

/// There is more to do than a turn's worth.  When nobody polls, this loop looks at the link itself: at times while handlers are short,
/// for what another loop brings in lies in that core's cache, and a stream would cost a quarter more.  While they are long another
/// does, if there is one, and after each turn this one does: who asks a neighbour waits for a turn then, and not for sixteen.
void Scheduler::mind_link(Loop& loop) {
    const auto now = worker_->now();
    const auto since = now - std::exchange(loop.busy_since, now);
    const auto calls = loop.turns.calls() - std::exchange(loop.busy_calls, loop.turns.calls());
    if (since == now) loop.looked_at = now;
    else loop.was_slow = since >= limits::turn_messages_max * long_handler && since >= static_cast<std::int64_t>(calls) * long_handler;
    if (polling_.load(std::memory_order_relaxed)) return loop.minds_link.store(false, std::memory_order_relaxed);
    if (loop.was_slow) {
        loop.minds_link.store(false, std::memory_order_relaxed);
        wake_one();
        look_at_link(loop, now);
    } else if (now - loop.looked_at >= (loop.turns.calls() < loop.fed_until ? fed_patience : link_patience)) {
        loop.minds_link.store(true, std::memory_order_relaxed);
        look_at_link(loop, now);
    }
}

void Scheduler::look_at_link(Loop& loop, Nanoseconds now) {
    loop.looked_at = now;
    const auto arrived = worker_->tally().arrived();
    (void)exchange();
    loop.fed_until = loop.turns.calls() + (worker_->tally().arrived() - arrived);
    if (polling_.exchange(true)) return;
    look_after(0ns);  // deadlines and descriptors as well
    polling_.store(false);
}

bool Scheduler::is_link_minded() const noexcept {
    return std::ranges::any_of(loops_, [](const Loop& loop) { return loop.minds_link.load(std::memory_order_relaxed); });
}

Cell* Scheduler::next(Loop& loop) {
    const auto tick = ++loop.ticks;
    if (tick % few_turns == 0 || loop.was_slow)
        if (Cell* cell = next_in_turn(loop)) return cell;
    if (Cell* cell = loop.ready.pop()) return cell;
    return take_overflow(loop);
}

/// What must not starve behind a busy queue: the ring behind newborns, and the overflow, where the monitor puts what it brings.
[[gnu::noinline]] Cell* Scheduler::next_in_turn(Loop& loop) {
    if (loop.ticks % few_turns == 0 && loop.ready.newborns_in_a_row() != 0) {
        const auto now = worker_->now();
        const auto span = now - std::exchange(loop.newborns_at, now);
        if (loop.ready.newborns_in_a_row() > few_turns && span > short_turns) loop.ready.owes_no_more();  // else what has spawned them is in the span
    }
    const std::uint32_t between = loop.was_slow ? 2 : 4 * few_turns;
    return loop.ticks % between == 0 ? take_overflow(loop) : nullptr;
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
    loop.crossings.interrupt();
    if (!is_link_minded() && !polling_.exchange(true)) {
        if (!has_work()) poll(Nanoseconds::max());
        polling_.store(false);
        return;
    }
    std::unique_lock guard(sleep_lock_);
    const auto seen = wake_ups_;
    sleeping_.fetch_add(1);
    const bool may_sleep = !has_work() && (polling_.load() || is_link_minded());
    if (may_sleep) sleep_.wait(guard, [&] { return wake_ups_ != seen || stopping_.load(); });
    sleeping_.fetch_sub(1);
    guard.unlock();
    notice_standstill();
}

void Scheduler::poll(Nanoseconds at_most) {
    polling_until_.store(Nanoseconds::max().count());  // from here on every new deadline wakes: none slips between look and sleep
    const auto deadline = worker_->next_deadline();
    auto patience = at_most;
    if (pump_->is_blocked()) patience = std::min<Nanoseconds>(patience, 1ms);
    else if (!worker_->outbox().empty()) patience = std::min<Nanoseconds>(patience, link_patience);  // of a turn that lasts
    if (deadline) patience = std::min(patience, *deadline - worker_->now());
    polling_until_.store(deadline ? deadline->count() : Nanoseconds::max().count());
    look_after(patience);
}

/// Sleeps in the poller, then hands in what it brought.
void Scheduler::look_after(Nanoseconds patience) {
    const auto all_ready = poller_->wait(patience == Nanoseconds::max() ? std::nullopt : std::optional(patience));
    notice_standstill();
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
    if (crowded) wake_another();
}

void Scheduler::schedule_newborn(Cell& cell) {
    bool crowded = false;
    if (current_) (void)cell.comes_over_to(current_->number);  // its memory was written here
    if (!current_ || !current_->ready.push_newborn(&cell, crowded)) return overflow(cell);
    if (crowded) wake_another();
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
    if (is_called_back()) return true;
    // What a running loop has to say goes out when its turn ends: sent from here meanwhile, a stream leaves in crumbs.
    if ((!worker_->outbox().empty() && !pump_->is_blocked() && !is_anything_running()) || pump_->has_more()) return true;
    if (worker_->is_paused()) return false;
    if (overflow_size_.load() != 0) return true;
    for (auto& loop : loops_)
        if (loop.ready.has_spare(loop.turns.may_be_robbed())) return true;
    return false;
}

/// There is more than this loop does at once.  While one rests that is no reason to wake any: it looks when it is back.
void Scheduler::wake_another() {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (resting_.load(std::memory_order_relaxed) == 0) wake_one();
}

void Scheduler::wake_all() {
    {
        std::lock_guard guard(sleep_lock_);
        ++wake_ups_;
    }
    sleep_.notify_all();
    poller_->wake();
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

}  // namespace peacepie::worker
