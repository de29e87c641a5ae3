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

World::World(std::uint64_t seed, int workers, Bounds bounds) : random_(seed), credit_window_(256u << seed % 8), bounds_(bounds) {
    bounds_.set(Bound::credit_window, credit_window_);
    new_broker();
    worker::set_process_clock(clock_);
    for (std::size_t i = 0; i < static_cast<std::size_t>(workers); ++i) {
        workers_.push_back(new_host(i));
        start_worker(i);
        if (i == 0) (void)wait(greet());
        run_until([&] { return call(node(i), "ping").command == "pong"; }, 10s);
    }
}

void World::new_broker() {
    broker::Options options{.broker_epoch = broker_epoch_, .client_mark = 'b' + std::to_string(broker_epoch_) + '.'};
    options.bounds = bounds_;
    options.page = &page_;
    options.secret = [this] { return "secret-" + std::to_string(++last_secret_); };  // never the same for two sessions
    broker_.emplace(static_cast<PeerLink&>(*this), clock_, std::move(options), &ledger_);
}

std::unique_ptr<World::Host> World::new_host(std::size_t number) {
    static const pp_plugin* plugin = peacepie_plugin(&worker::host_of_process());
    auto host = std::make_unique<Host>();
    worker::Options options;
    options.process = number == 0 ? "main" : "p" + std::to_string(number);
    options.bounds = bounds_;
    host->peer = host->process = ++last_peer_;
    options.pid = static_cast<std::int64_t>(host->process);
    options.page = &host->page;
    options.look_for_broker = [this, one = host.get()](Nanoseconds now) { return look_for_broker(*one, now); };
    options.renew_connection = [this, one = host.get()](bool was_cut) { return renew_connection(*one, was_cut); };
    host->logic = std::make_unique<worker::Worker>(clock_, host->executor, options);
    host->logic->admin().store().adopt(*plugin);
    return host;
}

World::~World() = default;

std::uint64_t World::greet() {
    const auto said = ++last_mid_;
    from_client({.kind = Kind::ask, .mid = said, .command = "hello"},
                Value::Map{{"role", "client"}, {"name", "tester"}, {"protocol", Value::Array{1, 1}}});
    return said;
}

Nanoseconds World::some_delay() { return Nanoseconds(random_.below(2'000'000)); }

Sent World::send(Peer peer, std::string_view frame) {
    using Kind = Checker::Place::Kind;
    note('s', peer, frame);
    if (peer == client_peer) {
        client_from_broker_.put(std::string(frame), clock_.now() + some_delay());
        return Sent::taken;
    }
    if (std::ranges::find(ghosts_, peer, &Ghost::peer) != ghosts_.end()) {
        checker_.moves(frame, {});
        return Sent::taken;
    }
    const auto host = std::ranges::find(workers_, peer, [](const auto& one) { return one->peer; });
    if (host == workers_.end()) return Sent::peer_unknown;
    if (!takes_more(**host, (*host)->from_broker)) return Sent::pipe_full;
    checker_.moves(frame, {Kind::from_broker, (*host)->process});
    (*host)->from_broker.put(std::string(frame), clock_.now() + delay_of(**host));
    return Sent::taken;
}

void World::from_client(Envelope envelope, const Value& body) {
    const std::string encoded = body.is_nil() ? std::string() : body.encoded();
    envelope.body = encoded;
    if (envelope.mid != 0) envelope.mid -= asked_before_;
    std::string frame;
    append_envelope(frame, envelope);
    checker_.moves(frame, {Checker::Place::Kind::client_pipe});
    client_to_broker_.put(std::move(frame), clock_.now() + some_delay());
}

std::uint64_t World::ask(std::string recipient, std::string command, Value body, std::uint32_t timeout_ms) {
    const auto mid = ++last_mid_;
    checker_.client_asks(mid, std::max(clock_.now(), broker_sleeps_until_) + std::chrono::milliseconds(timeout_ms));
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
    const auto mid = envelope.mid + asked_before_;
    checker_.is_answered(mid, clock_.now());
    const bool is_first = answers_.try_emplace(mid, Answer{envelope.kind, std::string(envelope.command), Value::decode(envelope.body)}).second;
    if (!is_first) throw std::runtime_error("two answers came for one ask");
}

void World::flush(Host& host) {
    while (takes_more(host, host.to_broker)) {
        auto frame = host.logic->outbox().take();
        if (!frame) return;
        checker_.moves(frame->bytes, {Checker::Place::Kind::to_broker, host.process});
        host.to_broker.put(std::move(frame->bytes), clock_.now() + delay_of(host));
    }
}

