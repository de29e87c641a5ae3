// cell_moving.cpp - what an actor takes along to another home, and how it stays when that is called off.  Next: migration.hpp.
//
// Notes before you change anything.
//  1. Who reads `freeze` from the link shuts the mailbox, because the broker holds mail from then on: local
//     senders go through the broker, too, also one that has just moved in and some of whose mail is held.  Mail from the broker
//     still gets in, because what it lets go after calling the move off comes right behind that word.  However the freeze
//     ends, the box stays shut until a `resume`.
//  2. A frozen cell keeps its queue and its instance: calling the move off just opens the door again.
#include "wire/codec.hpp"
#include "wire/limits.hpp"
#include "worker/cell.hpp"
#include "worker/plugin.hpp"
#include "worker/worker.hpp"

namespace peacepie::worker {

/// The move was aborted: a freeze that still waits fails, a frozen actor goes on, and local mail gets in again, behind a fence.
void Cell::call_off(Order& order) {
    const bool was_frozen = phase_ == Phase::frozen;
    MailQueue all;
    if (extras_->pending && extras_->pending->verb == Order::Verb::freeze) {
        auto freeze = std::move(extras_->pending);
        freeze->code = code_of(Fault::expired);
        freeze->text = "the running turn did not end in time";
        give_back(std::move(freeze));
        phase_ = retires_ ? Phase::stopping : Phase::open;
    } else if (phase_ == Phase::frozen && !is_settling()) {
        if (order.epoch != 0) forget_handed_over();
        for (const Mail* mail = extras_->handed_over.front(); mail; mail = mail->next)
            if (mail->is_tallied()) worker_->comes_back();
        extras_->handed_over.append(std::move(queue_));  // what came after the snapshot stays behind it
        all = std::move(extras_->handed_over);
        phase_ = Phase::open;
    } else if (phase_ != Phase::open) {
        order.code = code_of(Fault::conflict);
        order.text = "\"" + name_ + "\" is starting or stopping";
        return;
    }
    fenced_ = true;  // before the box opens, and it opens before the fence goes: what comes in between must wait
    mailbox_.reopen();
    fence();
    take_back(std::move(all));
    if (!was_frozen || !durable_) return;
    keeping().kept = 0;  // the broker has been told another's meanwhile, or is another, and was told nothing when this worker joined it
    end_step();
}

/// After a way back: what the other home was given is the broker's to give again.
void Cell::forget_handed_over() {
    MailQueue all = std::move(extras_->handed_over);
    while (Mail* mail = all.pop()) {
        if (!mail->is_message()) {
            extras_->handed_over.push(mail);
            continue;
        }
        mailbox_.took(*mail);
        Mail::destroy(mail);
    }
}

void Cell::take_snapshot(Order& order) {
    worker_->switchboard().flush();  // nothing of it may be said behind what it says at its next home
    if (Mail* chain = mailbox_.drain()) sort_in(chain);
    if (retires_) {
        order.code = code_of(Fault::stopping);
        order.text = "\"" + name_ + "\" is ending by itself";
        phase_ = Phase::stopping;
        return;
    }
    phase_ = Phase::frozen;
    rejoin_queues();
    auto snapshot = std::make_unique<Snapshot>();
    auto into = [](void* sink, pp_bytes state) { static_cast<std::string*>(sink)->append(state.data, state.size); };
    extras_->fault_code.clear();
    actor_class()->type->save(self_, into, &snapshot->state);
    snapshot->version = actor_class()->plugin->version();
    snapshot->durable = durable_;
    snapshot->deliveries = saved_deliveries();
    snapshot->observation = extras_->observation;
    snapshot->watches = worker_->watches().of(name_);
    snapshot->last_operation = last_operation_;
    for (const Mail* mail = queue_.front(); mail; mail = mail->next) {
        if (!mail->is_message()) continue;  // an alarm is saved by its ticker
        worker_->append_waiting(snapshot->mailbox, *mail);
        ++snapshot->mailbox_length;
        snapshot->sends += mail->is_tallied() ? 1 : 0;
    }
    take_fault(order);
    constexpr std::size_t rest = declared_size_max + 65'536;  // how it was declared, its observers and their like
    if (!order.failed() && snapshot->state.size() + snapshot->mailbox.size() + snapshot->deliveries.size() + rest > limits::body_size_max) {
        order.code = code_of(Fault::too_large);
        order.text = "state and waiting messages of \"" + name_ + "\" are more than a message may carry";
    }
    if (order.failed()) {  // stays at home
        phase_ = Phase::open;
        take_back(std::move(queue_));
        return;
    }
    extras_->handed_over = std::move(queue_);
    order.snapshot = std::move(snapshot);
}

/// What came while it was frozen.  Answers and moments must not wait behind messages: the handler of one may wait for them.
void Cell::take_back(MailQueue all) {
    MailQueue others;
    while (Mail* mail = all.pop()) {
        if (mail->is_message() || mail->kind == MailKind::alarm) enqueue(mail);
        else others.push(mail);
    }
    while (Mail* mail = others.pop()) {
        handle(*mail);
        mailbox_.took(done_with(mail));
    }
}

/// Its mail went out with a snapshot that may have been taken or lost; brought a second time it could be handled twice.
void Cell::count_handed_over() {
    for (const Mail* mail = extras_ ? extras_->handed_over.front() : nullptr; mail; mail = mail->next) {
        if (mail->is_tallied()) worker_->comes_back();
        if (mail->is_message()) worker_->fenced_off(name_, *mail);
    }
}

/// What the actor had at its last home besides its state.
void Cell::adopt(const Snapshot& snapshot) {
    last_operation_ = snapshot.last_operation;
    load_deliveries(snapshot.deliveries);
    if (!snapshot.observation.empty()) extras().observation = snapshot.observation;
    worker_->watches().take_in(name_, snapshot.watches);
    FrameReader reader(snapshot.mailbox);
    while (auto one = snapshot.mailbox.empty() ? std::nullopt : reader.next()) {
        Envelope envelope;
        if (read_envelope(*one, envelope)) continue;  // written by a worker a moment ago; a broken one cannot be answered
        Mail* mail = Mail::make(worker_->as_pp_envelope(envelope), Origin::link);
        if (mail->is_tallied()) ++extras().copies;
        mailbox_.keeps(*mail);
        enqueue(mail);
    }
}

/// From the start on they are this actor's and end here; before it, its home of until now may go on with them.
void Cell::take_in_copies() {
    if (!extras_) return;
    const auto reliable = extras_->deliveries && !durable_ ? extras_->deliveries->sent.size() : 0;
    worker_->counters().sends.moved_in.fetch_add(extras_->copies + reliable, std::memory_order_relaxed);
    worker_->tally().enter(std::exchange(extras_->copies, 0));
    if (extras_->deliveries) tally_deliveries();
}

/// What overlaps takes its place among the rest again, and each message has a mail of its own, because all of it is on its way to another home.
void Cell::rejoin_queues() {
    take_apart();
    if (!extras_) return;
    MailQueue all;
    while (!queue_.empty() || !extras_->overlapping.empty()) {
        const bool from_queue = extras_->overlapping.empty() ||
                                (!queue_.empty() && static_cast<std::int32_t>(queue_.front()->place - extras_->overlapping.front()->place) < 0);
        all.push((from_queue ? queue_ : extras_->overlapping).pop());
    }
    queue_ = std::move(all);
}

/// Local mail must wait until what local senders sent before has come back through the broker.
void Cell::fence() {
    fenced_ = true;
    bound_ = true;
    worker_->bind_behind_fence(name_, handle_, epoch_);
}

void Cell::on_fence() {
    fenced_ = false;
    if (is_settling()) end_settling();
    if (!extras_) return;
    MailQueue gated = std::move(extras_->gated);
    while (Mail* mail = gated.pop()) enqueue(mail);
    if (extras_->awaiting) give_back(std::move(extras_->awaiting));
}

/// The broker may lead a move when nobody is gated: else it would hold what senders here said first, and what they said next would go along
/// with the mailbox.
void Cell::await_fence(std::unique_ptr<Order> order) {
    if (!fenced_) return give_back(std::move(order));
    if (auto earlier = std::exchange(extras().awaiting, std::move(order))) {  // of a move that was given up
        earlier->code = code_of(Fault::expired);
        earlier->text = "another move of \"" + name_ + "\" has begun";
        give_back(std::move(earlier));
    }
}

}  // namespace peacepie::worker
