// mailbox.hpp - where senders on any thread leave mail for one cell.  Bounded in count and bytes.
//
//              post              drain
//     idle ───────────▶ filled ─────────▶ empty ──try_idle──▶ idle
//     shut: local mail stays out (the actor is on the move)      closed: nothing gets in
//
// A stack with one compare-and-swap per post and one per drain (the door may be shut meanwhile), reversed on the way out (rule 6 of the
// performance notes: Vyukov's queue was slower here and touches the box after giving it up).  The upper 16 bits of the
// head are the generation of the slot the box lies in, so that a late sender cannot reach the slot's next tenant, and the
// shut bit, so that both are checked by the same compare-and-swap that posts.
// Thread: post and shut from any; drain, try_idle, close, reopen from the one that runs the cell.
// Next: cell.hpp owns one.
#pragma once

#include <atomic>
#include <cstdint>

#include "wire/bounds.hpp"
#include "wire/limits.hpp"
#include "worker/mail.hpp"

namespace peacepie::worker {

enum class Posted : std::uint8_t {
    queued,       ///< the reader is awake and will come to it
    wake_reader,  ///< the first one in an idle box: schedule the cell
    full,         ///< the bound is reached: the sender must be told
    gone          ///< closed, or another tenant: look the name up again
};

/// What one box may hold, the same for all of a process.
struct MailboxCapacity {
    std::uint64_t length = limits::mailbox_length_max;
    std::uint64_t bytes = limits::mailbox_bytes_max;
};

class Mailbox {
public:
    /// Mails and bundles linked from the newest to the oldest; each mail says that it is counted, and together they weigh that much.
    struct Links {
        Mail* newest = nullptr;
        Mail* oldest = nullptr;
        std::uint64_t weight = 0;
    };

    static constexpr int bytes_bits = 40;  // count in the upper 24 bits, bytes in the lower 40: one addition bounds both
    static constexpr std::uint64_t one_message = 1ull << bytes_bits;
    static constexpr std::uint16_t generations_max = 0x7fff;
    /// Main sets it before there is a second thread; nobody changes it later.
    static inline MailboxCapacity capacity;

    /// Takes the mail unless it answers `full` or `gone`.
    [[nodiscard]] Posted post(Mail* mail, std::uint16_t generation) noexcept {
        return put(mail, generation, mail->passes_shut_door(), mail->is_bounded());
    }
    /// The same for what an actor here says.
    [[nodiscard]] Posted post_message(Mail* mail, std::uint16_t generation) noexcept { return put(mail, generation, false, true); }

    /// The same for linked messages of one origin, none of them HEAD's: all or none are taken.
    [[nodiscard]] Posted post(const Links& links, std::uint16_t generation) noexcept {
        const auto wanted = pack(generation, 0);
        const auto shut_passes = links.newest->passes_shut_door() ? shut_bit : 0;
        const auto before = posted_.fetch_add(links.weight, std::memory_order_relaxed);
        if (is_over(before + links.weight - taken_.load(std::memory_order_relaxed))) return give_up(links), Posted::full;
        auto head = head_.load(std::memory_order_relaxed);
        for (;;) {
            if (((head ^ wanted) & door_bits & ~shut_passes) != 0 || pointer_of(head) == closed) return give_up(links), Posted::gone;
            const bool is_first = pointer_of(head) == idle;
            links.oldest->next = is_first ? nullptr : reinterpret_cast<Mail*>(pointer_of(head));
            if (head_.compare_exchange_weak(head, (head & door_bits) | reinterpret_cast<std::uint64_t>(links.newest),
                                            std::memory_order_acq_rel, std::memory_order_relaxed))
                return is_first ? Posted::wake_reader : Posted::queued;
        }
    }
    /// What a mail counts against the bounds.
    [[nodiscard]] static std::uint64_t weight_of(const Mail& mail) noexcept { return one_message + mail.block_size; }

