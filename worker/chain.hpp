// chain.hpp - what an actor says to one recipient several times in a row, posted at once.
//
//   open ─────── take_away() ──────▶ closed
//     ▲                                │
//     └──── end(), when the run ends ──┘
//
// One per thread.  The first message to a recipient goes at once; from the second on they are linked up and posted together,
// when the run ends, the actor turns to somebody else, or there are 64: one compare-and-swap and one addition for all of
// them, and the reader is not disturbed for each (fan-in, decision 15).  What waits here must not wait for a handler that
// lasts: after some milliseconds the monitor closes the chain and posts what is in it, and until the run ends each message
// goes at once.  The thread pays no fence for that: the monitor has the kernel fence it, as in turns.hpp.
// Threads: take_away() is the monitor's, all else the thread's own.
// Next: tell.cpp and switchboard.cpp use it.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

#include "worker/bundle.hpp"
#include "worker/mailbox.hpp"

namespace peacepie::worker {

class Chain {
public:
    static constexpr std::uint32_t length_max = 64;
    static constexpr std::uint64_t nobody = ~std::uint64_t{0};  ///< no handle, and not quiet

    [[nodiscard]] static Chain& of_thread() noexcept {
        static constinit thread_local Chain chain;
        return chain;
    }

    /// This kernel fences nobody: each message goes at once.
    void forbid() noexcept { closed_.store(true, std::memory_order_relaxed), forbidden_ = true; }

    /// Nothing was said since the last end().
    [[nodiscard]] bool is_quiet() const noexcept { return recipient_.load(std::memory_order_relaxed) == 0; }
    [[nodiscard]] bool is_empty() const noexcept { return length_.load(std::memory_order_acquire) == 0; }
    [[nodiscard]] bool is_full() const noexcept { return length_.load(std::memory_order_relaxed) == length_max; }
    /// Before anything else may be said: something waits here, or the monitor is just posting it.  take() ends both.
    [[nodiscard]] bool is_ahead() const noexcept { return !is_empty() || (closed_.load(std::memory_order_relaxed) && !forbidden_); }
    [[nodiscard]] std::uint64_t recipient() const noexcept { return recipient_.load(std::memory_order_relaxed); }
    /// The chain is empty, and a message to that recipient goes at once; those that follow may be linked up.
    void begin(std::uint64_t recipient) noexcept {
        if (recipient != this->recipient()) next_size_ = mail_block::medium;
        recipient_.store(recipient, std::memory_order_relaxed);
    }
    /// The message to that recipient could not go: what follows it is not linked up either.
    void begin_with_nobody() noexcept { begin(nobody); }
    /// False: not the recipient of the last message, or as many as may be wait, or each goes at once.
    [[nodiscard]] bool add(std::uint64_t recipient, Mail* mail) noexcept {
        if (recipient != this->recipient()) return false;
        const Touch touch(*this);
        const auto length = length_.load(std::memory_order_relaxed);
        if (touch.is_refused() || length == length_max) return false;
        mail->counted = true;
        link(mail, mail->block_size);
        bundle_.store(nullptr, std::memory_order_relaxed);
        next_size_ = mail_block::medium;
        length_.store(length + 1, std::memory_order_relaxed);
        return true;
    }
    /// The same for a message by handles: it goes into a bundle, without a mail of its own.  False, too: the body is a large one.
    [[nodiscard]] bool append(std::uint64_t recipient, std::uint64_t sender, std::uint32_t command, pp_bytes body) {
        if (recipient != this->recipient()) return false;
        const Touch touch(*this);
        const auto length = length_.load(std::memory_order_relaxed);
        if (touch.is_refused() || length == length_max) return false;
        Bundle* bundle = bundle_.load(std::memory_order_relaxed);
        if ((bundle == nullptr || bundle->sender != sender || !bundle->append(command, body)) && !append_to_next(sender, command, body)) return false;
        bytes_.store(bytes_.load(std::memory_order_relaxed) + sizeof(Mail) + body.size, std::memory_order_relaxed);
        length_.store(length + 1, std::memory_order_release);
        return true;
    }
    /// What waits, for the thread itself to post; nothing, once the monitor has posted it.
    [[nodiscard]] Mailbox::Links take() noexcept {
        {
            const Touch touch(*this);
            if (!touch.is_refused()) return cut();
        }
        std::lock_guard guard(lock_);  // the monitor may be posting
        return cut();
    }
    /// The run is over and nothing waits.
    void end() noexcept {
        recipient_.store(0, std::memory_order_relaxed);
        next_size_ = mail_block::medium;
        if (closed_.load(std::memory_order_relaxed)) reopen();
    }

