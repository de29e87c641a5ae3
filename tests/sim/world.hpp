// world.hpp - one real Broker and several real Workers on a simulated network, in one thread, from one seed.
//
// The fixture of the simulation tests; `step()` does one random thing that could happen next, or lets time pass.
// Next: moves_test.cpp.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/broker.hpp"
#include "memory_ledger.hpp"
#include "sim/checker.hpp"
#include "sim/network.hpp"
#include "wire/bounds.hpp"
#include "wire/codec.hpp"
#include "wire/value.hpp"
#include "worker/worker.hpp"

namespace peacepie::sim {

/// Runs one worker's cells one at a time, in an order the seed decides.
class Executor final : public worker::Executor {
public:
    void schedule(worker::Cell& cell) override { ready.push_back(&cell); }
    void schedule_admin() override { admin_ready = true; }
    void wake_by(Nanoseconds) override {}
    [[nodiscard]] bool watch(std::uint64_t, std::uint64_t, int, int) override { return false; }
    void unwatch(std::uint64_t, std::uint64_t) override {}

    std::deque<worker::Cell*> ready;
    bool admin_ready = false;
};

/// What came back for an ask of an outside client.
struct Answer {
    Kind kind;
    std::string command;
    Value body;
};

class World : private PeerLink {
public:
    World(std::uint64_t seed, int workers, Bounds bounds = {});
    ~World() override;

    [[nodiscard]] Random& random() { return random_; }
    [[nodiscard]] const std::string& node(std::size_t worker) const { return workers_[worker]->logic->node(); }

