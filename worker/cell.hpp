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
#include <optional>
#include <string>

#include "peacepie/abi.h"
#include "wire/fault.hpp"
#include "worker/bundle.hpp"
#include "worker/declared.hpp"
#include "worker/mailbox.hpp"
#include "worker/observation.hpp"
#include "worker/operations.hpp"
#include "worker/order.hpp"
#include "worker/received.hpp"
#include "worker/unacknowledged.hpp"

namespace peacepie::worker {

class Worker;
struct ActorClass;

class alignas(64) Cell {
public:
    enum class Phase : std::uint8_t { empty, cold, open, draining, frozen, stopping };
    enum class Trial : std::uint8_t { none, on, over, silent };  ///< probation.cpp has the picture
    enum class RunEnd : std::uint8_t { idle, more };

    /// Any thread.  Takes the mail only when it answers queued or wake_reader; the latter obliges the caller to schedule.
    [[nodiscard]] Posted post(Mail* mail, std::uint16_t generation) noexcept {
        const bool is_order = mail->kind == MailKind::order;  // asked now: posted, the mail may be gone already
        const auto posted = mailbox_.post(mail, generation);
        if (is_order) order_waits_.store(true, std::memory_order_relaxed);
        return posted;
    }
    /// The same for what is no order.
    [[nodiscard]] Posted post_message(Mail* mail, std::uint16_t generation) noexcept { return mailbox_.post_message(mail, generation); }
    /// Keeps local mail out until a move has ended, unless another tenant has moved in.  Any thread.
    void shut(std::uint16_t generation) noexcept { mailbox_.shut(generation); }
    [[nodiscard]] Bound bound_met() const noexcept { return mailbox_.bound_met(); }
    [[nodiscard]] Posted post(const Mailbox::Links& links, std::uint16_t generation) noexcept { return mailbox_.post(links, generation); }
    /// Once, in the turn of the actor that spawned this one, before anybody knows it: builds the instance.  Throws Error; the
    /// cell is then given back.
    void be_born(std::string_view parameters);
    /// In a turn of this cell: it ends after this turn.
    void retire();
    /// Handles what has come, at most limits::turn_messages_max messages.
    [[nodiscard]] RunEnd run();
    /// Before that, by the loop of that number: true when another ran it last.
    [[nodiscard]] bool comes_over_to(std::uint8_t loop) noexcept {
        const auto before = ran_on_;
        if (before == loop) return false;
        ran_on_ = loop;
        return before != 0;
    }
    /// It gets mail and runs soon: should another core have it, it comes over meanwhile.
    void fetch() const noexcept {
        __builtin_prefetch(&mailbox_, 1);
        __builtin_prefetch(&queue_, 1);
    }

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

    /// Its state is kept by the broker (durable.cpp).  Set by the admin before the order that brings it to life.
    [[nodiscard]] bool is_durable() const noexcept { return durable_; }
    void set_durable(bool durable) noexcept { durable_ = durable; }
    /// Before it is bound: local mail waits for the fence that is sent with that.
    void begin_behind_fence() noexcept { fenced_ = true; }
    /// Neither durable, nor on probation, nor with reliable messages: what it says goes out as it is.
    [[nodiscard]] bool speaks_plainly() const noexcept { return !durable_ && !is_reliable_ && trial_ == Trial::none; }
    /// In a turn of one that does not speak plainly.
    void say(const pp_envelope& envelope);
    [[nodiscard]] bool is_on_trial() const noexcept { return trial_ != Trial::none; }
    /// By the admin, before the order that wakes a frozen cell under another epoch.
    void set_epoch(std::uint64_t epoch) noexcept { epoch_ = epoch; }
    /// `ORIGIN#NUMBER` of the reliable message in work, or empty; for the black box, on the thread that runs this cell.
    [[nodiscard]] std::string_view delivery_in_work() const noexcept {
        if (!extras_ || !extras_->deliveries || extras_->deliveries->in_work.empty()) return {};
        return extras_->deliveries->in_work.back().label;
    }
    /// Goes until it is acknowledged.  False: as many as may be are not yet.
    [[nodiscard]] bool send_reliably(const pp_envelope& envelope);

    /// In the admin's turns: this is where its actor of that name lives (not one that is only on its way in or out).
    [[nodiscard]] bool is_resident() const noexcept { return resident_; }
    void move_in(DeclaredPointer declared) noexcept { resident_ = true, declared_ = std::move(declared); }
    void move_out() noexcept { resident_ = false, declared_.reset(); }
    [[nodiscard]] const DeclaredPointer& declared() const noexcept { return declared_; }  ///< likewise; of a resident

private:
    friend class CellTable;                                   // lets the slot
    friend void handle_generic(Cell& cell, const Mail& mail);  // answers from the counters and switches

