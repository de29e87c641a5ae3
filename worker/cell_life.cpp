// cell_life.cpp - birth, moving and death of one actor: the admin's orders.  Next: order.hpp.
//
// Notes before you change anything.
//  1. Orders are carried out between turns only; freeze, stop and the end of start wait until no handler is suspended.
//  2. take_snapshot() shuts the mailbox first and sorts in what it still held: nothing that was posted before stays out.
//     Local senders then go through the broker, which holds their mail; mail from the broker still gets in, because what
//     it lets go after calling the move off comes right behind that word.
//  3. A frozen cell keeps its queue and its instance: calling the move off just opens the door again.
//  4. Whoever leaves answers those who wait.
#include "wire/codec.hpp"
#include "wire/limits.hpp"
#include "worker/actor_commands.hpp"
#include "worker/admin.hpp"
#include "worker/cell.hpp"
#include "worker/cell_table.hpp"
#include "worker/host_seam.hpp"
#include "worker/plugin.hpp"
#include "worker/symbols.hpp"
#include "worker/worker.hpp"

namespace peacepie::worker {

void Cell::begin(Worker& worker, std::string name, const ActorClass& actor_class, std::uint64_t handle,
                 std::uint64_t epoch) {
    if (worker_ != &worker) worker_ = &worker;  // read by CellTable::spawned_of: never changes in a process with one worker
    name_ = std::move(name);
    class_.store(&actor_class, std::memory_order_release);  // behind the end of the last tenant
    handle_ = handle;
    epoch_ = epoch;
    self_ = nullptr;
    last_operation_ = handled_ = 0;
    failed_ = refused_ = 0;
    began_ns_ = worker_->recent_ns();
    busy_ = fenced_ = resident_ = unborn_ = retires_ = false;
    bound_ = !CellTable::is_spawned(handle);
    phase_ = Phase::cold;
}

Cell::Extras& Cell::extras() {
    if (!extras_) extras_ = std::make_unique<Extras>();
    return *extras_;
}

void Cell::carry_out_orders() {
    if (extras_->pending && !busy_) end_pending();
    while (extras_) {
        Mail* mail = extras_->orders.pop();
        if (!mail) break;
        std::unique_ptr<Order> order(reinterpret_cast<Order*>(mail->mid));
        Mail::destroy(mail);
        carry_out(std::move(order));
        if (extras_ && extras_->pending && !busy_) end_pending();
    }
}

void Cell::carry_out(std::unique_ptr<Order> order) {
    using Verb = Order::Verb;
    switch (order->verb) {
        case Verb::create: return create(std::move(order));
        case Verb::load: load(*order); break;
        case Verb::start: return start(std::move(order));
        case Verb::freeze:
        case Verb::stop:
            if (order->verb == Verb::stop && phase_ == Phase::stopping && retires_ && !extras_->pending) {
                extras_->pending = std::move(order);  // it is ending by itself, and whoever wants it removed has patience
                return;
            }
            if (phase_ != Phase::open || (order->verb == Verb::freeze && extras_->pending)) {
                order->code = code_of(Fault::conflict);
                order->text = "\"" + name_ + "\" is starting, moving or stopping already";
                break;
            }
            if (extras_->pending) {
                auto earlier = std::exchange(extras_->pending, nullptr);
                earlier->code = code_of(Fault::stopping);
                earlier->text = "\"" + name_ + "\" is being removed";
                give_back(std::move(earlier));
            }
            phase_ = order->verb == Verb::freeze ? Phase::draining : Phase::stopping;
            extras().pending = std::move(order);
            return;
        case Verb::resume: call_off(*order); break;
        case Verb::enlist: bound_ = true; break;
        case Verb::discard:
            if (phase_ == Phase::cold) drop_adopted();
            leave();
            break;
    }
    give_back(std::move(order));
}

/// The turn that start, freeze or stop waited for is over.
void Cell::end_pending() {
    auto order = std::move(extras_->pending);
    take_fault(*order);
    if (order->verb == Order::Verb::start || order->verb == Order::Verb::create) {
        if (order->failed()) leave();
    } else if (order->verb == Order::Verb::freeze) {
        order->code.clear();
        take_snapshot(*order);
    } else {
        order->code.clear();
        actor_class()->type->stop(self_);
        leave();
    }
    give_back(std::move(order));
}

void Cell::create(std::unique_ptr<Order> order) {
    build(*order);
    if (order->failed()) leave();
    else if (order->starts) return start(std::move(order));
    give_back(std::move(order));
}

void Cell::build(Order& order) {
    std::string text;
    auto into = [](void* sink, pp_bytes said) { static_cast<std::string*>(sink)->append(said.data, said.size); };
    const auto& type = *actor_class()->type;
    self_ = type.create(into, &text);
    if (!self_) {
        order.code = code_of(Fault::handler_failed);
        order.text = text.empty() ? "the constructor failed" : text;
    } else if (!order.parameters.empty() &&
               type.load(self_, &host_of_process(), as_pp_cell(*this), bytes(order.parameters), pp_bytes{}) == PP_FAILED) {
        take_fault(order);
        if (!order.failed()) order.code = code_of(Fault::bad_argument), order.text = "the parameters do not fit";
    }
}

void Cell::be_born(std::string_view parameters) {
    Order order(Order::Verb::create, nullptr);
    order.parameters = parameters;
    build(order);
    if (!order.failed()) return void(unborn_ = true);
    leave();
    CellTable::of_process().give_back(*this);
    throw Error(std::move(order.code), std::move(order.text));
}

/// The first turn of a spawned actor.  When its `started` throws, it leaves and its mail is answered like that of any who left.
void Cell::start_life() {
    unborn_ = false;
    phase_ = Phase::open;
    const auto outcome = actor_class()->type->start(self_, &host_of_process(), as_pp_cell(*this), 0);
    busy_ = outcome == PP_BUSY;
    if (outcome == PP_FAILED) leave();
    else if (busy_) extras().pending = std::make_unique<Order>(Order::Verb::create, nullptr);  // a failure yet to come ends it too
}

/// The mail is only a reason to look: the usual run would end without one.
void Cell::retire() {
    retires_ = true;
    if (phase_ == Phase::open) phase_ = Phase::stopping;  // when it is about to be frozen, take_snapshot() sees it
    Mail* look = Mail::make(MailKind::time);
    if (mailbox_.post(look, mailbox_.generation()) != Posted::queued) Mail::destroy(look);
}

/// What the broker never heard of leaves without a word to it.
void Cell::end_life() {
    actor_class()->type->stop(self_);
    auto farewell = bound_ ? worker_->admin().actors().farewell(name_, handle_) : nullptr;
    leave();
    if (farewell) give_back(std::move(farewell));
}

void Cell::load(Order& order) {
    const auto& snapshot = *order.snapshot;
    const auto outcome = actor_class()->type->load(self_, &host_of_process(), as_pp_cell(*this), bytes(snapshot.state),
                                            bytes(snapshot.version));
    if (outcome == PP_FAILED) {
        take_fault(order);
        if (!order.failed()) order.code = code_of(Fault::bad_argument), order.text = "the state could not be loaded";
        return;
    }
    adopt(snapshot);
}

void Cell::start(std::unique_ptr<Order> order) {
    if (phase_ != Phase::cold || !self_) {
        order->code = code_of(Fault::conflict);
        order->text = "\"" + name_ + "\" has started already";
        return give_back(std::move(order));
    }
    phase_ = Phase::open;
    if (order->moved) fence();
    if (extras_) extras_->fault_code.clear();
    const auto outcome = actor_class()->type->start(self_, &host_of_process(), as_pp_cell(*this), order->moved ? 1 : 0);
    busy_ = outcome == PP_BUSY;
    if (outcome == PP_FAILED && extras().fault_code.empty()) extras().fault_code = code_of(Fault::handler_failed);
    extras().pending = std::move(order);  // given back when the turn of started() is over
}

/// The move was aborted: a freeze that still waits fails, a frozen actor goes on.  In any case the broker gets its fence.
void Cell::call_off(Order& order) {
    if (extras_->pending && extras_->pending->verb == Order::Verb::freeze) {
        auto freeze = std::move(extras_->pending);
        freeze->code = code_of(Fault::expired);
        freeze->text = "the running turn did not end in time";
        give_back(std::move(freeze));
        phase_ = retires_ ? Phase::stopping : Phase::open;
    } else if (phase_ == Phase::frozen) {
        fenced_ = true;
        extras_->handed_over.append(std::move(queue_));  // what came after the snapshot stays behind it
        mailbox_.reopen();
        phase_ = Phase::open;
        take_back(std::move(extras_->handed_over));
    } else if (phase_ != Phase::open) {
        order.code = code_of(Fault::conflict);
        order.text = "\"" + name_ + "\" is starting or stopping";
        return;
    }
    fence();
}

void Cell::take_snapshot(Order& order) {
    if (Mail* chain = mailbox_.shut()) sort_in(chain);
    if (retires_) {
        order.code = code_of(Fault::stopping);
        order.text = "\"" + name_ + "\" is ending by itself";
        fenced_ = true;
        mailbox_.reopen();
        phase_ = Phase::stopping;
        return;
    }
    phase_ = Phase::frozen;
    rejoin_queues();
    queue_.append(std::move(extras_->gated));
    fenced_ = false;
    auto snapshot = std::make_unique<Snapshot>();
    auto into = [](void* sink, pp_bytes state) { static_cast<std::string*>(sink)->append(state.data, state.size); };
    extras_->fault_code.clear();
    actor_class()->type->save(self_, into, &snapshot->state);
    snapshot->version = actor_class()->plugin->version();
    snapshot->observation = extras_->observation;
    snapshot->last_operation = last_operation_;
    for (const Mail* mail = queue_.front(); mail; mail = mail->next) {
        if (!mail->is_message()) continue;  // an alarm is saved by its ticker
        worker_->append_waiting(snapshot->mailbox, *mail);
        ++snapshot->mailbox_length;
    }
    take_fault(order);
    if (!order.failed() && snapshot->state.size() + snapshot->mailbox.size() + 65'536 > limits::body_size_max) {
        order.code = code_of(Fault::too_large);
        order.text = "state and waiting messages of \"" + name_ + "\" are more than a message may carry";
    }
    if (order.failed()) {  // stays at home; local mail waits for the fence that follows the broker's `resume`
        fenced_ = true;
        phase_ = Phase::open;
        mailbox_.reopen();
        return take_back(std::move(queue_));
    }
    extras_->handed_over = std::move(queue_);
    order.snapshot = std::move(snapshot);
}

/// Stays at home.  Moments and answers are seen to at once: behind a handler that waits for one of them they would never be.
void Cell::take_back(MailQueue all) {
    while (Mail* mail = all.pop())
        if (mail->is_message() || mail->kind == MailKind::alarm) enqueue(mail);
        else handle(mail);
}

/// The move was called off behind the snapshot: the old home has its mail still, and would handle it a second time.
void Cell::drop_adopted() {
    rejoin_queues();
    while (Mail* mail = queue_.pop()) {
        mailbox_.took(*mail);
        Mail::destroy(mail);
    }
}

/// What the actor had at its last home besides its state.
void Cell::adopt(const Snapshot& snapshot) {
    last_operation_ = snapshot.last_operation;
    if (!snapshot.observation.empty()) extras().observation = snapshot.observation;
    FrameReader reader(snapshot.mailbox);
    while (auto one = snapshot.mailbox.empty() ? std::nullopt : reader.next()) {
        Envelope envelope;
        if (read_envelope(*one, envelope)) continue;  // written by a worker a moment ago; a broken one cannot be answered
        Mail* mail = Mail::make(worker_->as_pp_envelope(envelope), Origin::link);
        mailbox_.keeps(*mail);
        enqueue(mail);
    }
}

/// What overlaps takes its place among the rest again, because all of it is on its way to another home.
void Cell::rejoin_queues() {
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

void Cell::on_fence(const Mail& word) {
    if (word.mid != 0 && fenced_) return fence();
    fenced_ = false;
    if (!extras_) return;
    MailQueue gated = std::move(extras_->gated);
    while (Mail* mail = gated.pop()) enqueue(mail);
}

void Cell::leave() {
    phase_ = Phase::empty;
    busy_ = false;
    if (bound_) worker_->switchboard().unbind(name_, handle_);
    if (self_) actor_class()->type->destroy(std::exchange(self_, nullptr));
    Mail* chain = mailbox_.close();
    rejoin_queues();
    MailQueue rest = std::move(queue_);
    if (extras_) rest.append(std::move(extras_->gated));
    while (Mail* mail = chain) {
        chain = mail->next;
        rest.push(mail);
    }
    if (extras_) rest.append(std::move(extras_->orders));
    while (Mail* mail = rest.pop()) {
        if (mail->kind == MailKind::order) {
            std::unique_ptr<Order> order(reinterpret_cast<Order*>(mail->mid));
            if (order->verb != Order::Verb::discard) {
                order->code = code_of(Fault::no_such_actor);
                order->text = "\"" + name_ + "\" has left meanwhile";
            }
            give_back(std::move(order));
        } else if (mail->is_message()) {
            worker_->left_behind(name_, *mail);
        }
        mailbox_.took(*mail);
        Mail::destroy(mail);
    }
    if (auto pending = extras_ ? std::exchange(extras_->pending, nullptr) : nullptr) {
        if (pending->verb != Order::Verb::stop) {
            pending->code = code_of(Fault::no_such_actor);
            pending->text = "\"" + name_ + "\" has left meanwhile";
        }
        give_back(std::move(pending));
    }
    if (extras_)
        while (Mail* mail = extras_->handed_over.pop()) {
            mailbox_.took(*mail);
            Mail::destroy(mail);
        }
    operations_.reset();
    extras_.reset();
}

void Cell::take_fault(Order& order) {
    if (!extras_) return;
    order.code = std::exchange(extras_->fault_code, {});
    order.text = std::exchange(extras_->fault_text, {});
}

void Cell::give_back(std::unique_ptr<Order> order) { worker_->order_is_back(std::move(order)); }

}  // namespace peacepie::worker