void World::broker_takes(Host& host) {
    const auto frame = host.to_broker.take();
    note('b', host.peer, frame);
    checker_.moves(frame, {Checker::Place::Kind::broker});
    const auto strangers = broker_->counters().from_strangers;
    broker_->on_frame(host.peer, frame);
    if (broker_->counters().from_strangers != strangers) checker_.moves(frame, {});  // turned away at the door, and told so
    if (random_.one_in(2)) broker_->on_round();
}

void World::worker_takes(Host& host) {
    const auto frame = host.from_broker.take();
    note('w', host.process, frame);
    checker_.moves(frame, {Checker::Place::Kind::process, host.process});
    host.logic->on_frame(frame);
}

void World::run_a_cell(Host& host) {
    auto& ready = host.executor.ready;
    const auto which = ready.begin() + static_cast<std::ptrdiff_t>(random_.below(ready.size()));
    worker::Cell* cell = *which;
    ++host.turns;
    ready.erase(which);
    note('r', host.process, cell->phase() == worker::Cell::Phase::empty ? std::string_view() : cell->name());  // else an earlier tenant's
    checker_.runs(host.process, cell->epoch());
    if (cell->run() == worker::Cell::RunEnd::more) ready.push_back(cell);
}

void World::step(Nanoseconds horizon) {
    ++steps_;
    for (auto due = planned_.begin(); (due = std::ranges::find_if(planned_, [&](const Planned& one) { return one.step <= steps_; })) != planned_.end();) {
        const auto fault = std::move(due->fault);
        planned_.erase(due);
        fault();
    }
    notice_ghosts();
    notice_connections();
    random_step(horizon);
    checker_.after_step(clock_.now(), broker_->counters());
    if (!checker_.fault().empty()) throw std::runtime_error(checker_.fault());
}

/// One thing that could happen now, chosen by the seed; time passes only when nothing could, and not beyond `horizon`.
void World::random_step(Nanoseconds horizon) {
    possible_.clear();
    const auto now = clock_.now();
    for (const auto& one : workers_) {
        Host& host = *one;
        if (is_awake(host)) {
            if (!host.executor.ready.empty() && !host.logic->is_paused()) possible_.push_back({Possible::run_cell, &host});
            if (host.executor.admin_ready) possible_.push_back({Possible::run_admin, &host});
            if (!host.logic->outbox().empty() && takes_more(host, host.to_broker)) possible_.push_back({Possible::flush, &host});
            if (host.from_broker.has_due(now)) possible_.push_back({Possible::to_worker, &host});
        }
        if (broker_is_awake() && now >= host.cut_until && host.to_broker.has_due(now)) possible_.push_back({Possible::to_broker, &host});
    }
    if (broker_is_awake() && client_to_broker_.has_due(now)) possible_.push_back({Possible::client_to_broker, nullptr});
    if (client_from_broker_.has_due(now)) possible_.push_back({Possible::to_client, nullptr});
    if (possible_.empty()) return pass_time(horizon);
    const auto [what, host] = possible_[random_.below(possible_.size())];
    switch (what) {
        case Possible::run_cell: return run_a_cell(*host);
        case Possible::run_admin:
            note('a', host->process);
            host->executor.admin_ready = false;
            host->logic->run_admin();
            if (host->logic->has_ended()) launch_again(*host);
            return;
        case Possible::flush: return flush(*host);
        case Possible::to_worker: return worker_takes(*host);
        case Possible::to_broker: return broker_takes(*host);
        case Possible::client_to_broker: {
            const auto frame = client_to_broker_.take();
            note('b', client_peer, frame);
            checker_.moves(frame, {Checker::Place::Kind::broker});
            return broker_->on_frame(client_peer, frame);
        }
        case Possible::to_client: return to_client(client_from_broker_.take());
    }
}

void World::pass_time(Nanoseconds horizon) {
    const auto now = clock_.now();
    auto next = std::min(now + 1s, horizon);
    auto sooner = [&](std::optional<Nanoseconds> when) {
        if (when) next = std::min(next, *when);
    };
    if (broker_is_awake()) broker_->on_round();
    for (auto& host : workers_) {
        if (broker_is_awake() && host->to_broker.next()) sooner(std::max(*host->to_broker.next(), host->cut_until));
        if (!is_awake(*host)) {
            sooner(host->sleeps_until);
            continue;
        }
        sooner(host->connects_at);
        sooner(host->from_broker.next());
        sooner(host->logic->next_deadline());
    }
    for (const auto& ghost : ghosts_) sooner(std::max(ghost.until, now + 1ms));
    sooner(client_from_broker_.next());
    if (broker_is_awake()) {
        sooner(client_to_broker_.next());
        sooner(broker_->next_deadline());
    } else {
        sooner(broker_sleeps_until_);
    }
    clock_.advance_to(next);
    note('t', 0);
    notice_standstills();
    if (broker_is_awake()) {
        broker_->on_time();
        broker_->on_round();
    }
    for (auto& host : workers_)
        if (is_awake(*host)) host->logic->on_time();
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
