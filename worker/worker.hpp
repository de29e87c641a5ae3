// worker.hpp - one worker's logic: cells, names, deadlines and the admin, without a socket, a thread or a clock of its own.
//
// The same object runs on ZeroMQ with real loops and in the simulator.  on_frame and on_time are called by whoever holds
// the link, one at a time; the rest from any thread.
// Next: switchboard.hpp for messages, admin.hpp for commands to the worker itself.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "log/log.hpp"
#include "peacepie/abi.h"
#include "wire/bounds.hpp"
#include "wire/credit.hpp"
#include "wire/envelope.hpp"
#include "wire/limits.hpp"
#include "wire/link.hpp"
#include "worker/counters.hpp"
#include "worker/dead_letters.hpp"
#include "worker/executor.hpp"
#include "worker/fences.hpp"
#include "worker/nursery.hpp"
#include "worker/order.hpp"
#include "worker/outbox.hpp"
#include "worker/switchboard.hpp"
#include "worker/tally.hpp"
#include "worker/timers.hpp"
#include "worker/way.hpp"
#include "worker/watches.hpp"

namespace peacepie::worker {

class Admin;
class Cell;

struct Options {
    std::string host = "first";
    std::string process = "main";
    std::string packages;          ///< folder with plug-in files
    bool logs_messages = false;    ///< one line per handled message
    Bounds bounds = {};            ///< but for those of all mailboxes of the process, see Mailbox::capacity
    std::int64_t pid = 0;                               ///< 0: the system's
    TallyPage* page = nullptr;                          ///< outlives the process; null: nobody else reads it
    std::function<Way(Nanoseconds)> look_for_broker = {};  ///< BrokerPath::look, in the admin's turns; empty: it is on this machine
    std::function<bool(bool was_cut)> renew_connection = [](bool) { return false; };  ///< DealerLink's, in the admin's turns
};

class Worker {
public:
    Worker(const Clock& clock, Executor& executor, Options options);
    ~Worker();

    // -- driven from outside
    void begin();                                   ///< says hello to the broker
    void on_frame(std::string_view frame);          ///< by the holder of the link
    void on_disconnected();                         ///< by the holder of the link: from now on mail waits here
    void on_reconnected();                          ///< by the holder of the link: there is a new connection
    /// This process stood still for so long that its actors may live elsewhere: none runs until the broker has said which are its own.
    void on_standstill(Nanoseconds span);
    [[nodiscard]] bool is_paused() const noexcept { return paused_.load(std::memory_order_relaxed); }
    /// No actor has a turn until resume().  Any thread.
    void pause() { paused_.store(true, std::memory_order_relaxed); }
    void resume() {
        if (paused_.exchange(false, std::memory_order_relaxed)) executor_.wake_all();
    }
    void on_time();                                 ///< by the holder of the link, when next_deadline() has come
    void run_admin();                               ///< by one thread at a time, after schedule_admin()
    [[nodiscard]] std::optional<Nanoseconds> next_deadline() const { return timers_.earliest(); }
    [[nodiscard]] std::size_t timers() const { return timers_.size(); }  ///< deadlines somebody has registered
    /// All actors have ended and `bye` is in the outbox: the process may end once it is empty.
    [[nodiscard]] bool has_ended() const noexcept;
    /// Ends in order, as after the command `shut_down`.
    void shut_down();

    // -- parts
    [[nodiscard]] Switchboard& switchboard() noexcept { return switchboard_; }
    [[nodiscard]] Outbox& outbox() noexcept { return outbox_; }
    [[nodiscard]] Executor& executor() noexcept { return executor_; }
    [[nodiscard]] Counters& counters() noexcept { return counters_; }
    [[nodiscard]] Tally& tally() noexcept { return tally_; }
    [[nodiscard]] DeadLetters& dead_letters() noexcept { return dead_letters_; }
    [[nodiscard]] Nursery& nursery() noexcept { return nursery_; }
    [[nodiscard]] const Nursery& nursery() const noexcept { return nursery_; }
    [[nodiscard]] Watches& watches() noexcept { return watches_; }
    [[nodiscard]] Admin& admin() noexcept { return *admin_; }
    [[nodiscard]] const Options& options() const noexcept { return options_; }
    [[nodiscard]] const std::string& node() const noexcept { return node_; }
    [[nodiscard]] bool logs_messages() const noexcept { return options_.logs_messages; }
    [[nodiscard]] std::uint64_t recent_ns() const noexcept { return static_cast<std::uint64_t>(clock_.recent().count()); }
    [[nodiscard]] std::uint64_t now_ns() const noexcept { return static_cast<std::uint64_t>(clock_.now().count()); }
    /// When the broker last said anything.
    [[nodiscard]] Nanoseconds last_heard() const noexcept {
        return Nanoseconds(last_heard_.load(std::memory_order_relaxed));
    }
    /// Tells the broker that this worker lives, and of its sends.  `first`: ahead of all that waits.  Any thread.
    void say_heartbeat(bool first);
    /// Whether the broker has asked for a sign of life since this was asked last.
    [[nodiscard]] bool take_was_probed() noexcept { return was_probed_.exchange(false, std::memory_order_relaxed); }
    [[nodiscard]] Nanoseconds now() const noexcept { return clock_.now(); }

