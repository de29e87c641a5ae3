// outbox.hpp - frames on their way to one peer: the batch being filled, and those the transport would not take yet.
//
// Owned by its Session; the broker's thread.  Workers and launchers get batches, plain clients one envelope per frame.
// Bounded by bytes and frames: Outgoing looks before it adds, except for the broker's own few words of control.
// A peer that tells what it takes in is sent a window of bytes at most that it has not told of; the rest waits here, and asks
// among it are sent with what is left of their time.
// Next: outgoing.hpp decides when to flush.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include "wire/aging.hpp"
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
    Sent flush(Nanoseconds now, Send&& send) {
        const Sent sent = send_waiting(now, send);
        if (sent == Sent::pipe_full) note_wait(now);
        return sent;
    }
    /// All that is here now waits, and has waited since then at least.
    void note_wait(Nanoseconds now) {
        if (!batches_) return;  // a client gets each envelope alone, and is hardly ever asked
        for (auto frame = sealed_.rbegin(); frame != sealed_.rend() && frame->waits_since.count() == 0; ++frame) frame->waits_since = now;
        if (open_.empty()) return;
        if (open_since_.count() == 0) open_since_ = now;
        if (now - open_since_ < aging_step) return;
        seal(std::exchange(open_, {}));
        sealed_.back().waits_since = now;
    }

    /// What its peer will never get, oldest first.
    [[nodiscard]] std::deque<std::string> take_all() {
        if (!open_.empty()) seal(std::exchange(open_, {}));
        sealed_bytes_ = 0;
        std::deque<std::string> all;
        for (auto& frame : std::exchange(sealed_, {})) all.push_back(std::move(frame.bytes));
        return all;
    }

    [[nodiscard]] std::size_t bytes() const noexcept { return sealed_bytes_ + open_.size(); }
    [[nodiscard]] std::size_t frames() const noexcept { return sealed_.size(); }  ///< without the one being filled

    Credit credit;

private:
    struct Frame {
        std::string bytes;
        Nanoseconds waits_since{0};  ///< all that is in it; 0: since the last flush at most
    };
    template <class Send>
    Sent send_waiting(Nanoseconds now, Send& send) {
        while (!(sealed_.empty() && open_.empty()) && credit.is_left()) {
            if (!sealed_.empty()) age(sealed_.front(), now);
            std::string& oldest = sealed_.empty() ? open_ : sealed_.front().bytes;
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

    void age(Frame& frame, Nanoseconds now) {
        if (frame.waits_since.count() == 0 || now - frame.waits_since < aging_step) return;
        sealed_bytes_ -= frame.bytes.size();
        take_time(frame.bytes, now - std::exchange(frame.waits_since, now));
        sealed_bytes_ += frame.bytes.size();
    }
    void make_space(std::size_t size) {
        if (open_.empty() || open_.size() + size <= limits::batch_size_max) return;
        seal(std::exchange(open_, {}));
    }
    void seal(std::string frame) {
        sealed_bytes_ += frame.size();
        sealed_.push_back({.bytes = std::move(frame), .waits_since = {}});
        open_since_ = {};
    }
    void drop_oldest() {
        if (sealed_.empty()) {
            open_.clear();
            open_since_ = {};
            if (open_.capacity() > 2 * limits::batch_size_max) open_.shrink_to_fit();
        } else {
            sealed_bytes_ -= sealed_.front().bytes.size();
            sealed_.pop_front();
        }
    }

    bool batches_;
    std::string open_;
    Nanoseconds open_since_{0};  // when it first had to wait
    std::deque<Frame> sealed_;
    std::size_t sealed_bytes_ = 0;
    std::uint64_t to_tell_ = 0;
};

}  // namespace peacepie::broker
