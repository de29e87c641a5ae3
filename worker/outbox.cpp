// outbox.cpp - taking out what a sender had said; credit.  Next: outbox.hpp.
#include "worker/outbox.hpp"

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
    for (auto& frame : frames_) sift(frame);
    std::erase_if(frames_, [](const std::string& frame) { return frame.empty(); });
    sift(batch_);
    set_waiting(left);
    note_ready();
    return taken_out;
}

std::uint64_t Outbox::sends() {
    std::lock_guard guard(lock_);
    std::uint64_t sends = 0;
    const auto look_into = [&sends](std::string_view frame) {
        FrameReader reader(frame);
        while (const auto one = frame.empty() ? std::nullopt : reader.next()) {
            Envelope envelope;
            sends += !read_envelope(*one, envelope) && envelope.is_tallied() ? 1 : 0;
        }
    };
    for (const auto& frame : frames_) look_into(frame);
    look_into(batch_);
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