    /// All that has come, oldest first, as a chain; null when there is nothing.
    [[nodiscard]] Mail* drain() noexcept {
        const auto head = head_.load(std::memory_order_relaxed);
        return pointer_of(head) <= closed ? nullptr : take_all();
    }
    /// The only mail of a box whose reader it has just woken, else null.  It stays in the box as the mark that the reader is
    /// awake, which saves one exchange of two (5 ns); give it back by idle_after().
    [[nodiscard]] Mail* sole() const noexcept {
        const auto pointer = pointer_of(head_.load(std::memory_order_acquire));
        auto* mail = pointer > closed ? reinterpret_cast<Mail*>(pointer) : nullptr;
        return mail != nullptr && mail->next == nullptr ? mail : nullptr;
    }
    /// The sole mail is handled.  True: nothing else has come, the box is idle.  Else, or when it `may_idle` not, `rest` is what
    /// came, oldest first.
    [[nodiscard]] bool idle_after(Mail* sole, Mail*& rest, bool may_idle = true) noexcept {
        const auto door = head_.load(std::memory_order_relaxed) & door_bits;
        auto expected = door | reinterpret_cast<std::uint64_t>(sole);
        rest = nullptr;
        if (may_idle && head_.compare_exchange_strong(expected, door | idle, std::memory_order_acq_rel, std::memory_order_relaxed))
            return true;
        Mail* first = take_all();  // the sole one lies at the bottom: it comes out first
        rest = first->next;
        return false;
    }
    /// True: nothing has come and the next post will say wake_reader.
    [[nodiscard]] bool try_idle() noexcept {
        auto expected = head_.load(std::memory_order_relaxed) & door_bits;
        return head_.compare_exchange_strong(expected, expected | idle, std::memory_order_acq_rel,
                                             std::memory_order_relaxed);
    }
    /// Lets nothing in any more; what was there comes out as a chain.
    [[nodiscard]] Mail* close() noexcept { return reversed(pointer_of(head_.exchange(pack(generation(), closed), std::memory_order_acq_rel))); }
    /// Keeps local mail out from now on, unless another tenant has moved in.  Any thread.
    void shut(std::uint16_t generation) noexcept {
        auto head = head_.load(std::memory_order_relaxed);
        while (generation_of(head) == generation && pointer_of(head) != closed &&
               !head_.compare_exchange_weak(head, head | shut_bit, std::memory_order_acq_rel, std::memory_order_relaxed)) {
        }
    }
    /// After shut(): lets all mail in again.
    void reopen() noexcept { head_.fetch_and(~shut_bit, std::memory_order_acq_rel); }
    /// A new tenant moves in: another generation, empty, the reader awake.  The counts go on: every counted message of
    /// the last tenant was taken, and a late sender may just be undoing its own.
    void begin(std::uint16_t generation) noexcept { head_.store(pack(generation, 0), std::memory_order_release); }

    /// The generation of the tenant, or 0 when the box is closed or was never let.  Any thread.
    [[nodiscard]] std::uint16_t living_tenant() const noexcept {
        const auto head = head_.load(std::memory_order_acquire);
        return pointer_of(head) == closed ? std::uint16_t{0} : generation_of(head);
    }

    /// The reader is done with a message.
    void took(const Mail& mail) noexcept {
        if (mail.counted) took(weight_of(mail));
    }
    /// Or with several, of that weight: senders write to the same cache line, so one word for many is cheaper.
    void took(std::uint64_t weight) noexcept {
        if (weight != 0) taken_.store(taken_.load(std::memory_order_relaxed) + weight, std::memory_order_relaxed);
    }
    /// Counts a message that has to wait though post() did not count it, or that came with its actor.  By the reader.
    void keeps(Mail& mail) noexcept {
        if (mail.counted || !mail.is_bounded()) return;
        mail.counted = true;
        posted_.fetch_add(weight_of(mail), std::memory_order_relaxed);
    }

    [[nodiscard]] std::uint16_t generation() const noexcept {
        return generation_of(head_.load(std::memory_order_relaxed));
    }
    [[nodiscard]] bool is_closed() const noexcept { return pointer_of(head_.load(std::memory_order_relaxed)) == closed; }
    /// Which bound a message met that was refused just now, as far as can still be told.
    [[nodiscard]] Bound bound_met() const noexcept { return length() < capacity.length ? Bound::mailbox_bytes : Bound::mailbox_length; }
    [[nodiscard]] std::uint64_t length() const noexcept { return waiting() >> bytes_bits; }
    [[nodiscard]] std::uint64_t bytes() const noexcept { return waiting() & ((1ull << bytes_bits) - 1); }

private:
    static constexpr std::uint64_t idle = 1;
    static constexpr std::uint64_t closed = 2;
    static constexpr int pointer_bits = 48;
    static constexpr std::uint64_t shut_bit = 1ull << pointer_bits;
    static constexpr std::uint64_t door_bits = ~0ull << pointer_bits;  // generation and shut bit