    /// Any other thread: closes the chain and hands what is in it to `post`.  The thread may be in the middle of a message:
    /// then nothing is taken, and it sees that it is closed at the next.
    template <class Post>
    void take_away(Post post) {
        if (is_empty()) return;
        std::lock_guard guard(lock_);
        closed_.store(true);
        if (!is_fenced_off()) return;
        const auto to = recipient();
        if (const auto links = cut(); links.newest != nullptr) post(to, links);
    }

private:
    /// Stands while the thread touches the chain.  It writes touched_, then reads closed_; the monitor writes closed_, has
    /// this thread fenced, then reads touched_: one of them sees the other.
    class Touch {
    public:
        explicit Touch(Chain& chain) noexcept : chain_(chain) {
            chain_.touched_.store(true, std::memory_order_relaxed);
            std::atomic_signal_fence(std::memory_order_seq_cst);  // the processor is fenced by take_away()
            refused_ = chain_.closed_.load(std::memory_order_relaxed);
        }
        ~Touch() { chain_.touched_.store(false, std::memory_order_release); }
        Touch(const Touch&) = delete;
        Touch& operator=(const Touch&) = delete;
        [[nodiscard]] bool is_refused() const noexcept { return refused_; }

    private:
        Chain& chain_;
        bool refused_;
    };

    [[nodiscard]] bool is_fenced_off() noexcept;
    [[nodiscard]] bool append_to_next(std::uint64_t sender, std::uint32_t command, pp_bytes body);
    void link(Mail* mail, std::uint64_t bytes) noexcept {
        Mail* before = newest_.load(std::memory_order_relaxed);
        mail->next = before;
        newest_.store(mail, std::memory_order_relaxed);
        if (!before) oldest_.store(mail, std::memory_order_relaxed);
        bytes_.store(bytes_.load(std::memory_order_relaxed) + bytes, std::memory_order_relaxed);
    }
    void reopen() noexcept;
    [[nodiscard]] Mailbox::Links cut() noexcept {
        const Mailbox::Links links{newest_.load(std::memory_order_relaxed), oldest_.load(std::memory_order_relaxed),
                                   length_.load(std::memory_order_relaxed) * Mailbox::one_message + bytes_.load(std::memory_order_relaxed)};
        newest_.store(nullptr, std::memory_order_relaxed);
        oldest_.store(nullptr, std::memory_order_relaxed);
        bundle_.store(nullptr, std::memory_order_relaxed);
        bytes_.store(0, std::memory_order_relaxed);
        length_.store(0, std::memory_order_release);  // who sees it sees that the chain is closed, too
        return links;
    }

    std::atomic<std::uint64_t> recipient_{0};
    std::atomic<Mail*> newest_{nullptr};
    std::atomic<Mail*> oldest_{nullptr};
    std::atomic<Bundle*> bundle_{nullptr};  // the newest, when it is one
    std::atomic<std::uint64_t> bytes_{0};
    std::atomic<std::uint32_t> length_{0};
    std::atomic<bool> touched_{false};
    std::atomic<bool> closed_{false};
    bool forbidden_ = false;
    std::uint32_t next_size_ = mail_block::medium;  // of a bundle: Bundle::next_size()
    std::mutex lock_;
};

}  // namespace peacepie::worker
