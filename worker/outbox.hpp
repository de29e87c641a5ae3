// outbox.hpp - what this worker has to say to the broker, batched until someone holds the socket.
//
// Any thread appends under the lock; whoever holds the link takes frames.  Batches grow while the socket is busy and go
// at once when it is not, so a lone message never waits for company.
// A broker that tells what it takes in is sent a window of bytes at most that it has not told of; the rest waits here.
// Asks that had to wait are sent with what is left of their time.
// Next: pump.hpp takes the frames to the link.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "wire/aging.hpp"
#include "wire/codec.hpp"
#include "wire/credit.hpp"
#include "wire/limits.hpp"
#include "wire/link.hpp"

namespace peacepie::worker {

class Outbox {
public:
    enum class Put : std::uint8_t { taken, full, route_changed, muted };

    explicit Outbox(std::size_t bytes_max = limits::peer_queue_bytes_max) : Outbox(own_left_, own_clock_, bytes_max) {}
    /// Adds to `left` whatever Envelope::is_tallied, and dead letters, under the lock.
    Outbox(std::atomic<std::uint64_t>& left, const Clock& clock, std::size_t bytes_max = limits::peer_queue_bytes_max)
        : bytes_max_(bytes_max), clock_(clock), left_(left) {}

    /// Appends unless the routes have changed since `routes`: then the caller must look the recipient up again, or its
    /// message could fall behind one that already took the new way.
    [[nodiscard]] Put append(const Envelope& envelope, std::uint64_t routes) {
        std::lock_guard guard(lock_);
        if (routes != routes_.load(std::memory_order_relaxed)) return Put::route_changed;
        return append_locked(envelope);
    }
    /// The same for the header, written before, of a tallied send, of a sender that is not muted while its actor runs here.
    [[nodiscard]] Put append(std::string_view header, std::string_view body, std::uint64_t routes) {
        const auto size = header.size() + std::max<std::size_t>(body.size(), 1);
        std::lock_guard guard(lock_);
        if (routes != routes_.load(std::memory_order_relaxed)) return Put::route_changed;
        if (!muted_.empty()) return Put::muted;  // perhaps: the long way tells
        if (!has_room(size)) return Put::full;
        const auto before = batch_.size();
        append_batched(batch_, header, body);
        count(batch_.size() - before);
        add_left(1);
        return Put::taken;
    }
    [[nodiscard]] Put append(const Envelope& envelope) {
        std::lock_guard guard(lock_);
        return append_locked(envelope);
    }
    /// The same for what must not be lost, past the bound.
    void append_surely(const Envelope& envelope) {
        std::lock_guard guard(lock_);
        (void)append_locked(envelope, true);
    }
    /// Changes a route and says a last word by the old way, with no other message in between.
    template <class Change>
    void change_routes(Change change, const Envelope* last_word) {
        std::lock_guard guard(lock_);
        change();
        routes_.fetch_add(1, std::memory_order_release);
        if (last_word) (void)append_locked(*last_word, true);  // a lost fence would gate its name for ever
    }
    [[nodiscard]] std::uint64_t routes() const noexcept { return routes_.load(std::memory_order_acquire); }

    /// Those senders live elsewhere by now, and what they said here must not come behind what they say there: nothing of theirs
    /// is taken before unmute(), and what still waits comes out, as a batch.
    [[nodiscard]] std::string mute(const std::vector<std::string>& senders);
    /// So many sends have left in one message: with a snapshot.
    void count_left(std::uint64_t sends) {
        std::lock_guard guard(lock_);
        add_left(sends);
    }
    /// A report of so many dead letters, which have left with it.
    [[nodiscard]] Put append_letters(const Envelope& report, std::uint64_t letters) {
        std::lock_guard guard(lock_);
        const auto put = append_locked(report);
        if (put == Put::taken) add_left(letters);
        return put;
    }
    /// Tells `then` how many of those that have left still wait here.  None leaves meanwhile.
    template <class Then>
    void with_sends(Then then) {
        std::lock_guard guard(lock_);
        then(waiting_sends());
    }
    void unmute(const std::string& sender) {
        std::lock_guard guard(lock_);
        muted_.erase(sender);
    }

    /// Until the broker has welcomed this worker only its hello goes out; the rest waits within the bound.
    void open() {
        std::lock_guard guard(lock_);
        open_ = true;
        note_ready();
    }
    void close() {
        std::lock_guard guard(lock_);
        open_ = false;
        note_ready();
    }
    /// Goes out at once and first, open or not: a hello, and what follows its welcome.
    void put_greeting(const Envelope& envelope) {
        std::lock_guard guard(lock_);
        greeting_.clear();  // a later hello says all that an earlier one did
        append_envelope(greeting_, envelope);
        note_ready();
    }

    /// A new session with the broker: its window, 0 when it is of those that do not tell and are not told.
    void begin_credit(std::uint64_t window);
    /// The broker took so much in.
    void give_back(std::uint64_t bytes);
    /// The broker is to be told that so much was taken in here.
    void tell(std::uint64_t bytes);
    /// How often mail had to wait because the broker had not told that it took what it was sent.
    [[nodiscard]] std::uint64_t credit_waits() const noexcept { return credit_waits_.load(std::memory_order_relaxed); }
    /// Nothing may go out at the moment and nothing waits for credit.
    [[nodiscard]] bool has_said_all();

    /// Nothing may go out at the moment.
    [[nodiscard]] bool empty() const noexcept { return ready_.load(std::memory_order_acquire) == 0; }
    [[nodiscard]] std::size_t bytes_max() const noexcept { return bytes_max_; }
    /// How often there was no room.
    [[nodiscard]] std::uint64_t refused() const noexcept { return refused_.load(std::memory_order_relaxed); }
    [[nodiscard]] std::size_t bytes() const noexcept { return waiting_.load(std::memory_order_relaxed); }

