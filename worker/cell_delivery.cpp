// cell_delivery.cpp - reliable messages: each is handled once, and goes again until somebody has said so.
//
// One that came is an ask with a number; its answer, whatever it says, is the acknowledgement, and a second copy gets the same
// answer.  What a crash or a loss ended has no answer, so it goes again.  Decision 0021.  Next: received.hpp.
#include <algorithm>
#include <utility>

#include "wire/limits.hpp"
#include "worker/cell.hpp"
#include "worker/cell_table.hpp"
#include "worker/symbols.hpp"
#include "worker/worker.hpp"

namespace peacepie::worker {

namespace {

/// The message may not have been handled: it goes again.  Any other code is an answer of the recipient.
bool is_loss(std::string_view code) {
    static constexpr Fault losses[] = {Fault::worker_lost, Fault::unavailable, Fault::mailbox_full, Fault::expired, Fault::no_such_actor, Fault::no_such_node,
                                       Fault::stopping, Fault::fenced, Fault::conflict, Fault::no_session, Fault::no_space};
    return std::ranges::any_of(losses, [code](Fault fault) { return code == code_of(fault); });
}

}  // namespace

Cell::Deliveries& Cell::deliveries() {
    auto& own = extras().deliveries;
    if (!own) own = std::make_unique<Deliveries>();
    is_reliable_ = true;
    return *own;
}

void Cell::say(const pp_envelope& envelope) {
    if (trial_ == Trial::silent) return;
    if (extras_ && extras_->deliveries && (envelope.kind == PP_REPLY || envelope.kind == PP_ERROR)) note_answer(envelope);
    if (durable_) {
        keeping().has_answered |= envelope.kind == PP_REPLY || envelope.kind == PP_ERROR;
        return worker_->append_held_back(keeping().held_back, envelope, name_);
    }
    if (!is_on_trial()) return worker_->switchboard().post_from(*this, envelope);
    if (envelope.kind == PP_SEND) worker_->tally().enter();
    pp_envelope stamped = envelope;
    stamped.sender = 0;
    stamped.sender_text = bytes(name_);
    worker_->switchboard().post_through_broker(stamped);
}

/// False: it is answered here, or will be.
bool Cell::is_to_be_handled(const Mail& mail) {
    const auto refuse = [&](Fault fault, const std::string& text) {
        const Value body = Value::Map{{"text", text}, {"from", name_}};
        worker_->switchboard().answer(mail, name_, MailKind::error, code_of(fault), body.encoded());
        return false;
    };
    std::optional<Delivery> delivery;
    try {
        delivery = Delivery::from(mail.meta(), worker_->sender_of(mail), mail.mid);
    } catch (const Error& error) {
        return refuse(Fault::bad_request, error.text);
    }
    if (!delivery) return true;
    auto& own = deliveries();
    switch (own.received.judge(*delivery)) {
        case Received::Verdict::handle:
            if (is_set_aside(*delivery)) {
                const auto text = "it is set aside, because it crashed the process of \"" + name_ + "\" twice; the launcher's log has the backtraces";
                const Value why = Value::Map{{"text", text}, {"from", name_}};
                const std::string code(code_of(Fault::handler_failed));
                leave_letter(mail, Fault::handler_failed, text);  // to be looked at, and sent again once the handler is mended
                worker_->switchboard().answer(mail, name_, MailKind::error, code, why.encoded(), is_on_trial() ? Switchboard::Way::broker : Switchboard::Way::shortest);
                own.received.done(delivery->origin, delivery->acked.has_value(), {delivery->number, MailKind::error, code, why.encoded()});
                return false;
            }
            own.received.begin(*delivery);
            own.in_work.push_back({delivery->origin, delivery->number, delivery->acked.has_value(), mail.mid, mail.sender,
                                   std::string(mail.sender_text()), delivery->label()});
            return true;
        case Received::Verdict::in_work: worker_->counters().repeated.fetch_add(1, std::memory_order_relaxed); return false;
        case Received::Verdict::repeat: {
            worker_->counters().repeated.fetch_add(1, std::memory_order_relaxed);
            const auto* done = own.received.answer(*delivery);
            if (done && done->is_kept) answer_again(mail, done->kind, done->command, done->body);
            else answer_again(mail, MailKind::reply, "processed", Value(Value::Map{{"number", delivery->number}}).encoded());
            return false;
        }
        case Received::Verdict::early: return refuse(Fault::conflict, "a reliable message before this one has not come yet; send that again first");
        case Received::Verdict::too_old: break;
    }
    return refuse(Fault::conflict, "nobody knows any more whether it was handled: the last " + std::to_string(limits::numbers_remembered) +
                                       " of its origin are remembered, unless it has not been heard of for long");
}

/// A copy of a message that ends otherwise: it counts on its own.
void Cell::leave_letter(const Mail& mail, Fault reason, std::string_view text) {
    pp_envelope letter = mail.envelope();
    letter.kind = PP_SEND;
    letter.mid = letter.deadline_ns = 0;
    letter.meta = {};
    letter.recipient_text = bytes(name_);
    const auto sender = worker_->sender_of(mail);
    letter.sender = 0;
    letter.sender_text = bytes(sender);
    worker_->tally().enter();
    worker_->dead_letter(letter, reason, text);
}

/// The state that goes with the first answer may not be kept yet.
void Cell::answer_again(const Mail& copy, MailKind kind, std::string_view command, std::string_view body) {
    if (!durable_) return worker_->switchboard().answer(copy, name_, kind, command, body);
    keeping().has_answered = true;
    worker_->append_held_back(keeping().held_back, Switchboard::answer_to(copy, kind, command, body), name_);
    end_step();
}

bool Cell::is_set_aside(const Delivery& delivery) const {
    const auto& aside = extras_->deliveries->set_aside;
    return !aside.empty() && std::ranges::find(aside, delivery.label()) != aside.end();
}

void Cell::note_answer(const pp_envelope& answer) {
    auto& own = *extras_->deliveries;
    const auto found = std::ranges::find_if(own.in_work, [&](const auto& one) {
        return one.mid == answer.mid && (one.sender != 0 ? one.sender == answer.recipient : one.sender_text == view(answer.recipient_text));
    });
    if (found == own.in_work.end()) return;
    const auto one = std::move(*found);
    own.in_work.erase(found);
    std::string command(answer.command != 0 ? Symbols::of_process().text(answer.command) : view(answer.command_text));
    // Dropped while it was suspended, because its actor leaves: it may come again.
    if (answer.kind == PP_ERROR && command == code_of(Fault::stopping)) return own.received.call_off(one.origin, one.number);
    const auto kind = answer.kind == PP_ERROR ? MailKind::error : MailKind::reply;
    own.received.done(one.origin, one.in_sequence, {one.number, kind, std::move(command), std::string(view(answer.body))});
}

bool Cell::send_reliably(const pp_envelope& envelope) {
    auto& sent = deliveries().sent;
    if (sent.origin.empty()) sent.origin = name_ + "#" + std::to_string(epoch_);
    std::string recipient(view(envelope.recipient_text));
    if (recipient.empty()) recipient = CellTable::of_process().name_of(envelope.recipient);
    if (!sent.add(recipient, envelope.command != 0 ? Symbols::of_process().text(envelope.command) : view(envelope.command_text), view(envelope.body))) return false;
    tally_deliveries();
    send_on(recipient, sent.channels().find(recipient)->second);
    return true;
}

/// As many as may be on the way.
void Cell::send_on(const std::string& recipient, Unacknowledged::Channel& channel) {
    if (channel.retry != 0) return;
    const auto count = std::min(channel.messages.size(), limits::deliveries_on_the_way);
    for (; channel.on_the_way < count; ++channel.on_the_way) {
        auto& message = channel.messages[channel.on_the_way];
        const auto deadline = worker_->now_ns() + static_cast<std::uint64_t>(Nanoseconds(limits::delivery_timeout).count());
        message.operation = open_operation(Operation::Kind::delivery, deadline);
        const auto meta = Delivery{extras_->deliveries->sent.origin, message.number, channel.acked}.meta();
        pp_envelope out{};
        out.size = sizeof out;
        out.kind = PP_ASK;
        out.mid = message.operation;
        out.deadline_ns = deadline;
        out.command_text = bytes(message.command);
        out.command = Symbols::of_process().find(message.command);
        out.recipient_text = bytes(recipient);
        out.meta = bytes(meta);
        out.body = bytes(message.body);
        say(out);
    }
}

/// At a new home, or in a next life: nothing of it is on the way.
void Cell::send_all_again() {
    if (!extras_ || !extras_->deliveries) return;
    for (auto& [recipient, channel] : extras_->deliveries->sent.channels()) send_on(recipient, channel);
}

void Cell::delivery_ended(std::uint64_t operation, const Mail* answer) {
    auto& sent = deliveries().sent;
    const auto at = sent.channel_of(operation);
    if (at == sent.channels().end()) return;
    if (at->second.retry == operation) {
        at->second.retry = 0;
        return send_on(at->first, at->second);
    }
    const auto code = !answer ? code_of(Fault::expired) : answer->command != 0 ? Symbols::of_process().text(answer->command) : answer->command_text();
    if (!answer || (answer->kind == MailKind::error && is_loss(code))) return delivery_failed(at, code);
    sent.acknowledged(at, operation);
    tally_deliveries();
    at->second.failing_since = {};
    send_on(at->first, at->second);
}

void Cell::delivery_failed(Unacknowledged::Channels::iterator at, std::string_view code) {
    auto& [recipient, channel] = *at;
    for (std::size_t i = 0; i < channel.on_the_way; ++i) close_operation(channel.messages[i].operation);
    channel.on_the_way = 0;
    const auto now = worker_->now();
    if (channel.failing_since == Nanoseconds{0}) channel.failing_since = now;
    if (now - channel.failing_since > limits::delivery_patience) {
        const auto count = channel.messages.size();
        give_up(at, fault_of(code).value_or(Fault::expired), "nobody has acknowledged it for so long that it is given up; it may have been handled");
        log::error({{"actor", name_}, {"recipient", recipient}, {"code", code}}, "{} gives up {} reliable messages to {}: {}", name_, count, recipient, code);
        channel.failing_since = {};
        return;
    }
    Nanoseconds delay = limits::delivery_retry_min;
    for (int i = 0; i < channel.failures && delay < limits::delivery_retry_max; ++i) delay *= 2;
    ++channel.failures;
    const auto when = now + std::min<Nanoseconds>(delay, limits::delivery_retry_max);
    channel.retry = open_operation(Operation::Kind::delivery, static_cast<std::uint64_t>(when.count()));
}

/// Those of an actor that is not durable die with its process, as a send does that waits there.
void Cell::tally_deliveries() {
    auto& own = *extras_->deliveries;
    const auto size = durable_ ? 0 : own.sent.size();
    if (size > own.tallied) worker_->tally().enter(size - own.tallied);
    else worker_->tally().end(own.tallied - size);
    own.tallied = size;
}

void Cell::give_up(Unacknowledged::Channels::iterator at, Fault reason, std::string_view text) {
    auto& own = *extras_->deliveries;
    for (const auto& message : own.sent.drop(at)) {
        own.tallied != 0 ? void(--own.tallied) : worker_->tally().enter();  // ends with the letter
        pp_envelope letter{};
        letter.size = sizeof letter;
        letter.kind = PP_SEND;
        letter.command_text = bytes(message.command);
        letter.recipient_text = bytes(at->first);
        letter.sender_text = bytes(name_);
        letter.body = bytes(message.body);
        worker_->dead_letter(letter, reason, text);
    }
}

/// Where it goes on has them too, and so has the broker that keeps its state; else they end here.
void Cell::part_with_deliveries(bool fenced) {
    auto& own = *extras_->deliveries;
    if (phase_ == Phase::cold || trial_ == Trial::silent || (phase_ == Phase::frozen && !fenced && trial_ != Trial::over)) {
        worker_->counters().sends.withdrawn.fetch_add(own.tallied, std::memory_order_relaxed);
        return worker_->tally().end(std::exchange(own.tallied, 0));
    }
    const bool is_kept = durable_ && (fenced || !(retires_ || extras_->is_forgotten));
    if (is_kept || own.sent.size() == 0) return;
    log::warning({{"actor", name_}}, "{} ends with {} reliable messages that nobody has acknowledged", name_, own.sent.size());
    for (auto at = own.sent.channels().begin(); at != own.sent.channels().end(); ++at)
        give_up(at, fenced ? Fault::fenced : Fault::stopping, "its sender has ended and nobody had acknowledged it; it may have been handled");
    if (durable_ && self_) (void)keep_state();  // if it is made again, what has ended as a letter must not go out once more
}

std::string Cell::saved_deliveries() const {
    if (!extras_ || !extras_->deliveries) return {};
    const auto& own = *extras_->deliveries;
    return Value(Value::Map{{"received", own.received.to_value()}, {"sent", own.sent.to_value()},
                            {"set_aside", convert<std::vector<std::string>>::to(own.set_aside)}}).encoded();
}

void Cell::load_deliveries(const std::string& saved) {
    if (saved.empty()) return;
    const Value both = Value::decode(saved);
    if (const Value* received = both.find("received")) deliveries().received.read(*received);
    if (const Value* sent = both.find("sent")) deliveries().sent.read(*sent);
    const Value* aside = both.find("set_aside");
    if (!aside || !aside->as_array()) return;
    for (const auto& label : *aside->as_array())
        if (label.as_text()) deliveries().set_aside.push_back(*label.as_text());
}

}  // namespace peacepie::worker
