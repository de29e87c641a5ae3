// cell.hpp - one hosted actor: its mailbox, its instance behind the seam, what it waits for.
//
//   empty ─create─▶ cold ─start─▶ open ─freeze─▶ draining ─saved─▶ frozen ─discard─▶ empty
//                     │           │  ▲              │                │
//                     │           │  └────resume────┴────────────────┘
//                     └─discard─▶ └─stop─▶ stopping ─▶ empty
//
// Only an open cell handles messages, and only while no handler is suspended (`busy`): one turn at a time.  Commands that
// were declared `overlapping` do not wait for suspended handlers.  Answers to its own asks, moments and orders always reach
// it.  A spawned actor comes to cold without an order and starts with its first run; one that retires goes to stopping by
// itself.  Cells lie in CellTable and are never freed, only let again, so a late sender touches no freed memory.
// Thread: post() from any; everything else from the loop that runs the cell, one at a time, which may change between runs.
// Next: cell.cpp, then host_seam.hpp for what the author's side calls.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "peacepie/abi.h"
#include "worker/mailbox.hpp"
#include "worker/observation.hpp"
#include "worker/operations.hpp"
#include "worker/order.hpp"

namespace peacepie::worker {

class Worker;
struct ActorClass;

class alignas(64) Cell {
public:
    enum class Phase : std::uint8_t { empty, cold, open, draining, frozen, stopping };
    enum class RunEnd : std::uint8_t { idle, more };

    /// Any thread.  Takes the mail only when it answers queued or wake_reader; the latter obliges the caller to schedule.
    [[nodiscard]] Posted post(Mail* mail, std::uint16_t generation) noexcept {
        return mailbox_.post(mail, generation);
    }
    /// Once, in the turn of the actor that spawned this one, before anybody knows it: builds the instance.  Throws Error; the
    /// cell is then given back.
    void be_born(std::string_view parameters);
    /// In a turn of this cell: it ends after this turn.
    void retire();
    /// Handles what has come, at most limits::turn_messages_max messages.
    [[nodiscard]] RunEnd run();

    // -- what the seam asks for, in a turn of this cell
    [[nodiscard]] std::uint64_t open_operation(Operation::Kind kind, std::uint64_t deadline_ns);
    void close_operation(std::uint64_t number);
    [[nodiscard]] std::size_t open_operations() const noexcept { return operations_ ? operations_->size() : 0; }
    void fail(std::string_view code, std::string_view text);

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] std::uint64_t handle() const noexcept { return handle_; }
    [[nodiscard]] std::uint64_t epoch() const noexcept { return epoch_; }
    [[nodiscard]] Worker& worker() const noexcept { return *worker_; }
    [[nodiscard]] const ActorClass* actor_class() const noexcept { return class_.load(std::memory_order_relaxed); }
    [[nodiscard]] Phase phase() const noexcept { return phase_; }
    /// The symbol of the command in work, for the watchdog; any thread, may be a moment old.
    [[nodiscard]] std::uint32_t current_command() const noexcept {
        return current_command_.load(std::memory_order_relaxed);
    }

    /// In the admin's turns: this is where its actor of that name lives (not one that is only on its way in or out).
    [[nodiscard]] bool is_resident() const noexcept { return resident_; }
    void set_resident(bool resident) noexcept { resident_ = resident; }

private:
    friend class CellTable;                                   // lets the slot
    friend void handle_generic(Cell& cell, const Mail& mail);  // answers from the counters and switches

    /// What few actors have: kept out of the many.
    struct Extras {
        Observation observation;
        MailQueue gated;                 // local mail while fenced
        MailQueue overlapping;           // messages that need not wait for suspended handlers
        MailQueue handed_over;           // copied into a snapshot: the next home's, unless the move is called off
        MailQueue orders;                // come, not yet carried out
        std::unique_ptr<Order> pending;  // start, freeze or stop that waits for the turn to end
        std::string fault_code, fault_text;  // of the turn that just failed
        [[nodiscard]] bool empty() const noexcept {
            return observation.empty() && gated.empty() && overlapping.empty() && handed_over.empty() && orders.empty() && !pending && fault_code.empty();
        }
    };

    void begin(Worker& worker, std::string name, const ActorClass& actor_class, std::uint64_t handle,
               std::uint64_t epoch);
    Extras& extras();

    // Turns: cell.cpp
    void sort_in(Mail* chain);
    void enqueue(Mail* mail);
    [[nodiscard]] bool has_turn() const noexcept;
    [[nodiscard]] Mail* next_turn();
    void handle(Mail* mail);
    void take_turn(const Mail& mail);
    void handle_message(const Mail& mail);
    void handle_answer(const Mail& mail);
    void handle_time();
    void resume(std::uint64_t operation, const pp_envelope* answer);
    void tell_observers(const Mail& mail, std::string_view command);
    void log_message(const Mail& mail, std::string_view command);
    void arm(std::uint64_t deadline_ns);
    [[nodiscard]] bool is_observed() const noexcept { return extras_ && !extras_->observation.empty(); }
    [[nodiscard]] bool takes_turns() const noexcept { return phase_ == Phase::open && !busy_; }

    // Life: cell_life.cpp
    void start_life();
    void end_life();
    void carry_out_orders();
    void carry_out(std::unique_ptr<Order> order);
    void end_pending();
    void create(std::unique_ptr<Order> order);
    void build(Order& order);
    void load(Order& order);
    void start(std::unique_ptr<Order> order);
    void call_off(Order& order);
    void take_snapshot(Order& order);
    void adopt(const Snapshot& snapshot);
    void rejoin_queues();
    void take_back(MailQueue all);
    void drop_adopted();
    void fence();
    void on_fence(const Mail& mail);
    void leave();
    void take_fault(Order& order);
    void give_back(std::unique_ptr<Order> order);

    Mailbox mailbox_;
    MailQueue queue_;  // taken from the mailbox, not yet handled
    std::atomic<const ActorClass*> class_{nullptr};  // atomic for CellTable::class_of alone
    void* self_ = nullptr;  // the author's instance
    Worker* worker_ = nullptr;
    std::unique_ptr<Operations> operations_;
    std::unique_ptr<Extras> extras_;
    std::uint64_t handle_ = 0;
    std::uint64_t epoch_ = 0;
    std::uint64_t last_operation_ = 0;
    std::uint64_t handled_ = 0;
    std::uint64_t began_ns_ = 0;
    std::uint32_t last_place_ = 0;
    std::uint32_t failed_ = 0;
    std::uint32_t refused_ = 0;  // commands nobody handles
    std::atomic<std::uint32_t> current_command_{0};
    Phase phase_ = Phase::empty;
    bool busy_ = false;
    bool fenced_ = false;
    bool unborn_ = false;    // spawned, not started yet
    bool retires_ = false;   // wants to end
    bool bound_ = false;     // the switchboard has its name
    bool resident_ = false;  // the admin's
    std::string name_;
};

static_assert(sizeof(void*) != 8 || sizeof(Cell) <= 192, "an idle actor is mostly its cell: three cache lines, not four");

}  // namespace peacepie::worker
