// outbox.hpp - frames on their way to one peer: the batch being filled, and those the transport would not take yet.
//
// Owned by its Session; the broker's thread.  Workers and launchers get batches, plain clients one envelope per frame.
// Bounded by bytes and frames: Outgoing looks before it adds, except for the broker's own few words of control.
// A peer that tells what it takes in is sent a window of bytes at most that it has not told of; the rest waits here.
// Next: outgoing.hpp decides when to flush.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include "wire/codec.hpp"
#include "wire/credit.hpp"
#include "wire/limits.hpp"
#include "wire/link.hpp"

namespace peacepie::broker {

class Outbox {
public:
    explicit Outbox(bool batches) : batches_(batches) {}

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

    /// The peer is to be told that so much of what it sent was taken in.
    void tell(std::uint64_t bytes) noexcept { to_tell_ += bytes; }

    /// Gives frames to `send`, oldest first, until one is not taken or the credit is used up.
    template <class Send>
    Sent flush(Send&& send) {
        while (!(sealed_.empty() && open_.empty()) && credit.is_left()) {
            std::string& oldest = sealed_.empty() ? open_ : sealed_.front();
            if (to_tell_ != 0 && oldest.size() <= limits::batch_size_max) {
                const auto before = oldest.size();
                append_taken(oldest, std::exchange(to_tell_, 0));
                if (!sealed_.empty()) sealed_bytes_ += oldest.size() - before;
            }
            const Sent sent = send(std::string_view(oldest));
            if (sent != Sent::taken) return sent;
            credit.spend(oldest.size());
            drop_oldest();
        }
        if (to_tell_ != 0) {  // needs no credit: each side could wait for the other's word for ever
            std::string word;
            append_taken(word, to_tell_);
            const Sent sent = send(std::string_view(word));
            if (sent != Sent::taken) return sent;
            credit.spend(word.size());
            to_tell_ = 0;
        }
        return sealed_.empty() && open_.empty() ? Sent::taken : Sent::pipe_full;
    }

    /// What its peer will never get, oldest first.
    [[nodiscard]] std::deque<std::string> take_all() {
        if (!open_.empty()) seal(std::exchange(open_, {}));
        sealed_bytes_ = 0;
        return std::exchange(sealed_, {});
    }

    [[nodiscard]] std::size_t bytes() const noexcept { return sealed_bytes_ + open_.size(); }
    [[nodiscard]] std::size_t frames() const noexcept { return sealed_.size(); }  ///< without the one being filled

    Credit credit;

private:
    void make_space(std::size_t size) {
        if (open_.empty() || open_.size() + size <= limits::batch_size_max) return;
        seal(std::exchange(open_, {}));
    }
    void seal(std::string frame) {
        sealed_bytes_ += frame.size();
        sealed_.push_back(std::move(frame));
    }
    void drop_oldest() {
        if (sealed_.empty()) {
            open_.clear();
            if (open_.capacity() > 2 * limits::batch_size_max) open_.shrink_to_fit();
        } else {
            sealed_bytes_ -= sealed_.front().size();
            sealed_.pop_front();
        }
    }

    bool batches_;
    std::string open_;
    std::deque<std::string> sealed_;
    std::size_t sealed_bytes_ = 0;
    std::uint64_t to_tell_ = 0;
};

}  // namespace peacepie::broker
