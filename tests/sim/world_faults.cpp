// world_faults.cpp - what breaks, how, and what is known to be lost by it.  Next: moves_test.cpp.
#include <algorithm>
#include <stdexcept>
#include <utility>

#include "sim/world.hpp"
#include "worker/admin.hpp"
#include "worker/session.hpp"

namespace peacepie::sim {

using namespace std::chrono_literals;

namespace {

constexpr Nanoseconds never = Nanoseconds::max() / 2;

}  // namespace

void World::crash_worker(std::size_t worker) {
    auto host = std::exchange(workers_[worker], new_host(worker));
    note('x', host->process);
    checker_.process_died(host->process);
    broker_->on_disconnected(host->peer);
    const Value end = Value::Map{{"node", host->logic->node()}, {"pid", host->process}, {"status", 137}, {"text", "killed by signal 9"},
                                 {"lost", Unread::of(host->page).to_value()}};
    after_steps(random_.below(300), [this, end] { launcher_tells(end); });
    dead_.push_back(std::move(host));
}

/// Joins, says it and leaves, so that it owes no heartbeats.
void World::launcher_tells(const Value& end) {
    if (!broker_is_awake()) return after_steps(100, [this, end] { launcher_tells(end); });
    const auto launcher = ++last_peer_;
    const auto say = [&](Kind kind, std::string_view command, const Value& body) {
        const auto bytes = body.encoded();
        std::string frame;
        append_envelope(frame, {.kind = kind, .mid = 1, .command = command, .body = bytes});
        broker_->on_frame(launcher, frame);
    };
    say(Kind::ask, "hello", Value::Map{{"role", "launcher"}, {"host", "first"}, {"protocol", Value::Array{1, 1}}});
    say(Kind::send, "process_ended", end);
    say(Kind::send, "bye", {});
}

void World::restart_broker() {
    note('X', 0);
    ends_of_earlier_brokers_ += ends_in_broker();
    checker_.broker_died(ends_in_broker());
    broker_epoch_ += 1'000'000;  // like the clock, which it is outside: what one broker gave out the next does not give again
    new_broker();
    broker_sleeps_until_ = {};
    ghosts_.clear();
    for (auto& host : workers_) host->to_broker = {}, host->from_broker = {};
    client_to_broker_ = {}, client_from_broker_ = {};
    asked_before_ = last_mid_;
    (void)greet();
    for (auto& host : workers_)
        if (random_.one_in(2)) finds_another_connection(*host);
}

/// As a transport that watches does: a hello when the connection is gone, which waits for the next one, and another when that is there.
/// The others hear from the broker that it does not know them.
void World::finds_another_connection(Host& host) {
    host.logic->on_disconnected();
    host.cut_until = host.connects_at = std::max(host.cut_until, clock_.now() + Nanoseconds(random_.below(200'000'000)));
}

void World::notice_connections() {
    for (auto& host : workers_)
        if (clock_.now() >= host->connects_at && is_awake(*host)) {
            host->connects_at = Nanoseconds::max();
            host->logic->on_reconnected();
        }
}

void World::cut(std::size_t worker, Nanoseconds span) {
    Host& host = *workers_[worker];
    note('c', host.peer);
    ghosts_.push_back({host.peer, clock_.now() + Nanoseconds(random_.below(2'500'000'000)), random_.one_in(2)});
    host.peer = ++last_peer_;
    drop(host.to_broker, random_.below(host.to_broker.size() + 1));  // what ZeroMQ had not handed to the network yet goes by the new way
    drop(host.from_broker, host.from_broker.size());
    checker_.destroyed({Checker::Place::Kind::from_broker, host.process});
    host.cut_until = host.way_cut_until = clock_.now() + span;
}

/// Another peer for the broker, which believes in the one before as long as the ghost says; what was under way is gone.
void World::take_from_network(Host& host, Ghost ghost) {
    ghosts_.push_back(ghost);
    host.peer = ++last_peer_;
    drop(host.to_broker, host.to_broker.size());
    drop(host.from_broker, host.from_broker.size());
    checker_.destroyed({Checker::Place::Kind::from_broker, host.process});
}

void World::forget_connection(std::size_t worker) {
    Host& host = *workers_[worker];
    note('f', host.peer);
    take_from_network(host, {host.peer, clock_.now() + 60s, false});
    host.cut_until = never;  // until somebody makes another
}

/// A packet may be lost, but not two in a row.
worker::Way World::look_for_broker(Host& host, Nanoseconds now) {
    const bool is_answered = now >= host.way_cut_until && (host.looks_missed > 0 || !random_.one_in(4));
    host.looks_missed = is_answered ? 0 : host.looks_missed + 1;
    return host.looks_missed >= limits::path_looks_missed ? worker::Way::gone : is_answered ? worker::Way::there : worker::Way::unknown;
}

bool World::renew_connection(Host& host, bool was_cut) {
    if (!was_cut && host.cut_until != never) return false;
    note('n', host.peer);
    take_from_network(host, {host.peer, clock_.now() + Nanoseconds(random_.below(2'500'000'000)), random_.one_in(2)});
    host.cut_until = host.connects_at = std::max(host.way_cut_until, clock_.now() + some_delay());
    return true;
}

void World::freeze_worker(std::size_t worker, Nanoseconds span) {
    Host& host = *workers_[worker];
    note('z', host.process);
    if (is_awake(host)) host.stands_still_since = clock_.now();
    host.sleeps_until = std::max(host.sleeps_until, clock_.now() + span);
}

/// As a process does that looks at the time before anything else when it goes on.
void World::notice_standstills() {
    for (auto& host : workers_) {
        if (!host->stands_still_since || !is_awake(*host)) continue;
        const auto span = clock_.now() - *std::exchange(host->stands_still_since, std::nullopt);
        if (span > limits::heartbeat_patience) host->logic->on_standstill(span);
    }
}

void World::freeze_broker(Nanoseconds span) {
    note('Z', 0);
    const auto before = std::max(clock_.now(), broker_sleeps_until_);
    broker_sleeps_until_ = std::max(before, clock_.now() + span);
    checker_.broker_sleeps(broker_sleeps_until_ - before);
}

void World::drop(Pipe& pipe, std::uint64_t frames) {
    for (; frames > 0; --frames) checker_.moves(pipe.take(), {});
}

/// The broker would not have it, because it still believes in the one before: its launcher starts it again.
void World::launch_again(const Host& ended) {
    if (ended.logic->admin().session().was_refused()) ++refused_;
    after_steps(200, [this, process = ended.process] {
        const auto host = std::ranges::find(workers_, process, [](const auto& one) { return one->process; });
        if (host == workers_.end()) return;
        const auto worker = static_cast<std::size_t>(host - workers_.begin());
        crash_worker(worker);
        start_worker(worker);
    });
}

void World::notice_ghosts() {
    if (ghosts_.empty() || !broker_is_awake()) return;
    std::erase_if(ghosts_, [&](const Ghost& ghost) {
        if (clock_.now() < ghost.until) return false;
        if (ghost.is_reported) broker_->on_disconnected(ghost.peer);
        return true;
    });
}

std::size_t World::lines_of_traffic() const {
    return static_cast<std::size_t>(std::ranges::count_if(page_.lines, [](const auto& line) { return line.numbers.stamp != 0; }));
}

/// Those of the brokers alone: what a worker has counted and told nobody of dies with it.
std::uint64_t World::counted_ends() const { return ends_of_earlier_brokers_ + ends_in_broker(); }

void World::must_be_accounted_for() {
    checker_.all_is_accounted_for(counted_ends());
    for (const auto& host : workers_) checker_.nothing_waits(host->logic->node(), host->logic->tally().unread());
    if (page_.sums.held != 0) throw std::runtime_error("G2: the broker says that it holds " + std::to_string(static_cast<std::int64_t>(page_.sums.held)) + " sends");
    if (!checker_.fault().empty()) throw std::runtime_error(checker_.fault());
}

/// A pid and the times of a real clock differ from run to run and decide nothing.
void World::note(char what, Peer who, std::string_view frame) {
    const auto add = [this](std::uint64_t number) { hash_ = (hash_ ^ number) * 0x100000001b3; };
    add(static_cast<unsigned char>(what));
    add(who);
    add(static_cast<std::uint64_t>(clock_.now().count()));
    if (frame.find("pid") != frame.npos || frame.find("stats") != frame.npos) return;
    for (const char byte : frame) add(static_cast<unsigned char>(byte));
}

}  // namespace peacepie::sim
