// probation.cpp - an actor that may have to go back to what it was: how it speaks, and how it ends.  Next: migration.cpp.
//
//   none ─start with errors─▶ on ─settle─▶ (frozen until the fence is back: words it said through the broker come first) ─▶ none
//                             │ ▲ └─withdraw─▶ silent ─▶ empty
//              failed too often ▼ │ settle: the time was over first
//                             over ─withdraw─▶ silent ─▶ empty
//
// Notes before you change anything.
//  1. On probation it hears and says everything through the broker, which notes what it was given and what it answered; its name
//     is not bound here and nobody here learns its handle.
//  2. When it is over, the cell is frozen: nothing more is handled, what waits is the broker's to give back.
//  3. Silent: the frames of its handlers are dropped, and what they say to that must reach nobody, because another will answer.
#include "wire/value.hpp"
#include "worker/cell.hpp"
#include "worker/symbols.hpp"
#include "worker/worker.hpp"

namespace peacepie::worker {

void Cell::begin_trial(std::uint64_t errors) {
    trial_ = Trial::on;
    extras().errors_left = errors;
}

void Cell::count_error(std::string_view text) {
    if (--extras().errors_left > 0) return;
    end_trial(text);
}

void Cell::end_trial(std::string_view text) {
    if (trial_ != Trial::on) return;
    trial_ = Trial::over;
    extras().errors_left = 0;
    if (phase_ == Phase::open) phase_ = Phase::frozen;
    const std::string body = Value(Value::Map{{"entity", name_}, {"epoch", epoch_}, {"text", text}}).encoded();
    Envelope word;
    word.command = "probation_failed";
    word.sender = worker_->node();
    word.body = body;
    if (worker_->outbox().append(word) != Outbox::Put::taken)
        log::error({{"actor", name_}}, "the broker takes nothing at the moment and does not hear that {} failed on probation", name_);
}

void Cell::settle() {
    if (trial_ == Trial::none) return;
    extras().errors_left = 0;
    trial_ = Trial::on;
    rejoin_queues();
    if (phase_ == Phase::open) phase_ = Phase::frozen;  // says nothing until what it said through the broker has arrived
    fence();
}

void Cell::end_settling() {
    trial_ = Trial::none;
    if (phase_ != Phase::frozen) return;
    phase_ = retires_ ? Phase::stopping : Phase::open;
    take_back(std::move(queue_));
    if (!durable_) return;
    keeping().kept = 0;  // another broker may have come meanwhile
    end_step();
}

void Cell::withdraw() {
    trial_ = Trial::silent;
    leave();
}

}  // namespace peacepie::worker
