// outbox.hpp - frames on their way to one peer: the batch being filled, and those the transport would not take yet.
//
// Owned by its Session; the broker's thread.  Workers and launchers get batches, plain clients one envelope per frame.
// Bounded by bytes and frames; whoever adds asks `has_room` first, except for the broker's own few words of control.
// Next: outgoing.hpp decides when to flush.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include "wire/codec.hpp"
#include "wire/limits.hpp"
#include "wire/link.hpp"

namespace peacepie::broker {

class Outbox {
public:
    explicit Outbox(bool batches) : batches_(batches) {}

    [[nodiscard]] bool has_room(std::size_t size) const noexcept {
        return bytes() + size <= limits::peer_queue_bytes_max && sealed_.size() < limits::peer_queue_frames_max;
    }

    void add(std::string_view encoded) {
        if (!batches_) return seal(std::string(encoded));
        make_space(encoded.size());
        append_batched(open_, encoded);
    }
    void add(const Envelope& envelope) {
        if (!batches_) {
            std::string frame;
            append_envelope(frame, envelope);
            return seal(std::move(frame));
        }
        const auto size = encoded_size(envelope);
        make_space(size);
        append_batched(open_, envelope, size);
    }

    /// Gives frames to `send`, oldest first, until one is not taken.
    template <class Send>
    Sent flush(Send&& send) {
        while (!sealed_.empty()) {
            const Sent sent = send(std::string_view(sealed_.front()));
            if (sent != Sent::taken) return sent;
            sealed_bytes_ -= sealed_.front().size();
            sealed_.pop_front();
        }
        if (!open_.empty()) {
            const Sent sent = send(std::string_view(open_));
            if (sent != Sent::taken) return sent;
            open_.clear();
            if (open_.capacity() > 2 * limits::batch_size_max) open_.shrink_to_fit();
        }
        return Sent::taken;
    }

    /// Each envelope that waits, to be counted when nobody will take it any more.
    template <class Take>
    void each(Take&& take) const {
        const auto all_of = [&](std::string_view frame) {
            FrameReader reader(frame);
            Envelope envelope;
            while (const auto encoded = reader.next())
                if (!read_envelope(*encoded, envelope)) take(envelope);
        };
        for (const auto& frame : sealed_) all_of(frame);
        if (!open_.empty()) all_of(open_);
    }

    [[nodiscard]] bool empty() const noexcept { return open_.empty() && sealed_.empty(); }
    [[nodiscard]] std::size_t bytes() const noexcept { return sealed_bytes_ + open_.size(); }

private:
    void make_space(std::size_t size) {
        if (open_.empty() || open_.size() + size <= limits::batch_size_max) return;
        seal(std::exchange(open_, {}));
    }
    void seal(std::string frame) {
        sealed_bytes_ += frame.size();
        sealed_.push_back(std::move(frame));
    }

    bool batches_;
    std::string open_;
    std::deque<std::string> sealed_;
    std::size_t sealed_bytes_ = 0;
};

}  // namespace peacepie::broker
