// world.cpp - what can happen next, and how a frame travels.  Next: moves_test.cpp.
#include "sim/world.hpp"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <stdexcept>

#include "worker/admin.hpp"
#include "worker/cell.hpp"
#include "worker/host_seam.hpp"

extern "C" const pp_plugin* peacepie_plugin(const pp_host* host);

namespace peacepie::sim {

using namespace std::chrono_literals;

std::vector<std::uint64_t> seeds(std::uint64_t normally) {
    if (const char* one = std::getenv("PEACEPIE_SIM_SEED")) return {std::strtoull(one, nullptr, 10)};
    const char* wanted = std::getenv("PEACEPIE_SIM_SEEDS");
    std::vector<std::uint64_t> all(wanted ? std::strtoull(wanted, nullptr, 10) : normally);
    std::iota(all.begin(), all.end(), 1);
    return all;
}

World::World(std::uint64_t seed, int workers) : random_(seed) {
    broker_.emplace(static_cast<PeerLink&>(*this), clock_, broker::Options{.broker_epoch = broker_epoch_}, &ledger_);
    worker::set_process_clock(clock_);
    for (std::size_t i = 0; i < static_cast<std::size_t>(workers); ++i) {
        workers_.push_back(new_host(i));
        start_worker(i);
        if (i == 0) greet();
        run_until([&] { return call(node(i), "ping").command == "pong"; }, 10s);
    }
}

std::unique_ptr<World::Host> World::new_host(std::size_t number) {
    static const pp_plugin* plugin = peacepie_plugin(&worker::host_of_process());
    auto host = std::make_unique<Host>();
    worker::Options options;
    options.process = number == 0 ? "main" : "p" + std::to_string(number);
    host->logic = std::make_unique<worker::Worker>(clock_, host->executor, options);
    host->logic->admin().store().adopt(*plugin);
    host->peer = ++last_peer_;
    return host;
}

void World::crash_worker(std::size_t worker) {
    auto host = std::exchange(workers_[worker], new_host(worker));
    broker_->on_disconnected(host->peer);
    dead_.push_back(std::move(host));
}

World::~World() = default;

void World::greet() {
    const auto joined = ++last_mid_;
    from_client({.kind = Kind::ask, .mid = joined, .command = "hello"},
                Value::Map{{"role", "client"}, {"name", "tester"}, {"protocol", Value::Array{1, 1}}});
    (void)wait(joined);
}

void World::restart_broker() {
    broker_.emplace(static_cast<PeerLink&>(*this), clock_, broker::Options{.broker_epoch = ++broker_epoch_}, &ledger_);
    for (auto& host : workers_) host->to_broker = {}, host->from_broker = {};
    client_to_broker_ = {}, client_from_broker_ = {};
    greet();
}

Nanoseconds World::some_delay() { return Nanoseconds(random_.below(2'000'000)); }

Sent World::send(Peer peer, std::string_view frame) {
    const auto host = std::ranges::find(workers_, peer, [](const auto& one) { return one->peer; });
    if (peer != client_peer && host == workers_.end()) return Sent::peer_unknown;
    Pipe& pipe = peer == client_peer ? client_from_broker_ : (*host)->from_broker;
    pipe.put(std::string(frame), clock_.now() + some_delay());
    return Sent::taken;
}

void World::from_client(Envelope envelope, const Value& body) {
    const std::string encoded = body.is_nil() ? std::string() : body.encoded();
    envelope.body = encoded;
    std::string frame;
    append_envelope(frame, envelope);
    client_to_broker_.put(std::move(frame), clock_.now() + some_delay());
}

std::uint64_t World::ask(std::string recipient, std::string command, Value body, std::uint32_t timeout_ms) {
    const auto mid = ++last_mid_;
    from_client({.kind = Kind::ask, .mid = mid, .command = command, .recipient = recipient, .timeout_ms = timeout_ms}, body);
    return mid;
}

void World::send(std::string recipient, std::string command, Value body) {
    from_client({.kind = Kind::send, .command = command, .recipient = recipient}, body);
}

const Answer* World::answer(std::uint64_t mid) const {
    const auto place = answers_.find(mid);
    return place == answers_.end() ? nullptr : &place->second;
}

Answer World::wait(std::uint64_t mid) {
    run_until([&] { return answer(mid) != nullptr; }, 60s);
    return *answer(mid);
}

void World::create(const std::string& name, const std::string& actor_class, std::size_t worker) {
    const Value body = Value::Map{{"class_desc", Value::Map{{"requires_dist", "sim_actors"}, {"class", actor_class}}}, {"name", name}};
    const auto created = call(node(worker), "create_actor", body);
    if (created.command != "actor_is_created") throw std::runtime_error(name + ": " + created.command);
}

void World::to_client(const std::string& frame) {
    Envelope envelope;
    if (read_envelope(frame, envelope)) throw std::runtime_error("the broker sent a client something that is no envelope");
    if (!envelope.is_answer()) return;
    const bool is_first = answers_.try_emplace(envelope.mid, Answer{envelope.kind, std::string(envelope.command), Value::decode(envelope.body)}).second;
    if (!is_first) throw std::runtime_error("two answers came for one ask");
}

void World::flush(Host& host) {
    while (auto frame = host.logic->outbox().take()) host.to_broker.put(std::move(frame->bytes), clock_.now() + some_delay());
}

/// One thing that could happen now, chosen by the seed; time passes only when nothing could, and not beyond `horizon`.
void World::step(Nanoseconds horizon) {
    std::vector<std::function<void()>> possible;
    const auto now = clock_.now();
    for (const auto& one : workers_) {
        Host& host = *one;
        if (!host.executor.ready.empty())
            possible.push_back([this, &host] {
                const auto which = static_cast<std::ptrdiff_t>(random_.below(host.executor.ready.size()));
                worker::Cell* cell = host.executor.ready[static_cast<std::size_t>(which)];
                host.executor.ready.erase(host.executor.ready.begin() + which);
                if (cell->run() == worker::Cell::RunEnd::more) host.executor.ready.push_back(cell);
            });
        if (host.executor.admin_ready)
            possible.push_back([&host] {
                host.executor.admin_ready = false;
                host.logic->run_admin();
            });
        if (!host.logic->outbox().empty()) possible.push_back([this, &host] { flush(host); });
        if (host.from_broker.has_due(now)) possible.push_back([&host] { host.logic->on_frame(host.from_broker.take()); });
        if (host.to_broker.has_due(now))
            possible.push_back([this, &host] {
                broker_->on_frame(host.peer, host.to_broker.take());
                if (random_.one_in(2)) broker_->on_round();
            });
    }
    if (client_to_broker_.has_due(now)) possible.push_back([this] { broker_->on_frame(client_peer, client_to_broker_.take()); });
    if (client_from_broker_.has_due(now)) possible.push_back([this] { to_client(client_from_broker_.take()); });
    if (possible.empty()) return pass_time(horizon);
    possible[random_.below(possible.size())]();
}

void World::pass_time(Nanoseconds horizon) {
    broker_->on_round();
    auto next = std::min(clock_.now() + 1s, horizon);
    auto sooner = [&next](std::optional<Nanoseconds> when) {
        if (when) next = std::min(next, *when);
    };
    for (auto& host : workers_) {
        sooner(host->to_broker.next());
        sooner(host->from_broker.next());
        sooner(host->logic->next_deadline());
    }
    sooner(client_to_broker_.next());
    sooner(client_from_broker_.next());
    sooner(broker_->next_deadline());
    clock_.advance_to(next);
    broker_->on_time();
    broker_->on_round();
    for (auto& host : workers_) host->logic->on_time();
}

void World::run_for(Nanoseconds span) {
    for (const auto end = clock_.now() + span; clock_.now() < end;) step(end);
}

void World::run_until(const std::function<bool()>& done, Nanoseconds patience) {
    for (const auto end = clock_.now() + patience; !done();) {
        if (clock_.now() > end) throw std::runtime_error("what was waited for has not happened");
        step();
    }
}

std::uint64_t World::dead_letters() const {
    std::uint64_t total = 0;
    for (const auto& host : workers_) total += host->logic->counters().dead_letters.load();
    return total;
}

}  // namespace peacepie::sim
