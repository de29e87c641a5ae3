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
#include "sim/network.hpp"
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
    World(std::uint64_t seed, int workers);
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
    /// Another broker takes the place of the one that was: what was under way to and from that one is lost.
    void restart_broker();
    /// The process is gone with all it held; its successor says nothing before start_worker().
    void crash_worker(std::size_t worker);
    void start_worker(std::size_t worker) { workers_[worker]->logic->begin(); }
    /// Sums a counter of all workers, to see that nothing ended in silence.
    [[nodiscard]] std::uint64_t dead_letters() const;

private:
    struct Host {
        Executor executor;
        std::unique_ptr<worker::Worker> logic;
        Pipe to_broker, from_broker;
        Peer peer = 0;
    };
    static constexpr Peer client_peer = 100;

    [[nodiscard]] Sent send(Peer peer, std::string_view frame) override;
    void forget(Peer) override {}

    [[nodiscard]] std::unique_ptr<Host> new_host(std::size_t number);
    void greet();
    void from_client(Envelope envelope, const Value& body);
    void to_client(const std::string& frame);
    [[nodiscard]] Nanoseconds some_delay();
    void pass_time(Nanoseconds horizon);
    void flush(Host& host);

    Random random_;
    ManualClock clock_;
    std::uint64_t broker_epoch_ = 1;
    broker::MemoryLedger ledger_;  // outlives the brokers
    std::optional<broker::Broker> broker_;
    std::vector<std::unique_ptr<Host>> workers_;
    std::vector<std::unique_ptr<Host>> dead_;  // cells remember their worker
    Peer last_peer_ = client_peer;
    Pipe client_to_broker_, client_from_broker_;
    std::map<std::uint64_t, Answer> answers_;
    std::uint64_t last_mid_ = 0;
};

// Bodies of a move, and the fields of an answer.
inline Value to_node(const std::string& name, const std::string& node) { return Value::Map{{"entity", name}, {"node", node}}; }
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