    /// An outside client's message; answers are looked up by the number returned.
    std::uint64_t ask(std::string recipient, std::string command, Value body = {}, std::uint32_t timeout_ms = 10'000);
    void send(std::string recipient, std::string command, Value body = {});
    [[nodiscard]] const Answer* answer(std::uint64_t mid) const;
    /// Lets the world go on until the answer has come.  Throws when it does not come in a minute of its time.
    Answer wait(std::uint64_t mid);
    Answer call(std::string recipient, std::string command, Value body = {}) { return wait(ask(recipient, command, body)); }

    void create(const std::string& name, const std::string& actor_class, std::size_t worker);
    void step(Nanoseconds horizon = Nanoseconds::max());
    void run_for(Nanoseconds span);
    void run_until(const std::function<bool()>& done, Nanoseconds patience);
    [[nodiscard]] Nanoseconds now() const { return clock_.now(); }
    /// Once nothing is under way any more: what was sent was handled, or its end is counted.  Throws if a promise was broken.
    void must_be_accounted_for();
    /// Over all that happened, message by message: the same seed gives the same, in any process.
    [[nodiscard]] std::uint64_t hash() const noexcept { return hash_; }
    [[nodiscard]] Checker& checker() noexcept { return checker_; }

    // -- faults, at once or in the middle of things
    /// After so many further steps, wherever the world is then.
    void after_steps(std::uint64_t steps, std::function<void()> fault) { planned_.push_back({steps_ + steps, std::move(fault)}); }
    /// The connection breaks and is made again after `span`, as another peer.  What the network held is lost, and what the broker
    /// sends until it notices.
    void cut(std::size_t worker, Nanoseconds span);
    /// The connection is dead and neither side is told, but another could be made: a router between them has forgotten it.
    void forget_connection(std::size_t worker);
    /// The process believes that it has another connection, and says hello on the one that it has.
    void doubt_connection(std::size_t worker) { workers_[worker]->logic->on_reconnected(); }
    /// The process does nothing for that long and then goes on with what has come meanwhile.
    void freeze_worker(std::size_t worker, Nanoseconds span);
    void freeze_broker(Nanoseconds span);
    /// For that long the worker's connection takes two frames at a time and is slow with each.
    void slow_down(std::size_t worker, Nanoseconds span) { workers_[worker]->slow_until = clock_.now() + span; }
    /// Another broker takes the place of the one that was: what was under way to and from that one is lost.
    void restart_broker();
    /// The same, and that one finds nothing on disk of what was there.
    void restart_broker_without_names() {
        ledger_.rows.clear();
        ledger_.states.clear();
        restart_broker();
    }
    /// The process sees at once that its connection is gone, and finds another a little later.
    void loses_connection(std::size_t worker) { finds_another_connection(*workers_[worker]); }
    /// The process is gone with all it held, and its launcher says so soon; its successor says nothing before start_worker().
    void crash_worker(std::size_t worker);
    /// As its operator's signal does; its launcher starts it again.
    void end_worker(std::size_t worker) { workers_[worker]->logic->shut_down(); }
    void start_worker(std::size_t worker) { workers_[worker]->logic->begin(); }
    /// What may be under way between the broker and a worker that is not told of: in most worlds a few frames.
    [[nodiscard]] std::size_t credit_window() const { return credit_window_; }
    /// Senders in that process find the actor there.
    [[nodiscard]] bool lives_in(std::size_t worker, const std::string& name) const { return workers_[worker]->logic->switchboard().find(name) != 0; }
    [[nodiscard]] bool stands_still(std::size_t worker) const { return !is_awake(*workers_[worker]); }
    /// Grows as long as any of its actors has something to do.
    [[nodiscard]] std::uint64_t turns_of(std::size_t worker) const { return workers_[worker]->turns; }
    /// How many processes the broker would not have.
    [[nodiscard]] int refused() const noexcept { return refused_; }
    /// Another one for each of its lives.
    [[nodiscard]] Peer process_of(std::size_t worker) const { return workers_[worker]->process; }
    [[nodiscard]] std::size_t bytes_to(std::size_t worker) const { return workers_[worker]->from_broker.bytes(); }
    [[nodiscard]] std::size_t bytes_from(std::size_t worker) const { return workers_[worker]->to_broker.bytes(); }
    [[nodiscard]] std::size_t timers_of(std::size_t worker) const { return workers_[worker]->logic->timers(); }
    /// Sums a counter of all workers, to see that nothing ended in silence.
    [[nodiscard]] std::uint64_t dead_letters() const;
    /// Sessions that ended and of which more may be told, and those of all workers.
    [[nodiscard]] std::size_t lines_of_traffic() const;
    /// What all brokers together count as lost.
    [[nodiscard]] std::uint64_t lost() const { return broker_->counters().lost; }

private:
    struct Host {
        Executor executor;
        TallyPage page;                  // outlives the process
        std::unique_ptr<worker::Worker> logic;
        Pipe to_broker, from_broker;
        Peer peer = 0;
        Peer process = 0;                // of this life, whatever its connections are called
        Nanoseconds sleeps_until{0}, cut_until{0}, slow_until{0};
        Nanoseconds way_cut_until{0};    // nothing reaches the broker's machine
        int looks_missed = 0;
        std::optional<Nanoseconds> stands_still_since;
        Nanoseconds connects_at = Nanoseconds::max();
        std::uint64_t turns = 0;         // in which its cells ran
    };
    /// A connection that is gone and that the broker believes in.
    struct Ghost {
        Peer peer;
        Nanoseconds until;
        bool is_reported;  ///< the transport says so then, else only a word to it finds out
    };
    enum class Possible : std::uint8_t { run_cell, run_admin, flush, to_worker, to_broker, client_to_broker, to_client };
    struct Planned {
        std::uint64_t step;
        std::function<void()> fault;
    };
    static constexpr Peer client_peer = 100;
    static constexpr std::size_t frames_max = 1'000, slow_frames = 2;

    [[nodiscard]] Sent send(Peer peer, std::string_view frame) override;
    void forget(Peer) override {}

    [[nodiscard]] std::unique_ptr<Host> new_host(std::size_t number);
    void new_broker();
    std::uint64_t greet();
    void notice_ghosts();
    void launch_again(const Host& ended);
    void launcher_tells(const Value& end);
    void finds_another_connection(Host& host);
    void notice_connections();
    [[nodiscard]] worker::Way look_for_broker(Host& host, Nanoseconds now);
    [[nodiscard]] bool renew_connection(Host& host, bool was_cut);
    void take_from_network(Host& host, Ghost ghost);
    void notice_standstills();
    void from_client(Envelope envelope, const Value& body);
    void to_client(const std::string& frame);
    [[nodiscard]] Nanoseconds some_delay();
    void pass_time(Nanoseconds horizon);
    void flush(Host& host);
    void broker_takes(Host& host);
    void worker_takes(Host& host);
    void drop(Pipe& pipe, std::uint64_t frames);
    void note(char what, Peer who, std::string_view frame = {});
    [[nodiscard]] bool is_awake(const Host& host) const { return clock_.now() >= host.sleeps_until; }
    [[nodiscard]] bool broker_is_awake() const { return clock_.now() >= broker_sleeps_until_; }
    [[nodiscard]] bool takes_more(const Host& host, const Pipe& pipe) const {
        return pipe.size() < (clock_.now() < host.slow_until ? slow_frames : frames_max);
    }
    [[nodiscard]] Nanoseconds delay_of(const Host& host) {
        return some_delay() + (clock_.now() < host.slow_until ? Nanoseconds(random_.below(20'000'000)) : Nanoseconds(0));
    }
    [[nodiscard]] std::uint64_t counted_ends() const;
    /// Of sends, as far as it has counted them: an answer that reaches nobody is no message of anybody's.
    [[nodiscard]] std::uint64_t ends_in_broker() const { return broker_->counters().dead_letters - broker_->counters().dead_answers; }
    void run_a_cell(Host& host);
    void random_step(Nanoseconds horizon);

    Checker checker_;  // outlives the actors
    Random random_;
    std::size_t credit_window_;
    Bounds bounds_;
    ManualClock clock_;
    Nanoseconds broker_sleeps_until_{0};
    std::vector<Ghost> ghosts_;
    std::vector<Planned> planned_;
    std::vector<std::pair<Possible, Host*>> possible_;  // scratch
    std::uint64_t steps_ = 0;
    std::uint64_t hash_ = 0xcbf29ce484222325;
    std::uint64_t ends_of_earlier_brokers_ = 0;
    std::uint64_t broker_epoch_ = 1, last_secret_ = 0;
    broker::MemoryLedger ledger_;  // outlives the brokers
    broker::TrafficPage page_;  // outlives the broker
    std::optional<broker::Broker> broker_;
    std::vector<std::unique_ptr<Host>> workers_;
    std::vector<std::unique_ptr<Host>> dead_;  // cells remember their worker
    Peer last_peer_ = client_peer;
    int refused_ = 0;
    Pipe client_to_broker_, client_from_broker_;
    std::map<std::uint64_t, Answer> answers_;
    std::uint64_t last_mid_ = 0, asked_before_ = 0;  // each broker's client counts its asks anew, as another program would
};

// Bodies of a move, and the fields of an answer.
inline Value to_node(const std::string& name, const std::string& node) { return Value::Map{{"entity", name}, {"node", node}}; }
/// What an outside client says to a Counter, as a sender of its own for each message.
inline Value numbered(int number) { return Value::Map{{"sender", "outside_" + std::to_string(number)}, {"number", 0}}; }
inline Value in_place(const std::string& name) { return Value::Map{{"entity", name}}; }
inline std::int64_t number(const Value& body, const char* key) {
    const Value* field = body.find(key);
    return field && field->as_integer() ? *field->as_integer() : -1;
}
inline std::string text(const Answer& answer, const char* key) {
    const Value* field = answer.body.find(key);
    return field && field->as_text() ? *field->as_text() : std::string();
}

/// The seeds to play: PEACEPIE_SIM_SEED plays that one again, PEACEPIE_SIM_SEEDS as many from 1, else as many as
/// fit a normal test run.
[[nodiscard]] std::vector<std::uint64_t> seeds(std::uint64_t normally);

}  // namespace peacepie::sim