    [[nodiscard]] Posted put(Mail* mail, std::uint16_t generation, bool passes_shut_door, bool is_bounded) noexcept {
        const auto wanted = pack(generation, 0);
        const auto shut_passes = passes_shut_door ? shut_bit : 0;
        bool counted = mail->counted;
        auto head = head_.load(std::memory_order_relaxed);
        for (;;) {
            if (((head ^ wanted) & door_bits & ~shut_passes) != 0 || pointer_of(head) == closed) {
                if (counted) uncount(*mail);
                return Posted::gone;
            }
            const bool is_first = pointer_of(head) == idle;
            const bool is_free = is_first && nothing_waits();
            if (!is_free && is_bounded && !counted && !(counted = count(*mail))) return Posted::full;
            mail->next = is_first ? nullptr : reinterpret_cast<Mail*>(pointer_of(head));
            if (head_.compare_exchange_weak(head, (head & door_bits) | reinterpret_cast<std::uint64_t>(mail),
                                            std::memory_order_acq_rel, std::memory_order_relaxed))
                return is_first ? Posted::wake_reader : Posted::queued;
        }
    }

    [[nodiscard]] static constexpr std::uint64_t pack(std::uint16_t generation, std::uint64_t pointer) noexcept {
        return static_cast<std::uint64_t>(generation) << (pointer_bits + 1) | pointer;
    }
    [[nodiscard]] static constexpr std::uint64_t pointer_of(std::uint64_t head) noexcept {
        return head & ((1ull << pointer_bits) - 1);
    }
    [[nodiscard]] static constexpr std::uint16_t generation_of(std::uint64_t head) noexcept {
        return static_cast<std::uint16_t>(head >> (pointer_bits + 1));
    }
    /// The reader of an idle box may be one that keeps mail, because its actor waits for something.
    [[nodiscard]] bool nothing_waits() const noexcept {
        return posted_.load(std::memory_order_relaxed) == taken_.load(std::memory_order_relaxed);
    }
    /// False when the bound is reached.  The first mail in an idle box without a queue is not counted (5 ns of every hop): it
    /// is handled at once, and a reader that cannot do that counts it then.
    [[nodiscard]] bool count(Mail& mail) noexcept {
        const auto weight = weight_of(mail);
        const auto before = posted_.fetch_add(weight, std::memory_order_relaxed);
        mail.counted = true;
        if (!is_over(before + weight - taken_.load(std::memory_order_relaxed))) return true;
        uncount(mail);
        return false;
    }
    void uncount(Mail& mail) noexcept {
        posted_.fetch_sub(weight_of(mail), std::memory_order_relaxed);
        mail.counted = false;
    }
    void give_up(const Links& links) noexcept { posted_.fetch_sub(links.weight, std::memory_order_relaxed); }
    [[nodiscard]] static bool is_over(std::uint64_t waiting) noexcept {
        // Negative: others posted and the reader took them between our addition and our look.  Then it is not full.
        return static_cast<std::int64_t>(waiting) > 0 && ((waiting >> bytes_bits) > capacity.length ||
               (waiting & ((1ull << bytes_bits) - 1)) > capacity.bytes);
    }
    [[nodiscard]] std::uint64_t waiting() const noexcept {
        const auto difference = posted_.load(std::memory_order_relaxed) - taken_.load(std::memory_order_relaxed);
        return static_cast<std::int64_t>(difference) > 0 ? difference : 0;
    }
    [[nodiscard]] Mail* take_all() noexcept {
        auto head = head_.load(std::memory_order_relaxed);
        while (!head_.compare_exchange_weak(head, head & door_bits, std::memory_order_acq_rel, std::memory_order_relaxed)) {
        }
        return reversed(pointer_of(head));
    }
    [[nodiscard]] static Mail* reversed(std::uint64_t newest) noexcept {
        if (newest <= closed) return nullptr;
        Mail* oldest_first = nullptr;
        for (auto mail = reinterpret_cast<Mail*>(newest); mail;) {
            Mail* next = mail->next;
            mail->next = oldest_first;
            oldest_first = mail;
            mail = next;
        }
        return oldest_first;
    }

    std::atomic<std::uint64_t> head_{pack(0, closed)};
    std::atomic<std::uint64_t> posted_{0};
    std::atomic<std::uint64_t> taken_{0};
};

}  // namespace peacepie::worker
