// ask.cpp - sending a question and keeping its answer.
//
// Next: group.hpp.
#include "peacepie/ask.hpp"

#include "peacepie/body.hpp"
#include "peacepie/group.hpp"
#include "peacepie/inside.hpp"
#include "wire/limits.hpp"

namespace peacepie {
namespace {

std::string seconds_text(std::chrono::nanoseconds span) {
    auto text = std::to_string(std::chrono::duration<double>(span).count());
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
    return text + " s";
}

}  // namespace

AskState::AskState(Actor& actor, const To& to, const Command& command, std::string_view body, std::chrono::nanoseconds timeout)
    : Waiter(actor), timeout_(timeout) {
    const Posting posting = Inside::posting(actor, Kind::ask, to, command, body);
    ((question_ += command.text()) += " to ") += to.text();
    open(host().ask(posting, timeout));
}

void AskState::limit(std::chrono::nanoseconds span) {
    if (span > timeout_)
        throw Error(Fault::bad_argument, "within() can only shorten the " + seconds_text(timeout_) +
                                             " that " + question_.text() + " was sent with; use ask_within");
    if (settled_) return;
    timeout_ = span;
    limit_.cancel();
    limit_.arm(span);
}

void AskState::expire() {
    if (settled_) return;
    cancel();
    limit_.cancel();
    settled_ = is_error_ = true;
    body_ = encoded(named("text", "no answer within " + seconds_text(timeout_) + ": " + question_.text()));
}

void AskState::wait(Waiting waiting) {
    if (waiting_) throw Error(Fault::bad_request, "this ask is awaited by another handler already: " + question_.text());
    waiting_ = waiting;
}

Visit* AskState::ended(const Answer* answer) {
    if (answer == nullptr) {
        expire();
    } else {
        limit_.cancel();
        settled_ = true;
        is_error_ = answer->kind == Kind::error;
        answer_ = Reply(answer->command);
        body_ = answer->body;
        from_ = answer->sender;
    }
    return settle();
}

Visit* AskState::settle() noexcept { return gather_ != nullptr ? gather_->one_settled() : waiting_.wake(); }

Reply AskState::take() {
    answer_.body = Value::decode(body_);
    if (!is_error_) return std::move(answer_);
    const Value* text = answer_.body.find("text");
    const Value* from = answer_.body.find("from");
    throw Error(std::string(answer_.command.text()), text != nullptr && text->as_text() != nullptr ? *text->as_text() : question_.text(),
                from != nullptr && from->as_text() != nullptr ? *from->as_text() : from_);
}

}  // namespace peacepie