    struct Deliveries {
        struct InWork {
            std::string origin;
            std::uint64_t number;
            bool in_sequence;
            std::uint64_t mid, sender;
            std::string sender_text;
            std::string label;  // for the black box
        };
        Received received;
        Unacknowledged sent;
        std::vector<InWork> in_work;
        std::uint64_t tallied = 0;  // of those sent, as entries that have not ended
        std::vector<std::string> set_aside;  // labels of those that crashed its process: not handled again
    };
    struct Keeping {
        std::size_t kept = 0;     // hash of the state that the broker was told last; 0: none
        std::string held_back;    // what this turn said, as a batch of envelopes
        bool has_answered = false;  // is among it
    };
    /// What few actors have: kept out of the many.
    struct Extras {
        Observation observation;
        MailQueue gated;                 // local mail while fenced
        MailQueue overlapping;           // messages that need not wait for suspended handlers
        MailQueue handed_over;           // copied into a snapshot: the next home's, unless the move is called off
        MailQueue orders;                // come, not yet carried out
        std::unique_ptr<Order> pending;  // start, freeze or stop that waits for the turn to end
        std::unique_ptr<Order> awaiting;     // await_fence while the fence is not back
        std::string fault_code, fault_text;  // of the turn that just failed
        std::unique_ptr<Keeping> keeping;    // of a durable actor
        std::unique_ptr<Deliveries> deliveries;  // of one that has sent or received reliable messages
        std::uint64_t errors_left = 0;       // of a probation
        bool is_forgotten = false;           // removed: nothing of it is kept
        std::uint64_t copies = 0;            // sends that were loaded with it: another's, until it starts
        [[nodiscard]] bool empty() const noexcept {
            return !keeping && !deliveries && errors_left == 0 && copies == 0 && observation.empty() && gated.empty() && overlapping.empty() &&
                   handed_over.empty() && orders.empty() && !pending && !awaiting && fault_code.empty();
        }
    };

    void begin(Worker& worker, std::string name, const ActorClass& actor_class, std::uint64_t handle,
               std::uint64_t epoch);
    Extras& extras();
    void drop_extras() noexcept { extras_.reset(), has_extras_ = false; }

    // Turns: cell.cpp
    [[nodiscard]] RunEnd run_all();
    void sort_in(Mail* chain);
    void enqueue(Mail* mail);
    [[nodiscard]] bool has_order() const noexcept { return order_waits_.load(std::memory_order_relaxed); }
    [[nodiscard]] bool has_turn() const noexcept;
    [[nodiscard]] Mail* next_turn();
    void handle(const Mail& mail);
    /// Destroys it; -> what it counted.
    [[nodiscard]] static std::uint64_t done_with(Mail* mail) noexcept {
        const auto weight = mail->counted ? Mailbox::weight_of(*mail) : 0;
        Mail::destroy(mail);
        return weight;
    }
    void take_turn(const Mail& mail);
    /// Nothing but its turns is to be seen to.
    [[nodiscard]] bool is_plain() const noexcept { return !has_extras_ && speaks_plainly(); }
    [[nodiscard]] bool is_told() const noexcept;
    [[nodiscard]] bool take_told(const Mail& mail);
    [[nodiscard]] std::uint64_t take_bundle(Bundle& bundle, int& budget);
    template <class Call>
    [[nodiscard]] bool take_plainly(std::uint32_t command, Call call);
    template <class Call>
    [[nodiscard]] std::uint64_t take_each(Bundle& bundle, int& budget, Call call);
    void take_apart();
    void not_handled(const Mail& mail);
    void not_handled(const Bundle& bundle, const Bundle::Message& message);
    void handle_message(const Mail& mail);
    void handle_answer(const Mail& mail);
    void handle_time();
    void resume(std::uint64_t operation, const pp_envelope* answer);
    void tell_observers(const Mail& mail, std::string_view command);
    void log_message(const Mail& mail, std::string_view command);
    void arm(std::uint64_t deadline_ns);
    [[nodiscard]] bool is_observed() const noexcept { return has_extras_ && !extras_->observation.empty(); }
    [[nodiscard]] bool is_ending() const noexcept { return retires_ && phase_ == Phase::stopping && !busy_; }
    [[nodiscard]] bool takes_turns() const noexcept { return phase_ == Phase::open && !busy_; }

