// stopping.cpp - how the launcher ends: in order when there is time, at once when it is told twice.
//
//  0. Children that know already (from the head, or by the same Ctrl-C) are left to end: a second word means "at once".
//  1. With an own broker it asks the head to quit; the head tells every worker and launcher, and ends last.
//  2. Without one, or when the broker does not answer, it terminates its workers (they say `bye`) and then the broker.
//  3. Half way to `shutdown_timeout` whoever is left is terminated, at its end killed: then the status is 1.
#include "launcher/launcher.hpp"

#include <csignal>

#include "log/log.hpp"

namespace peacepie::launcher {

void Launcher::stop(int status, bool children_know) {
    if (phase_ == Phase::stopping) return;
    phase_ = Phase::stopping;
    status_ = status;
    terminate_workers_at_ = terminate_broker_at_ = children_know ? now_ + limits::shutdown_timeout / 2 : now_;
    kill_at_ = now_ + limits::shutdown_timeout;
    first_worker_at_.reset();
    restarts_.clear();
    look_again_at_.reset();
    complain_at_.reset();
    if (broker_) broker_->restart_at.reset();
    if (children_know || !broker_ || !broker_->is_running() || !session_ || !session_->is_joined()) return;
    terminate_workers_at_ = terminate_broker_at_ = now_ + limits::shutdown_timeout / 2;
    session_->ask({}, "quit", {}, std::chrono::seconds(2), [this](const Heard& answer) {
        if (answer.kind == Kind::reply) return;
        log::warning("the broker does not end the system in order ({}); its processes are terminated", answer.command);
        terminate_workers_at_ = terminate_broker_at_ = now_;
    });
}

void Launcher::note_unclean(const std::string& name, const Ended& how) {
    // One that had just been started dies of the signal that asks it to end, because it does not listen yet.
    if (how.status == 0 || how.status == 128 + SIGTERM || how.status == 128 + SIGINT) return;
    log::warning("{} has not ended cleanly: {}", name, how.text);
    if (status_ == 0) status_ = 1;
}

void Launcher::go_on_stopping() {
    if (terminate_workers_at_ && now_ >= *terminate_workers_at_) {
        workers_.signal_all(SIGTERM);
        terminate_workers_at_.reset();
    }
    // The broker goes last, so that everybody can still say `bye`; asked in order it then ends by itself.
    if (workers_.count() == 0 && session_) session_->bye();
    if (terminate_broker_at_ && now_ >= *terminate_broker_at_ && workers_.count() == 0) {
        if (broker_) broker_->signal(SIGTERM);
        terminate_broker_at_.reset();
    }
    if (now_ < kill_at_) return;
    log::error("not everything has ended within {} s; the rest is killed",
               std::chrono::duration_cast<std::chrono::seconds>(limits::shutdown_timeout).count());
    workers_.signal_all(SIGKILL);
    if (broker_) broker_->signal(SIGKILL);
    kill_at_ = Nanoseconds::max();
    if (status_ == 0) status_ = 1;
}

}  // namespace peacepie::launcher