    struct Frame {
        std::string bytes;
        bool is_greeting = false;
        std::uint64_t told = 0;  ///< it only tells what was taken in
        Nanoseconds asked_at{0};  ///< when the last ask in it came, or its time was taken off; 0: none is in it
    };
    /// The oldest frame, or nothing.
    [[nodiscard]] std::optional<Frame> take() {
        std::lock_guard guard(lock_);
        Frame frame;
        if (!greeting_.empty()) {
            frame = {std::exchange(greeting_, {}), true};
        } else if (open_ && credit_.is_left() && !(frames_.empty() && batch_.empty())) {
            if (frames_.empty()) seal();
            frame = std::move(frames_.front());
            frames_.pop_front();
            set_waiting(bytes() - frame.bytes.size());
            if (frame.asked_at.count() != 0) age(frame);
            if (has_word() && frame.bytes.size() <= limits::batch_size_max) append_taken(frame.bytes, std::exchange(to_tell_, 0));
        } else if (has_word()) {  // needs no credit: each side could wait for the other's word for ever; nor a welcome, which may wait for it
            frame.told = std::exchange(to_tell_, 0);
            append_taken(frame.bytes, frame.told);
        } else {
            return std::nullopt;
        }
        credit_.spend(frame.bytes.size());
        if (frame.told == 0 && !credit_.is_left() && bytes() != 0) credit_waits_.fetch_add(1, std::memory_order_relaxed);
        note_ready();
        return frame;
    }
    /// The link did not take that frame: it stays the oldest.
    void put_back(Frame frame) {
        std::lock_guard guard(lock_);
        credit_.give_back(frame.bytes.size());
        if (frame.told != 0) {
            to_tell_ += frame.told;
        } else if (frame.is_greeting) {
            if (greeting_.empty()) greeting_ = std::move(frame.bytes);
        } else {
            set_waiting(bytes() + frame.bytes.size());
            frames_.push_front(std::move(frame));
        }
        note_ready();
    }

private:
    [[nodiscard]] std::uint64_t waiting_sends() const;  ///< under the lock
    Put append_locked(const Envelope& envelope, bool always = false) {
        if (!muted_.empty() && muted_.contains(envelope.sender)) return Put::muted;
        const auto size = encoded_size(envelope);
        if (!has_room(size, always)) return refused_.fetch_add(1, std::memory_order_relaxed), Put::full;
        if (envelope.timeout_ms) note_ask();
        const auto before = batch_.size();
        append_batched(batch_, envelope, size);
        count(batch_.size() - before);
        if (envelope.is_tallied()) add_left(1);
        return Put::taken;
    }
    /// False: the bound is reached.  Else the open batch takes so many bytes.
    [[nodiscard]] bool has_room(std::size_t size, bool always = false) {
        const auto waiting = waiting_.load(std::memory_order_relaxed);
        if (!always && waiting + size > bytes_max_) return false;
        if (!batch_.empty() && batch_.size() + size > limits::batch_size_max) seal();
        if (batch_.empty()) batch_.reserve(waiting == 0 ? 1024 : limits::batch_size_max);
        return true;
    }
    void seal() {
        frames_.push_back({.bytes = std::exchange(batch_, {}), .asked_at = std::exchange(asked_at_, {})});
        batch_began_ = {};
    }
    /// An ask is about to enter the batch.
    void note_ask() {
        const auto now = clock_.recent();
        if (batch_began_.count() != 0 && now - batch_began_ >= aging_step) seal();
        if (batch_began_.count() == 0) batch_began_ = now;
        asked_at_ = now;
    }
    void age(Frame& frame) const {
        const auto now = clock_.recent();
        if (now - frame.asked_at < aging_step) return;
        take_time(frame.bytes, now - frame.asked_at);
        frame.asked_at = now;
    }
    void add_left(std::uint64_t sends) noexcept { left_.store(left_.load(std::memory_order_relaxed) + sends, std::memory_order_release); }
    void count(std::size_t bytes) noexcept {
        set_waiting(this->bytes() + bytes);
        note_ready();
    }
    [[nodiscard]] bool has_word() const noexcept { return tells_ && to_tell_ != 0; }
    void set_waiting(std::size_t bytes) noexcept { waiting_.store(bytes, std::memory_order_relaxed); }
    void note_ready() noexcept {
        const auto mail = open_ && credit_.is_left() ? waiting_.load(std::memory_order_relaxed) : 0;
        const auto words = has_word() ? 1 : 0;
        ready_.store(mail + words + greeting_.size(), std::memory_order_release);
    }

    static inline const SteadyClock own_clock_;
    const std::size_t bytes_max_;
    const Clock& clock_;
    std::atomic<std::uint64_t> own_left_{0};
    std::atomic<std::uint64_t>& left_;
    std::mutex lock_;
    std::string batch_;
    Nanoseconds asked_at_{0}, batch_began_{0};  // of the batch: its last ask, and its first; 0: it has none
    std::deque<Frame> frames_;
    std::string greeting_;
    std::set<std::string, std::less<>> muted_;
    bool open_ = false;
    bool tells_ = false;
    Credit credit_;
    std::uint64_t to_tell_ = 0;
    std::atomic<std::uint64_t> credit_waits_{0};
    std::atomic<std::uint64_t> refused_{0};
    std::atomic<std::size_t> waiting_{0};  // bytes in frames_ and batch_; changed under the lock
    std::atomic<std::size_t> ready_{0};    // of them, the greeting and a word, what may go out now
    std::atomic<std::uint64_t> routes_{0};
};

}  // namespace peacepie::worker
