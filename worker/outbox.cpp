// outbox.cpp - taking out what a sender had said.  Next: outbox.hpp.
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

}  // namespace peacepie::worker
