#include "launcher/launcher.hpp"

#include <algorithm>
#include <poll.h>

#include "launcher/backtrace_names.hpp"
#include "log/log.hpp"
#include "wire/address.hpp"
#include "wire/fields.hpp"

namespace peacepie::launcher {
namespace {

constexpr Nanoseconds look_again_after = std::chrono::milliseconds(50);
constexpr Nanoseconds slow_after = std::chrono::seconds(1);  // then a person is told what is waited for

// Endings that another try cannot change: usage, conflict, incompatible, configuration.
bool is_final(int status) { return status == 2 || status == 7 || status == 8 || status == 78; }

}  // namespace

Launcher::Launcher(Options options)
    : options_(std::move(options)),
      now_(clock_.now()),
      workers_({options_.worker_binary, options_.host, options_.packages, options_.log_format, options_.log_level,
                options_.log_messages, options_.loops, options_.handler_timeout, options_.memory_limit, options_.limits}) {
    if (options_.start_broker) broker_.emplace(*options_.start_broker, options_.log_format, options_.log_level, options_.limits);
}

std::string Launcher::node() const { return node_name(options_.host, options_.process); }

int Launcher::run() {
    begin();
    while (phase_ != Phase::stopping || has_children()) {
        sleep();
        turn();
    }
    return status_;
}

void Launcher::begin() {
    if (broker_) return broker_->start();
    connect(options_.broker);
}

void Launcher::connect(const std::string& endpoint) {
    endpoint_ = endpoint;
    if (phase_ == Phase::starting_broker) phase_ = Phase::joining;
    if (!session_) session_.reset(new Session(endpoint, options_.host, *this));  // the base is private to us
    complain_at_ = now_ + slow_after;
}

void Launcher::sleep() {
    auto due = now_ + 2 * limits::heartbeat_interval;
    const auto consider = [&due](const std::optional<Nanoseconds>& moment) {
        if (moment) due = std::min(due, *moment);
    };
    if (session_ && session_->is_joined()) consider(first_worker_at_);
    consider(look_again_at_);
    if (session_ && session_->is_joined())
        for (const auto& [process, when] : restarts_) consider(when);
    if (broker_) consider(broker_->restart_at);
    if (phase_ == Phase::stopping) {
        consider(terminate_workers_at_);
        if (workers_.count() == 0) consider(terminate_broker_at_);
        consider(kill_at_);
    }
    if (session_) due = std::min(due, session_->next_due());
    const auto patience = std::max(std::chrono::milliseconds(0),
                                   std::chrono::ceil<std::chrono::milliseconds>(due - clock_.now()));
    const int ready = broker_ ? broker_->descriptor() : -1;
    const int control = options_.control && !options_.control->asked() ? options_.control->descriptor() : -1;
    if (session_) return session_->socket().wait(patience, {signals_.descriptor(), ready, control});
    pollfd items[] = {{signals_.descriptor(), POLLIN, 0}, {ready, POLLIN, 0}, {control, POLLIN, 0}};
    poll(items, 3, static_cast<int>(patience.count()));
}

void Launcher::turn() {
    now_ = clock_.now();
    if (broker_)
        if (auto endpoint = broker_->ready()) connect(*endpoint);
    // What the broker has said comes before what has died: after its `shut_down` an ending is in order.
    if (session_) session_->turn(now_);
    read_signals();
    read_control();
    reap();
    if (phase_ == Phase::stopping) go_on_stopping();
    else start_what_is_due();
    workers_.kill_late(now_);
}

void Launcher::read_signals() {
    while (const auto signal = signals_.next()) {
        if (signal->number == SIGCHLD) continue;  // reap() looks at every turn
        if (signal->number == SIGHUP) {
            log::info("SIGHUP: there is nothing to read again");
            continue;
        }
        // The system may be ending already: a Ctrl-C has reached the broker too, and its word may come before the signal.
        if (++endings_asked_ == 1) {
            log::info("ending in order; once more ends at once");
            stop(0, signal->from_terminal);
            continue;
        }
        log::warning("told twice: the processes are killed");
        workers_.signal_all(SIGKILL);
        if (broker_) broker_->signal(SIGKILL);
        status_ = 128 + signal->number;
    }
}

void Launcher::read_control() {
    if (!options_.control) return;
    if (const auto status = options_.control->asked()) stop(*status, false);
}

void Launcher::reap() {
    if (broker_)
        if (const auto how = broker_->reap()) broker_ended(*how);
    const auto ended = workers_.reap();
    for (const auto& worker : ended) report(worker);  // all of them first: HEAD waits a moment only, and a backtrace takes its time
    for (const auto& worker : ended) worker_ended(worker);
}

void Launcher::broker_ended(const Ended& how) {
    if (phase_ == Phase::stopping) return note_unclean("the broker", how);
    if (!broker_->was_ready()) {
        log::error("the broker did not start ({}); if {} is taken by another program, choose another with --bind",
                   how.text, broker_->bind());
        return stop(is_final(how.status) ? how.status : 1, false);
    }
    if (how.status == 0) {
        log::info("the broker has ended in order, so does this host");
        return stop(0, true);
    }
    log::error("the broker has died: {}", how.text);
    if (session_) session_->broker_has_died();
    broker_->restart_at = broker_->rule.died(now_);
    if (broker_->restart_at) return;
    log::error("the broker keeps dying; giving up");
    stop(1, false);
}

void Launcher::report(const Workers::EndedWorker& worker) {
    if (!session_) return;
    Value report = Value::Map{{"node", node_name(options_.host, worker.process)}, {"pid", static_cast<std::int64_t>(worker.pid)},
                              {"status", worker.how.status}, {"text", worker.how.text}};
    if (!worker.last_words.actor.empty()) report.set("actor", worker.last_words.actor);
    if (!worker.last_words.message.empty()) report.set("message", worker.last_words.message);
    if (worker.unread) report.set("lost", worker.unread->to_value());
    if (worker.stop) report.set("asked", true);
    session_->report("process_ended", report);
}

void Launcher::worker_ended(const Workers::EndedWorker& worker) {
    const std::string name = node_name(options_.host, worker.process);
    tell_of_crash(name, worker.last_words);
    if (worker.stop) {
        session_->reply(worker.stop->asker, "process_is_stopped", Value::Map{{"status", worker.how.status}});
        return;
    }
    if (phase_ == Phase::stopping) return note_unclean(name, worker.how);
    if (worker.process == options_.process) return first_worker_ended(worker);
    if (worker.how.status == 0 && worker.meant_it()) return log::info("{} has ended", name);
    log::error("{} has died: {}", name, worker.how.text);
    if (!is_final(worker.how.status) || !worker.meant_it()) start_later(worker.process);
}

void Launcher::tell_of_crash(const std::string& name, const LastWords& words) {
    if (words.what.empty()) return;
    if (words.actor.empty()) log::error("{} crashed, in no handler: {}", name, words.what);
    else log::error({{"actor", words.actor}, {"command", words.command}}, "{} crashed in {} of {}: {}", name, words.command, words.actor, words.what);
    for (const auto& frame : with_names(words.frames)) log::error("  {}", frame);
}

void Launcher::start_later(const std::string& process) {
    auto& rule = rules_.try_emplace(process, limits::process_restarts_max).first->second;
    if (const auto when = rule.died(now_)) restarts_[process] = *when;
    else log::error("{} keeps dying; giving up. Its actors are made again elsewhere", node_name(options_.host, process));
}

void Launcher::start_again() {
    std::vector<std::string> failed;
    for (auto one = restarts_.begin(); one != restarts_.end();) {
        if (now_ < one->second || !session_ || !session_->is_joined()) {
            ++one;
            continue;
        }
        const std::string process = one->first;
        one = restarts_.erase(one);
        log::info("{} is started again", node_name(options_.host, process));
        try {
            workers_.start(process, endpoint_);
        } catch (const Error& error) {  // one process less is no reason to end the others
            log::error("{}", error.text);
            if (!workers_.is_running(process)) failed.push_back(process);
        }
    }
    for (const auto& process : failed) start_later(process);
}

void Launcher::first_worker_ended(const Workers::EndedWorker& worker) {
    log::error("the first worker, {}, has ended: {}", node(), worker.how.text);
    if (is_final(worker.how.status) && worker.meant_it()) return stop(worker.how.status, false);
    if (phase_ == Phase::running) phase_ = Phase::awaiting_worker;
    look_again_at_.reset();
    first_worker_at_ = first_worker_rule_.died(now_);
    if (first_worker_at_) return;
    log::error("{} keeps dying; giving up", node());
    stop(1, false);
}

void Launcher::start_what_is_due() try {
    if (broker_ && broker_->restart_at && now_ >= *broker_->restart_at) {
        log::info("the broker is started again");
        broker_->start();
    }
    if (first_worker_at_ && now_ >= *first_worker_at_ && session_ && session_->is_joined()) start_first_worker();
    start_again();
    if (look_again_at_ && now_ >= *look_again_at_) look_for_first_worker();
    if (!complain_at_ || now_ < *complain_at_) return;
    complain_at_.reset();
    if (phase_ == Phase::joining && !refusal_said_)
        log::warning("no broker answers at {} yet; start one with `peacepie up`; trying on", endpoint_);
    if (phase_ == Phase::awaiting_worker) log::warning("{} takes long to join", node());
} catch (const Error& error) {
    log::error("{}", error.text);
    stop(1, false);
}

void Launcher::start_first_worker() {
    first_worker_at_.reset();
    const pid_t pid = workers_.start(options_.process, endpoint_);
    log::debug("{} is started as process {}", node(), pid);
    look_again_at_ = now_ + look_again_after;
    complain_at_ = now_ + limits::process_start_timeout;
}

// The head knows who has joined.
void Launcher::look_for_first_worker() {
    look_again_at_.reset();
    session_->ask({}, "get_all_nodes", {}, limits::heartbeat_patience, [this](const Heard& answer) {
        if (phase_ != Phase::awaiting_worker) return;
        const auto* nodes = answer.body.as_array();
        const bool there = nodes != nullptr && std::find(nodes->begin(), nodes->end(), Value(node())) != nodes->end();
        if (there) ask_whose_it_is();
        else look_again();
    });
}

// Somebody else's worker may have that name; then ours is refused and ends.
void Launcher::ask_whose_it_is() {
    session_->ask(node(), "stats", {}, limits::heartbeat_patience, [this](const Heard& answer) {
        if (phase_ != Phase::awaiting_worker) return;
        const auto ours = workers_.pid_of(options_.process);
        const Value* pid = answer.body.find("pid");
        if (ours && pid != nullptr && *pid == Value(static_cast<std::int64_t>(*ours))) first_worker_joined();
        else look_again();
    });
}

void Launcher::look_again() {
    if (workers_.is_running(options_.process)) look_again_at_ = now_ + look_again_after;
}

void Launcher::first_worker_joined() {
    phase_ = Phase::running;
    complain_at_.reset();
    log::info("{} has joined {}", node(), endpoint_);
    if (options_.on_ready && !ready_said_) options_.on_ready({endpoint_, system_, node()});
    ready_said_ = true;
}

void Launcher::welcomed(const Value& welcome) {
    system_ = text_in(welcome, "system");
    refusal_said_ = false;
    log::debug("joined {} as {}", endpoint_, text_in(welcome, "address"));
    if (phase_ != Phase::joining) return;
    phase_ = Phase::awaiting_worker;
    first_worker_at_ = now_;
}

void Launcher::refused(const Error& why) {
    if (!std::exchange(refusal_said_, true)) {
        log::warning("the broker refuses this host's launcher: {}; trying on", why.what());
        refused_since_ = now_;
    }
    // A launcher that died leaves its session behind for `heartbeat_patience`; after that somebody else has the name.
    const bool may_change = why.code == code_of(Fault::unavailable) || why.code == code_of(Fault::stopping) ||
                            (why.code == code_of(Fault::conflict) && now_ < refused_since_ + 2 * limits::heartbeat_patience);
    if (may_change || phase_ != Phase::joining) return;
    if (why.code == code_of(Fault::conflict))
        log::error("the host name {} is taken in this system; choose another with --host", options_.host);
    stop(why.code == code_of(Fault::conflict) ? 7 : 8, false);
}

void Launcher::lost() {
    if (phase_ != Phase::stopping) log::warning("the connection to the broker at {} is lost; trying on", endpoint_);
}

void Launcher::heard(const Heard& message) {
    if (message.command == "start_process") return start_process(message);
    if (message.command == "stop_process") return stop_process(message);
    if (message.command == "ping") return session_->reply(message, "pong", {});
    if (message.command == "shut_down") {
        if (phase_ != Phase::stopping) log::info("the head ends the system");
        return stop(0, true);
    }
    session_->fail(message, Fault::is_not_handled, "a launcher has no command `" + message.command + "`");
}

void Launcher::start_process(const Heard& ask) {
    const std::string process = text_in(ask.body, "process");
    if (!is_name(process)) return session_->fail(ask, Fault::bad_argument, "`process` is no name");
    if (phase_ == Phase::stopping) return session_->fail(ask, Fault::stopping, "this host is ending");
    try {
        const pid_t pid = workers_.start(process, endpoint_);
        restarts_.erase(process);
        session_->reply(ask, "process_is_started", Value::Map{{"pid", static_cast<std::int64_t>(pid)}});
    } catch (const Error& error) {
        log::error("{}", error.text);
        session_->fail(ask, fault_of(error.code).value_or(Fault::unavailable), error.text);
    }
}

void Launcher::stop_process(const Heard& ask) {
    const std::string process = text_in(ask.body, "process");
    if (restarts_.erase(process) != 0) return session_->reply(ask, "process_is_stopped", Value::Map{{"status", 0}});
    if (!workers_.stop(process, {ask, now_ + limits::shutdown_timeout}))
        session_->fail(ask, Fault::no_such_node, "this host runs no process `" + process + "`");
}

int run(Launcher::Options options) {
    log::start({.component = "launcher",
                .format = log::format_of(options.log_format).value_or(log::Format::automatic),
                .level = log::level_of(options.log_level).value_or(log::Level::info),
                .always = {{"host", options.host}}});
    return Launcher(std::move(options)).run();
}

}  // namespace peacepie::launcher