    // Life: cell_life.cpp
    void start_life();
    void say_last_words();
    void end_life();
    void leave_by_itself(bool failed);
    void carry_out_orders();
    void carry_out(std::unique_ptr<Order> order);
    void end_pending();
    void create(std::unique_ptr<Order> order);
    void build(Order& order);
    void load(Order& order);
    void start(std::unique_ptr<Order> order);
    void call_off(Order& order);

    void forget_handed_over();
    void take_in_copies();

    // Probation: probation.cpp
    void begin_trial(std::uint64_t errors);
    void count_error(std::string_view text);
    void end_trial(std::string_view text);
    void settle();
    void end_settling();
    [[nodiscard]] bool is_settling() const noexcept { return trial_ == Trial::on && (!extras_ || extras_->errors_left == 0); }
    void withdraw();

    // Durable actors: durable.cpp
    void end_step();
    void take_back(const pp_envelope& said, const Error& why);
    [[nodiscard]] std::optional<Error> keep_state();
    [[nodiscard]] Keeping& keeping();

    // Reliable messages: cell_delivery.cpp
    [[nodiscard]] Deliveries& deliveries();
    [[nodiscard]] bool is_to_be_handled(const Mail& mail);
    void answer_again(const Mail& copy, MailKind kind, std::string_view command, std::string_view body);
    [[nodiscard]] bool is_set_aside(const Delivery& delivery) const;
    void leave_letter(const Mail& mail, Fault reason, std::string_view text);
    void note_answer(const pp_envelope& answer);
    void send_on(const std::string& recipient, Unacknowledged::Channel& channel);
    void send_all_again();
    void delivery_ended(std::uint64_t operation, const Mail* answer);
    void delivery_failed(Unacknowledged::Channels::iterator channel, std::string_view code);
    void tally_deliveries();
    void give_up(Unacknowledged::Channels::iterator channel, Fault reason, std::string_view text);
    void part_with_deliveries(bool fenced);
    [[nodiscard]] std::string saved_deliveries() const;
    void load_deliveries(const std::string& saved);
    void take_snapshot(Order& order);
    void take_back(MailQueue all);
    void count_handed_over();
    void adopt(const Snapshot& snapshot);
    void rejoin_queues();
    void fence();
    void on_fence();
    void await_fence(std::unique_ptr<Order> order);
    void leave(bool fenced = false);
    void take_fault(Order& order);
    void give_back(std::unique_ptr<Order> order);

    // What senders write to while this cell runs, and what hardly anybody reads.
    Mailbox mailbox_;
    std::string name_;
    std::uint32_t failed_ = 0;
    std::uint32_t refused_ = 0;  // commands nobody handles

    // What a turn reads and writes: one line, and no sender touches it.
    MailQueue queue_;  // taken from the mailbox, not yet handled
    std::atomic<const ActorClass*> class_{nullptr};  // atomic for CellTable::class_of alone
    void* self_ = nullptr;  // the author's instance
    Worker* worker_ = nullptr;
    std::uint64_t handle_ = 0;
    std::uint64_t handled_ = 0;
    std::atomic<std::uint32_t> current_command_{0};
    std::uint8_t ran_on_ = 0;  // the number of a loop; 0: it has not run yet
    Phase phase_ = Phase::empty;
    bool durable_ = false;  // no bit among those of the turns: the admin reads it
    Trial trial_ : 2 = Trial::none;
    bool busy_ : 1 = false;
    bool fenced_ : 1 = false;
    bool unborn_ : 1 = false;      // spawned, not started yet
    bool retires_ : 1 = false;     // wants to end
    bool is_reliable_ : 1 = false; // has sent or received reliable messages
    bool has_extras_ : 1 = false;

    // The rest.
    std::unique_ptr<Operations> operations_;
    std::unique_ptr<Extras> extras_;
    std::uint64_t epoch_ = 0;
    std::uint64_t last_operation_ = 0;
    std::uint64_t began_ns_ = 0;
    std::uint32_t last_place_ = 0;
    bool bound_ = false;     // the switchboard has its name
    bool resident_ = false;  // the admin's
    bool has_given_back_ = false;  // an order that somebody waits for, in this turn
    std::atomic<bool> order_waits_{false};  // among what has come: a busy cell looks before its next message
    DeclaredPointer declared_;  // the admin's
};

static_assert(sizeof(void*) != 8 || sizeof(Cell) <= 192, "an idle actor is mostly its cell: three cache lines, not four");

}  // namespace peacepie::worker
