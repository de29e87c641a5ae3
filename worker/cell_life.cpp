// cell_life.cpp - birth and death of one actor: the admin's orders.  Its moves are in cell_moving.cpp.  Next: order.hpp.
//
// Notes before you change anything.
//  1. Orders are carried out between turns only; freeze, stop and the end of start wait until no handler is suspended.
//  2. Whoever leaves answers those who wait.
#include "worker/actor_commands.hpp"
#include "worker/admin.hpp"
#include "worker/bundle.hpp"
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
    ran_on_ = 0;
    trial_ = Trial::none;
    busy_ = fenced_ = has_given_back_ = resident_ = unborn_ = retires_ = durable_ = is_reliable_ = false;
    bound_ = !CellTable::is_spawned(handle);
    phase_ = Phase::cold;
}

Cell::Extras& Cell::extras() {
    if (!extras_) extras_ = std::make_unique<Extras>(), has_extras_ = true;
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
        case Verb::await_fence: return await_fence(std::move(order));
        case Verb::freeze:
        case Verb::stop:
            if (order->verb == Verb::stop && phase_ == Phase::stopping && retires_ && !extras_->pending) {
                extras_->pending = std::move(order);  // it is ending by itself, and whoever wants it removed has patience
                return;
            }
            if (order->verb == Verb::stop && phase_ == Phase::frozen && is_settling()) phase_ = Phase::open, take_back(std::move(queue_));
            if (phase_ != Phase::open || (order->verb == Verb::freeze && (extras_->pending || fenced_))) {
                order->code = code_of(Fault::conflict);
                order->text = "\"" + name_ + "\" is starting, moving or stopping already, or gates others";
                break;
            }
            if (extras_->pending) {
                auto earlier = std::exchange(extras_->pending, nullptr);
                earlier->code = code_of(Fault::stopping);
                earlier->text = "\"" + name_ + "\" is being removed";
                give_back(std::move(earlier));
            }
            phase_ = order->verb == Verb::freeze ? Phase::draining : Phase::stopping;
            extras().is_forgotten |= order->for_good;
            extras().pending = std::move(order);
            return;
        case Verb::resume: call_off(*order); break;
        case Verb::enlist: bound_ = true; break;
        case Verb::keep:
            if (!self_ || phase_ == Phase::cold || phase_ == Phase::frozen) break;  // what is on its way is said where it arrives
            keeping().kept = 0;
            end_step();
            break;
        case Verb::unkept: keeping().kept = 0; break;
        case Verb::settle: settle(); break;
        case Verb::withdraw: withdraw(); break;
        case Verb::discard:
            if (order->fenced) count_handed_over();
            leave(order->fenced);
            break;
    }
    give_back(std::move(order));
}

/// The turn that start, freeze or stop waited for is over.
void Cell::end_pending() {
    auto order = std::move(extras_->pending);
    take_fault(*order);
    if (order->verb == Order::Verb::start || order->verb == Order::Verb::create) {
        if (order->failed() && trial_ == Trial::on && extras().errors_left > 0) end_trial(order->text);
        else if (order->failed() && trial_ != Trial::over && CellTable::is_spawned(handle_)) leave_by_itself(true);
        else if (order->failed() && trial_ != Trial::over) leave();  // whoever created it is told
    } else if (order->verb == Order::Verb::freeze) {
        order->code.clear();
        take_snapshot(*order);
    } else {
        order->code.clear();
        say_last_words();
        leave();
    }
    give_back(std::move(order));
}

