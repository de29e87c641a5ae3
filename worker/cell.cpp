// cell.cpp - the turns of one actor.  Its life between them is in cell_life.cpp.  Next: host_seam.hpp.
#include "worker/cell.hpp"

#include <utility>

#include "worker/cell_table.hpp"
#include "worker/generic_commands.hpp"
#include "worker/plugin.hpp"
#include "worker/symbols.hpp"
#include "worker/turns.hpp"
#include "worker/worker.hpp"

namespace peacepie::worker {

Cell::RunEnd Cell::run() {
    if (self_) {  // should another core have it, it comes over meanwhile
        __builtin_prefetch(self_, 1);
        __builtin_prefetch(static_cast<const char*>(self_) + 64, 1);
    }
    Mail* mail = takes_turns() && !fenced_ && !has_extras_ && queue_.empty() ? mailbox_.sole() : nullptr;
    if (mail == nullptr || !mail->is_message()) return run_all();
    // The usual run: one message, nothing else to look after.
    if (!take_told(*mail)) take_turn(*mail);
    worker_->switchboard().flush();  // before another loop may run this cell
    mailbox_.took(*mail);
    Mail* rest;
    const bool is_idle = mailbox_.idle_after(mail, rest, !retires_);  // if so, another loop may be running this cell by now
    Mail::destroy(mail);
    if (is_idle) return RunEnd::idle;
    sort_in(rest);
    return run_all();
}

/// Out of line, for the registers that it needs.
[[gnu::noinline]] Cell::RunEnd Cell::run_all() {
    if (unborn_) start_life();
    for (int budget = limits::turn_messages_max;;) {
        if (has_order()) order_waits_.store(false, std::memory_order_relaxed);  // before the drain: one that comes later is seen the next time
        if (Mail* chain = mailbox_.drain()) sort_in(chain);
        if (has_extras_) worker_->switchboard().flush(), carry_out_orders();
        if (has_extras_ && std::exchange(has_given_back_, false)) budget = 0;  // whoever waits for that order hears of it before the next messages
        if (has_extras_ && !extras_->pending) extras_->fault_code.clear();  // of a turn that no order waited for
        if (has_extras_ && extras_->empty()) drop_extras();
        if (is_ending()) end_life();
        std::uint64_t weight = 0;
        while (budget > 0 && has_turn() && !has_order() && !worker_->is_paused()) {
            if (auto* bundle = Bundle::of(queue_.front())) {
                weight += take_bundle(*bundle, budget);
                continue;
            }
            --budget;
            Mail* mail = next_turn();
            if (!take_told(*mail)) handle(*mail);
            weight += done_with(mail);
        }
        worker_->switchboard().flush();
        mailbox_.took(weight);
        if (phase_ == Phase::empty) {
            CellTable::of_process().give_back(*this);  // from here on the slot may be another's
            return RunEnd::idle;
        }
        if (is_ending()) continue;
        if (has_extras_ && extras_->pending && !busy_) continue;  // the turn it waited for is over
        if (has_turn() && has_order()) continue;
        if (has_turn()) return RunEnd::more;
        if (mailbox_.try_idle()) return RunEnd::idle;
        if (budget == 0) return RunEnd::more;
    }
}

void Cell::sort_in(Mail* chain) {
    while (chain != nullptr) {
        if (takes_turns() && !fenced_ && is_plain() && is_told() && actor_class()->overlapping.empty() && (chain = queue_.push_told(chain)) == nullptr) return;
        Mail* mail = chain;
        chain = mail->next;
        if (auto* bundle = Bundle::of(mail)) {
            chain = Bundle::apart(bundle, chain);
            continue;
        }
        if (!takes_turns() || fenced_) mailbox_.keeps(*mail);
        const bool is_gated = fenced_ && mail->is_message() && mail->origin == Origin::local;
        if (phase_ == Phase::frozen && !is_gated && mail->kind != MailKind::order && mail->kind != MailKind::fence) {
            queue_.push(mail);  // its state is saved, or it may not say anything: nothing may change it
            continue;
        }
        switch (mail->kind) {
            case MailKind::send:
            case MailKind::ask:
                is_gated ? extras().gated.push(mail) : enqueue(mail);
                continue;
            case MailKind::alarm: enqueue(mail); continue;
            case MailKind::order: extras().orders.push(mail); continue;
            case MailKind::reply:
            case MailKind::error:
            case MailKind::completed: handle_answer(*mail); break;
            case MailKind::time: handle_time(); break;
            case MailKind::fence: on_fence(); break;
            case MailKind::bundle: break;  // not any more
        }
        Mail::destroy(mail);
    }
}

/// Behind what waits already.  Where some commands overlap, these have a queue of their own and both know the order.
void Cell::enqueue(Mail* mail) {
    if (actor_class()->overlapping.empty()) return queue_.push(mail);
    mail->place = ++last_place_;
    const auto command = mail->command != 0 ? mail->command : Symbols::of_process().find(mail->command_text());
    (mail->is_message() && actor_class()->overlaps(command) ? extras().overlapping : queue_).push(mail);
}

bool Cell::has_turn() const noexcept {
    return phase_ == Phase::open && ((!busy_ && !queue_.empty()) || (has_extras_ && !extras_->overlapping.empty() && !extras_->pending));
}

/// What came first of all that may be handled now.
Mail* Cell::next_turn() {
    if (!has_extras_ || extras_->overlapping.empty()) return queue_.pop();
    if (busy_ || queue_.empty()) return extras_->overlapping.pop();
    const bool queue_is_older = static_cast<std::int32_t>(queue_.front()->place - extras_->overlapping.front()->place) < 0;
    return (queue_is_older ? queue_ : extras_->overlapping).pop();
}

[[gnu::noinline]] void Cell::handle(const Mail& mail) {
    if (mail.is_message()) return take_turn(mail);
    if (mail.kind == MailKind::alarm) {
        if (operations_ && operations_->close(mail.mid)) resume(mail.mid, nullptr);
    } else if (mail.kind == MailKind::time) {  // this and what follows came while the actor was frozen
        handle_time();
    } else if (mail.kind == MailKind::fence) {
        on_fence();
    } else {
        handle_answer(mail);
    }
}

/// What is told need not be written down: nobody looks on.
bool Cell::is_told() const noexcept { return actor_class()->told != nullptr && !worker_->logs_messages(); }

/// The usual message.  Its actor is plain and takes turns.
template <class Call>
inline bool Cell::take_plainly(std::uint32_t command, Call call) {
    current_command_.store(command, std::memory_order_relaxed);
    Turns::count_call();
    const pp_outcome outcome = call();
    if (outcome == PP_BUSY) busy_ = true;
    handled_ += outcome != PP_NOT_HANDLED ? 1 : 0;
    return outcome != PP_NOT_HANDLED;
}

/// False: it needs take_turn().
bool Cell::take_told(const Mail& mail) {
    if (!mail.is_told || !is_plain() || !is_told()) return false;
    if (!take_plainly(mail.command, [&] { return actor_class()->told(self_, mail.command, mail.sender, mail.told()); })) not_handled(mail);
    current_command_.store(0, std::memory_order_relaxed);
    worker_->tally().end();
    return true;
}

/// Of the first in the queue as many as there may be.  -> what they counted.
std::uint64_t Cell::take_bundle(Bundle& bundle, int& budget) {
    if (bundle.origin == Origin::local)
        return take_each(bundle, budget, [&](const Bundle::Message& message) {
            return actor_class()->told(self_, message.command, bundle.sender, message.body);
        });
    return take_each(bundle, budget, [&, envelope = bundle.envelope()](const Bundle::Message& message) mutable {
        envelope.command = message.command;
        envelope.body = message.body;
        return actor_class()->type->deliver(self_, &envelope);
    });
}

template <class Call>
std::uint64_t Cell::take_each(Bundle& bundle, int& budget, Call call) {
    std::uint64_t weight = 0;
    for (; budget > 0 && bundle.unread != 0 && takes_turns() && !has_order() && !worker_->is_paused(); --budget) {
        if (!is_plain()) {
            current_command_.store(0, std::memory_order_relaxed);
            take_apart();
            return weight;
        }
        const auto message = bundle.read();
        if (!take_plainly(message.command, [&] { return call(message); })) not_handled(bundle, message);
        worker_->tally().end();
        weight += Mailbox::one_message + bundle.bytes_of(message.body.size);
    }
    current_command_.store(0, std::memory_order_relaxed);
    if (bundle.unread == 0) Mail::destroy(queue_.pop());
    return weight;
}

/// From here on there is no bundle in the queue.
void Cell::take_apart() {
    MailQueue all;
    while (Mail* mail = queue_.pop()) {
        auto* bundle = Bundle::of(mail);
        if (bundle == nullptr) all.push(mail);
        for (Mail* one = bundle ? Bundle::apart(bundle, nullptr) : nullptr; one != nullptr;) {
            Mail* const next = one->next;
            all.push(std::exchange(one, next));
        }
    }
    queue_ = std::move(all);
}

void Cell::take_turn(const Mail& mail) {
    const bool is_late = mail.deadline_ns != 0 && worker_->has_passed(mail.deadline_ns);
    if (!is_late) handle_message(mail);
    else worker_->counters().expired.fetch_add(1, std::memory_order_relaxed);  // the asker's own clock has told it
    if (!mail.is_tallied()) return;
    if (is_late) worker_->counters().sends.expired.fetch_add(1, std::memory_order_relaxed);
    worker_->tally().end();
}

namespace {

/// What was just answered by the worker in the actor's place.
pp_envelope refusal_of(const Mail& mail) {
    pp_envelope answer{};
    answer.kind = PP_ERROR;
    answer.mid = mail.mid;
    answer.command_text = bytes(code_of(Fault::is_not_handled));
    answer.recipient = mail.sender;
    answer.recipient_text = bytes(mail.sender_text());
    return answer;
}

}  // namespace

void Cell::not_handled(const Mail& mail) {
    ++refused_;
    worker_->not_handled(*this, mail);
    if (has_extras_ && extras_->deliveries) note_answer(refusal_of(mail));
}

void Cell::not_handled(const Bundle& bundle, const Bundle::Message& message) {
    Mail* mail = bundle.mail_of(message);
    not_handled(*mail);
    Mail::destroy(mail);
}

void Cell::handle_message(const Mail& mail) {
    current_command_.store(mail.command, std::memory_order_relaxed);
    Turns::count_call();
    if (is_generic(mail.command)) {
        ++handled_;
        handle_generic(*this, mail);
    } else {
        if (mail.meta_size != 0 && mail.kind == MailKind::ask && !is_to_be_handled(mail)) return current_command_.store(0, std::memory_order_relaxed);
        const pp_envelope envelope = mail.envelope();
        const pp_outcome outcome = actor_class()->type->deliver(self_, &envelope);
        if (outcome == PP_NOT_HANDLED) {
            not_handled(mail);
        } else {
            ++handled_;
            busy_ = outcome == PP_BUSY;
        }
        end_step();
    }
    if (is_observed() || worker_->logs_messages()) {
        const auto command = mail.command != 0 ? Symbols::of_process().text(mail.command) : mail.command_text();
        if (extras_) tell_observers(mail, command);
        log_message(mail, command);
    }
    current_command_.store(0, std::memory_order_relaxed);
}

void Cell::handle_answer(const Mail& mail) {
    const auto kind = operations_ ? operations_->kind_of(mail.mid) : Operation::Kind::closed;
    const bool fits = mail.kind == MailKind::completed ? kind == Operation::Kind::open || kind == Operation::Kind::watch
                                                       : kind == Operation::Kind::ask || kind == Operation::Kind::delivery;
    if (!fits || !operations_->close(mail.mid)) {
        worker_->counters().late_answers.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    if (kind == Operation::Kind::delivery) {
        delivery_ended(mail.mid, &mail);
        return end_step();
    }
    pp_envelope envelope = mail.envelope();
    if (mail.kind == MailKind::completed) envelope.kind = PP_REPLY;
    resume(mail.mid, &envelope);
}

void Cell::handle_time() {
    if (!operations_ || !operations_->wake_times().woken(worker_->now_ns())) return;
    for (const auto number : operations_->due(worker_->now_ns())) {
        const auto kind = operations_->kind_of(number);  // an earlier one may have closed this one
        if (kind == Operation::Kind::closed) continue;
        if (kind == Operation::Kind::alarm) {
            operations_->disarm(number);
            enqueue(Mail::make(MailKind::alarm, number));
        } else {
            (void)operations_->close(number);
            if (kind != Operation::Kind::delivery) resume(number, nullptr);
            else delivery_ended(number, nullptr), end_step();
        }
    }
    arm(operations_->earliest_deadline());
}

void Cell::resume(std::uint64_t operation, const pp_envelope* answer) {
    if (!self_) return;
    Turns::count_call();
    busy_ = actor_class()->type->resume(self_, operation, answer) == PP_BUSY;
    end_step();
}

void Cell::arm(std::uint64_t deadline_ns) {
    if (operations_->wake_times().arm(deadline_ns)) worker_->wake_at(Nanoseconds(deadline_ns), handle_);
}

std::uint64_t Cell::open_operation(Operation::Kind kind, std::uint64_t deadline_ns) {
    if (!operations_) operations_ = std::make_unique<Operations>();
    // 21 bits of epoch and 32 of count: unique over lives of the name, and exact in a language with only doubles.
    const std::uint64_t number = (epoch_ & 0x1fffff) << 32 | (++last_operation_ & 0xffffffff);
    operations_->add({number, deadline_ns, kind});
    arm(deadline_ns);
    return number;
}

void Cell::close_operation(std::uint64_t number) {
    if (!operations_) return;
    const auto was = operations_->close(number);
    if (was && was->kind == Operation::Kind::watch) worker_->executor().unwatch(handle_, number);
}

void Cell::fail(std::string_view code, std::string_view text) {
    ++failed_;
    extras().fault_code = code;
    extras().fault_text = text;
    worker_->log_failure(*this, code, text);
    if (trial_ == Trial::on && extras_->errors_left > 0) count_error(text);
}

void Cell::tell_observers(const Mail& mail, std::string_view command) {
    for (const auto& observer : extras_->observation.observers)
        if (observer.command == command) worker_->notify(observer.address, name_, mail, command);
}

void Cell::log_message(const Mail& mail, std::string_view command) {
    if (extras_ && !extras_->observation.is_logged(name_, command, worker_->now())) return;
    if (worker_->logs_messages()) worker_->log_message(*this, mail, command);
}

}  // namespace peacepie::worker
