// group.cpp - counting answers down.
//
// Next: ask.cpp tells us of each.
#include "peacepie/group.hpp"

namespace peacepie {
namespace {
constexpr std::size_t told_max = 8;  // an error text is for a person
}

Gather::Gather(Actor& actor, std::vector<AskState*> asks) : Waiter(actor), asks_(std::move(asks)) {
    for (AskState* ask : asks_) {
        if (ask->is_settled()) continue;
        ask->tell(this);
        ++open_asks_;
    }
}

Gather::~Gather() {
    for (AskState* ask : asks_) ask->tell(nullptr);
}

void Gather::wait(Waiting waiting, Seconds span) {
    open(host().wait(std::chrono::duration_cast<std::chrono::nanoseconds>(span)));
    waiting_ = waiting;
}

Visit* Gather::one_settled() noexcept {
    if (--open_asks_ != 0) return nullptr;
    cancel();
    return waiting_.wake();
}

Visit* Gather::ended(const Answer*) {
    for (AskState* ask : asks_) ask->expire();
    open_asks_ = 0;
    return waiting_.wake();
}

void Failures::add(const Error& error) {
    if (count_ == 0) code_ = error.code;
    if (count_ < told_max) {
        if (count_ != 0) texts_ += "; ";
        if (!error.from.empty()) texts_ += error.from + ": ";
        texts_ += error.code + ": " + error.text;
    }
    ++count_;
}

void Failures::throw_if_any(std::size_t of) const {
    if (count_ == 0) return;
    std::string text = std::to_string(count_) + " of " + std::to_string(of) + " asks failed: " + texts_;
    if (count_ > told_max) text += "; and " + std::to_string(count_ - told_max) + " more";
    throw Error(code_, text);
}

}  // namespace peacepie
