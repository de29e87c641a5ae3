// durable.cpp - a durable actor's state goes to the broker before anything that the same step said.
//
// A step is what runs between two waits of a handler.  What it sends, asks and answers is held back until it is over; then
// the state, if it has changed and no handler waits, goes into the outbox first.  Inside this process the messages go at once: whatever leaves it
// because of them comes behind the state, by the same connection (decision 0018).  A process that dies within a step leaves
// neither its state nor its words; nor does a step whose state cannot be kept: who asked is told why.  Next: broker/states.hpp.
#include <functional>
#include <optional>

#include <fmt/format.h>

#include "wire/codec.hpp"
#include "wire/limits.hpp"
#include "worker/cell_table.hpp"
#include "worker/host_seam.hpp"
#include "worker/plugin.hpp"
#include "worker/symbols.hpp"
#include "worker/worker.hpp"

namespace peacepie::worker {

Cell::Keeping& Cell::keeping() {
    auto& own = extras().keeping;
    if (!own) own = std::make_unique<Keeping>();
    return *own;
}

void Cell::end_step() {
    if (!durable_) return;
    // A half-done handler is not kept: when it is interrupted, its message is handled again from the beginning.
    const auto unkept = !busy_ || keeping().has_answered ? keep_state() : std::nullopt;
    keeping().has_answered = false;
    const std::string batch = std::exchange(keeping().held_back, {});
    FrameReader reader(batch);
    while (auto one = batch.empty() ? std::nullopt : reader.next()) {
        Envelope envelope;
        if (read_envelope(*one, envelope)) continue;  // too large in some way: refused when it was held back
        const auto said = worker_->as_pp_envelope(envelope);
        if (is_tallied(said)) worker_->tally().enter();  // before the step was over nothing of it was said
        if (unkept) take_back(said, *unkept);
        else if (is_on_trial()) worker_->switchboard().post_through_broker(said);
        else worker_->switchboard().post(said, Origin::local);
    }
}

/// A reliable message is not acknowledged by this error: it comes again, and its answer waits for the state as well.
void Cell::take_back(const pp_envelope& said, const Error& why) {
    const auto text = fmt::format("the state of {} that goes with it could not be kept: {}", name_, why.text);
    if (said.kind != PP_REPLY && said.kind != PP_ERROR) return worker_->switchboard().refuse(said, *fault_of(why.code), text);
    const std::string body = Value(Value::Map{{"text", text}, {"from", name_}}).encoded();
    pp_envelope error = said;
    error.kind = PP_ERROR;
    error.command = 0;
    error.command_text = bytes(why.code);
    error.body = bytes(body);
    if (is_on_trial()) worker_->switchboard().post_through_broker(error);
    else worker_->switchboard().post(error, Origin::local);
}

std::optional<Error> Cell::keep_state() {
    std::string state;
    auto into = [](void* sink, pp_bytes said) { static_cast<std::string*>(sink)->append(said.data, said.size); };
    const auto failures = failed_;
    actor_class()->type->save(self_, into, &state);
    if (failed_ != failures) return Error(Fault::unavailable, extras_->fault_text);  // what was kept before stays
    const auto deliveries = saved_deliveries();
    const auto hash = std::hash<std::string>{}(state) ^ std::hash<std::string>{}(deliveries) << 1;
    if (hash == keeping().kept) return std::nullopt;
    auto unkept = worker_->keep_state(*this, state, deliveries);
    keeping().kept = unkept ? 0 : hash;
    return unkept;
}

std::optional<Error> Worker::keep_state(const Cell& cell, const std::string& state, const std::string& deliveries) {
    const auto complain = [&](Fault fault, const std::string& why) -> std::optional<Error> {
        counters_.states_unkept.fetch_add(1, std::memory_order_relaxed);
        log::error({{"actor", cell.name()}, {"bytes", state.size()}}, "the state of {} is not kept: {}; the last one stays", cell.name(), why);
        return Error(fault, why);
    };
    if (state.size() + deliveries.size() > limits::kept_state_max) return complain(Fault::no_space, "it is larger than a message may carry");
    const std::string body = Value(Value::Map{{"name", cell.name()}, {"epoch", cell.epoch()},
                                              {"version", cell.actor_class()->plugin->version()}, {"state", Binary{state}},
                                              {"deliveries", Binary{deliveries}}}).encoded();
    Envelope word;
    word.command = "keep_state";
    word.sender = node_;
    word.body = body;
    if (outbox_.append(word) == Outbox::Put::taken) return std::nullopt;
    return complain(Fault::unavailable, "the broker takes nothing at the moment");
}

void Worker::append_held_back(std::string& batch, const pp_envelope& envelope, std::string_view sender) {
    std::string recipient(view(envelope.recipient_text));
    if (recipient.empty() && envelope.recipient != 0) recipient = CellTable::of_process().name_of(envelope.recipient);
    Envelope held;
    held.kind = static_cast<Kind>(envelope.kind);
    held.mid = envelope.mid;
    held.command = envelope.command != 0 ? Symbols::of_process().text(envelope.command) : view(envelope.command_text);
    held.recipient = recipient;
    held.sender = sender;
    if (envelope.deadline_ns != 0) held.timeout_ms = time_left_ms(envelope.deadline_ns);
    held.meta = view(envelope.meta);
    held.body = view(envelope.body);
    const bool is_lost = envelope.recipient != 0 && recipient.empty();
    if (is_lost || held.body.size() > limits::body_size_max || held.meta.size() > limits::meta_size_max ||
        held.command.size() > limits::command_size_max || recipient.size() > limits::address_size_max) {
        pp_envelope stamped = envelope;  // says at once what is wrong with it
        stamped.sender_text = bytes(sender);
        if (is_tallied(stamped)) tally_.enter();
        return switchboard_.post(stamped, Origin::local);
    }
    append_batched(batch, held);
}

}  // namespace peacepie::worker