    // -- for cells
    void wake_at(Nanoseconds when, std::uint64_t cell);
    void order_is_back(std::unique_ptr<Order> order);
    /// Gives the order to its cell; a cell that has left gives it back at once.
    void give_order(std::unique_ptr<Order> order);
    /// Binds the name here and asks the broker to return a fence; see decisions/0005-fence-after-a-move.md.
    void bind_behind_fence(const std::string& name, std::uint64_t cell, std::uint64_t epoch);
    /// The last words of it: what local senders have said by now is ahead of that fence, and `change` is made in between.
    void send_fence(const std::string& name, std::uint64_t epoch, const std::function<void()>& change = [] {});
    [[nodiscard]] Fences& fences() noexcept { return fences_; }
    void not_handled(const Cell& cell, const Mail& mail);
    /// A send that its recipient would not handle: counted, said now and then, and a dead letter, because nobody waits for an answer.
    void refused_send(std::string_view recipient, const Mail& mail, std::string_view code, std::string_view text);
    /// The actor has left with that message unread: it goes after it by name.  A send to one of a process that ends is a dead
    /// letter at once: it would come back when nobody is here any more.
    void left_behind(const std::string& name, const Mail& mail);
    /// The same when that actor lives elsewhere since its process was away: its senders are told, and it goes nowhere.
    void fenced_off(const std::string& name, const Mail& mail);
    /// Those actors live elsewhere: what they said and the broker has not got ends here.
    void mute(const std::vector<std::string>& actors);
    void send_from(std::string_view sender, std::string_view recipient, std::string_view command, std::string_view body);
    /// Tells an observer what `name` has just handled.
    void notify(std::string_view observer, const std::string& name, const Mail& mail, std::string_view command);
    [[nodiscard]] std::string sender_of(const Mail& mail) const;
    /// Tells the broker the state of a durable actor; why not, and a word in the log, when it cannot be told.
    [[nodiscard]] std::optional<Error> keep_state(const Cell& cell, const std::string& state, const std::string& deliveries);
    /// Appends what a durable actor says to a batch of envelopes; what cannot travel is refused at once.
    void append_held_back(std::string& batch, const pp_envelope& envelope, std::string_view sender);
    /// Appends a waiting message to a snapshot's mailbox.
    void append_waiting(std::string& batch, const Mail& mail) const;
    [[nodiscard]] pp_envelope as_pp_envelope(const Envelope& envelope) const { return as_pp_envelope(envelope, now()); }
    [[nodiscard]] pp_envelope as_pp_envelope(const Envelope& envelope, Nanoseconds now) const;  ///< come at that time
    /// The coarse clock, which costs a fifth, is enough to see that there is time; only near the end does the exact one decide.
    [[nodiscard]] bool has_passed(std::uint64_t deadline_ns) const noexcept {
        constexpr std::uint64_t coarse = 20'000'000;  // two ticks of the slowest kernel
        return deadline_ns < recent_ns() + coarse && deadline_ns < now_ns();
    }
    [[nodiscard]] std::uint32_t time_left_ms(std::uint64_t deadline_ns) const noexcept;

    /// The law of counters.hpp, for `stats`.
    [[nodiscard]] Value sends() const;
    void log_failure(const Cell& cell, std::string_view code, std::string_view text) const;
    void log_message(const Cell& cell, const Mail& mail, std::string_view command) const;
    /// A send that was counted as gone with a snapshot stays with its actor.
    void comes_back() noexcept {
        tally_.enter();
        counters_.sends.came_back.fetch_add(1, std::memory_order_relaxed);
    }
    /// A send has ended here in that way, which is neither that it had its turn nor that it left.
    void ends(std::atomic<std::uint64_t>& way) noexcept {
        way.fetch_add(1, std::memory_order_relaxed);
        tally_.end();
    }
    /// What could not be brought and has nobody to tell: counted and said now and then; a send is reported to HEAD, too.
    void dead_letter(const pp_envelope& envelope, Fault reason, std::string_view text);

private:
    void keep_local_out(const std::string& name);
    void fence_is_back(const std::string& name, std::uint64_t epoch, std::uint64_t number);
    void report(const pp_envelope& send, Fault reason, std::string_view text);
    [[nodiscard]] bool on_word_of_head(const Envelope& envelope);
    void on_welcome(const Envelope& welcome);

    const Clock& clock_;
    Executor& executor_;
    const Options options_;
    const std::string node_;
    Counters counters_;
    Tally tally_;
    std::atomic<Nanoseconds::rep> last_heard_{0};
    std::atomic<bool> was_probed_{false};
    std::atomic<bool> paused_{false};
    Timers timers_;
    Outbox outbox_;
    Intake intake_;             // these two are used by the holder of the link
    std::string session_;       // with the broker, to know a new one by
    Switchboard switchboard_;
    Nursery nursery_;
    Fences fences_;
    DeadLetters dead_letters_;
    Watches watches_;
    std::mutex said_lock_;
    log::Repeat dead_letters_said_, refused_said_;
    std::unique_ptr<Admin> admin_;
};

}  // namespace peacepie::worker