void Cell::say_last_words() {
    actor_class()->type->stop(self_);
    end_step();
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
    if (!order.set_aside.empty()) deliveries().set_aside = order.set_aside;
    if (!self_) {
        order.code = code_of(Fault::handler_failed);
        order.text = text.empty() ? "the constructor failed" : text;
    } else if (order.snapshot) {
        load(order);
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

void Cell::retire() {
    retires_ = true;
    if (phase_ == Phase::open) phase_ = Phase::stopping;  // when it is about to be frozen, take_snapshot() sees it
}

void Cell::end_life() {
    say_last_words();
    leave_by_itself(false);
}

/// What the broker never heard of leaves without a word to it.
void Cell::leave_by_itself(bool failed) {
    auto farewell = bound_ ? worker_->admin().actors().farewell(name_, handle_, failed) : nullptr;
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
    try {
        adopt(snapshot);
    } catch (const Error& error) {  // it is no worker's of today
        order.code = error.code;
        order.text = "what it was sent reliably cannot be read: " + error.text;
    }
}

void Cell::start(std::unique_ptr<Order> order) {
    if (phase_ != Phase::cold || !self_) {
        order->code = code_of(Fault::conflict);
        order->text = "\"" + name_ + "\" has started already";
        return give_back(std::move(order));
    }
    phase_ = Phase::open;
    take_in_copies();
    if (order->errors != 0) begin_trial(order->errors);
    else if (order->moved) fence();
    if (extras_) extras_->fault_code.clear();
    const auto outcome = actor_class()->type->start(self_, &host_of_process(), as_pp_cell(*this), order->moved ? 1 : 0);
    busy_ = outcome == PP_BUSY;
    send_all_again();
    end_step();
    if (outcome == PP_FAILED && extras().fault_code.empty()) extras().fault_code = code_of(Fault::handler_failed);
    extras().pending = std::move(order);  // given back when the turn of started() is over
}

/// Fenced: its next life may have newer mail of the same senders already, so what lies here must not go there.
void Cell::leave(bool fenced) {
    if (extras_ && extras_->deliveries) part_with_deliveries(fenced);
    phase_ = Phase::empty;
    busy_ = false;
    if (bound_) worker_->switchboard().unbind(name_, handle_);
    if (!worker_->watches().empty() && worker_->switchboard().find_expected(name_) == 0) worker_->watches().forget(name_);  // else it goes on here
    if (self_) actor_class()->type->destroy(std::exchange(self_, nullptr));
    Mail* chain = mailbox_.close();
    rejoin_queues();
    MailQueue rest = std::move(queue_);
    if (extras_) rest.append(std::move(extras_->gated));
    while (Mail* mail = chain) {
        chain = mail->next;
        if (auto* bundle = Bundle::of(mail)) chain = Bundle::apart(bundle, chain);
        else rest.push(mail);
    }
    if (extras_) rest.append(std::move(extras_->orders));
    auto copies = extras_ ? extras_->copies : 0;  // they lie in front
    while (Mail* mail = rest.pop()) {
        if (mail->kind == MailKind::order) {
            std::unique_ptr<Order> order(reinterpret_cast<Order*>(mail->mid));
            if (order->verb != Order::Verb::discard) {
                order->code = code_of(Fault::no_such_actor);
                order->text = "\"" + name_ + "\" has left meanwhile";
            }
            give_back(std::move(order));
        } else if (mail->is_tallied() && copies != 0) {
            --copies;
        } else if (mail->is_message() && trial_ != Trial::silent) {
            if (fenced) worker_->fenced_off(name_, *mail);
            else worker_->left_behind(name_, *mail);
        } else if (mail->is_tallied()) {
            worker_->ends(worker_->counters().sends.withdrawn);
        }
        mailbox_.took(*mail);
        Mail::destroy(mail);
    }
    for (const auto waits : {&Extras::pending, &Extras::awaiting}) {
        auto order = extras_ ? std::exchange((*extras_).*waits, nullptr) : nullptr;
        if (!order) continue;
        if (order->verb != Order::Verb::stop) {
            order->code = code_of(Fault::no_such_actor);
            order->text = "\"" + name_ + "\" has left meanwhile";
        }
        give_back(std::move(order));
    }
    if (extras_)
        while (Mail* mail = extras_->handed_over.pop()) {
            mailbox_.took(*mail);
            Mail::destroy(mail);
        }
    operations_.reset();
    drop_extras();
}

void Cell::take_fault(Order& order) {
    if (!extras_) return;
    order.code = std::exchange(extras_->fault_code, {});
    order.text = std::exchange(extras_->fault_text, {});
}

void Cell::give_back(std::unique_ptr<Order> order) {
    has_given_back_ |= order->then != nullptr;
    worker_->order_is_back(std::move(order));
}

}  // namespace peacepie::worker
