// dead_letters.cpp - the store.  Next: head_letters.cpp
#include "broker/dead_letters.hpp"

#include <algorithm>

#include "wire/limits.hpp"

namespace peacepie::broker {

DeadLetter DeadLetter::of(const Envelope& envelope, Fault reason, std::string_view text, std::int64_t time) {
    DeadLetter letter;
    letter.sender = envelope.sender;
    letter.recipient = envelope.recipient;
    letter.command = envelope.command;
    letter.mid = envelope.mid;
    letter.reason = reason;
    letter.text = text.substr(0, limits::dead_letter_text_max);
    letter.time = time;
    letter.body_size = envelope.body.size();
    if (letter.body_size > limits::dead_letter_body_max) return letter;
    letter.meta = envelope.meta;
    letter.body = envelope.body;
    return letter;
}

std::size_t DeadLetter::footprint() const noexcept {
    return sizeof(DeadLetter) + sender.size() + recipient.size() + command.size() + text.size() + meta.size() + body.size();
}

bool LetterSelection::fits(const DeadLetter& letter) const {
    return (!ids || std::ranges::binary_search(*ids, letter.id)) && (!reason || *reason == letter.reason) &&
           (!recipient || *recipient == letter.recipient);
}

void DeadLetters::keep(DeadLetter letter) {
    ++total_;
    ++by_reason_[static_cast<std::size_t>(letter.reason)];
    letter.id = ++last_id_;
    bytes_ += letter.footprint();
    letters_.push_back(std::move(letter));
    while (!bounds_.allows(Bound::dead_letters, letters_.size()) || !bounds_.allows(Bound::dead_letters_bytes, bytes_)) {
        bytes_ -= letters_.front().footprint();
        letters_.pop_front();
        ++forgotten_;
    }
}

void DeadLetters::count(Fault reason, std::uint64_t letters) {
    total_ += letters;
    forgotten_ += letters;
    by_reason_[static_cast<std::size_t>(reason)] += letters;
}

template <class Fits>
std::deque<DeadLetter> DeadLetters::take(Fits fits) {
    std::deque<DeadLetter> taken, left;
    for (auto& letter : letters_) {
        const bool goes = fits(letter);
        if (goes) bytes_ -= letter.footprint();
        (goes ? taken : left).push_back(std::move(letter));
    }
    letters_ = std::move(left);
    return taken;
}

std::deque<DeadLetter> DeadLetters::take_to_send(const LetterSelection& selection) {
    auto taken = take([&](const DeadLetter& letter) { return letter.is_whole() && selection.fits(letter); });
    sent_again_ += taken.size();
    return taken;
}

std::size_t DeadLetters::forget(const LetterSelection& selection) {
    const auto count = take([&](const DeadLetter& letter) { return selection.fits(letter); }).size();
    forgotten_ += count;
    return count;
}

}  // namespace peacepie::broker
