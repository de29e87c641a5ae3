// outbox.cpp - taking out what a sender had said; credit.  Next: outbox.hpp.
#include "worker/outbox.hpp"

#include "wire/address.hpp"
#include "wire/tally_page.hpp"

namespace peacepie::worker {

std::string Outbox::mute(const std::vector<std::string>& senders) {
    std::lock_guard guard(lock_);
    muted_.insert(senders.begin(), senders.end());
    std::string taken_out;
    std::size_t left = 0;
    const auto sift = [&](std::string& frame) {
        std::string kept;
        FrameReader reader(frame);
        while (const auto one = frame.empty() ? std::nullopt : reader.next()) {
            Envelope envelope;
            const bool is_muted = !read_envelope(*one, envelope) && muted_.contains(envelope.sender);
            if (is_muted && envelope.is_tallied()) add_left(-std::uint64_t{1});
            append_batched(is_muted ? taken_out : kept, *one);
        }
        frame = std::move(kept);
        left += frame.size();
    };
    for (auto& frame : frames_) sift(frame.bytes);
    std::erase_if(frames_, [](const Frame& frame) { return frame.bytes.empty(); });
    sift(batch_);
    if (batch_.empty()) batch_began_ = asked_at_ = {};
    set_waiting(left);
    note_ready();
    return taken_out;
}

namespace {

template <class Counts>
std::uint64_t count_of(std::string_view frame, Counts counts) {
    std::uint64_t count = 0;
    FrameReader reader(frame);
    while (const auto one = frame.empty() ? std::nullopt : reader.next()) {
        Envelope envelope;
        if (!read_envelope(*one, envelope)) count += counts(envelope);
    }
    return count;
}

/// Those in the mailbox of a snapshot have left with it, and name no recipient.
std::uint64_t sends_of_snapshot(const Envelope& snapshot) try {
    const Value body = Value::decode(snapshot.body);
    const Value* mailbox = body.find("mailbox");
    if (!mailbox || !mailbox->as_binary()) return 0;
    return count_of(mailbox->as_binary()->bytes, [](const Envelope& one) { return one.kind == Kind::send && !one.sender.empty() ? 1 : 0; });
} catch (const Error&) {
    return 0;  // a reply of that name by an actor
}

/// Each has left with its report.
bool is_report(const Envelope& one) {
    return one.kind == Kind::send && one.recipient.empty() && one.command == "dead_letters" && !process_of(one.sender).empty();  // not an actor's
}

std::uint64_t tallied_in(std::string_view frame) {
    return count_of(frame, [](const Envelope& one) -> std::uint64_t {
        if (one.kind == Kind::reply && one.command == "snapshot") return sends_of_snapshot(one);
        return is_report(one) ? letters_in(Value::decode(one.body)) : one.is_tallied() ? 1 : 0;
    });
}

}  // namespace

std::uint64_t Outbox::waiting_sends() const {
    std::uint64_t sends = tallied_in(batch_);
    for (const auto& frame : frames_) sends += tallied_in(frame.bytes);
    return sends;
}

void Outbox::begin_credit(std::uint64_t window) {
    std::lock_guard guard(lock_);
    credit_.begin(window);
    tells_ = window != 0;
    to_tell_ = 0;
    note_ready();
}

void Outbox::give_back(std::uint64_t bytes) {
    std::lock_guard guard(lock_);
    credit_.give_back(bytes);
    note_ready();
}

void Outbox::tell(std::uint64_t bytes) {
    std::lock_guard guard(lock_);
    to_tell_ += bytes;
    note_ready();
}

bool Outbox::has_said_all() {
    std::lock_guard guard(lock_);
    return empty() && (credit_.is_left() || !open_ || bytes() == 0);
}

}  // namespace peacepie::worker
