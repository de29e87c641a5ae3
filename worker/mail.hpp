// mail.hpp - one message on its way inside a worker: a small header and its texts in one block.
//
// Owned by whoever holds the pointer: the sender until it is posted, the mailbox, then the cell that handles it.
// Not thread-safe; it is handed over, never shared.
// Next: mailbox.hpp queues mails.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include "peacepie/abi.h"
#include "worker/mail_block.hpp"

namespace peacepie::worker {

/// The first four are the kinds of the wire.
enum class MailKind : std::uint8_t {
    send = PP_SEND,
    ask = PP_ASK,
    reply = PP_REPLY,
    error = PP_ERROR,
    alarm,      ///< an operation is due, as a turn in mail order
    completed,  ///< an open operation was completed from outside
    time,       ///< look at your deadlines
    fence,      ///< what local senders sent before has come back through the broker
    order,      ///< from the admin: `mid` holds an Order*
    bundle,     ///< several sends: bundle.hpp
};

/// By which way a mail reached its cell; while a cell is fenced, local mail waits for the link's.
enum class Origin : std::uint8_t { local, link };

struct Mail {
    Mail* next = nullptr;
    std::uint64_t mid = 0;
    std::uint64_t deadline_ns = 0;
    std::uint64_t sender = 0;  ///< a handle of this process, or 0: see sender_text
    std::uint32_t command = 0;  ///< a symbol, or 0: see command_text
    std::uint32_t body_size = 0;
    std::uint32_t block_size = 0;
    std::uint32_t place = 0;  ///< order of coming, in the cell of a class with overlapping commands
    std::uint16_t sender_size = 0;
    std::uint16_t meta_size = 0;
    std::uint8_t command_size = 0;  ///< at most limits::command_size_max
    MailKind kind = MailKind::send;
    Origin origin = Origin::local;
    bool counted : 1 = false;  ///< against its mailbox's bound; the mailbox's own
    bool is_told : 1 = false;  ///< nothing but a body, from one actor here to another, and both handles; see tell() of abi.h
    std::uint8_t unused : 6 = 0;  ///< named, so that the word is stored and not first read

    /// A mail with the envelope's contents copied into it.  Its views die with the mail.
    [[nodiscard]] static Mail* make(const pp_envelope& envelope, Origin origin) { return make(envelope, origin, envelope.sender); }
    /// The same, but sent by the actor behind that handle.
    [[nodiscard]] static Mail* make(const pp_envelope& envelope, Origin origin, std::uint64_t sender);
    /// A mail without texts, for the inner kinds.
    [[nodiscard]] static Mail* make(MailKind kind, std::uint64_t mid = 0);
    /// A send by handles, of a body alone.
    [[nodiscard]] static Mail* tell(std::uint64_t sender, std::uint32_t command, pp_bytes body) {
        const std::size_t size = sizeof(Mail) + body.size;
        Mail* mail = new (mail_block::take(size)) Mail{.sender = sender,
                                                       .command = command,
                                                       .body_size = static_cast<std::uint32_t>(body.size),
                                                       .block_size = static_cast<std::uint32_t>(size),
                                                       .is_told = true};
        if (body.size != 0) std::memcpy(mail->payload(), body.data, body.size);
        return mail;
    }
    static void destroy(Mail* mail) noexcept { mail_block::give(mail, mail->block_size); }

    [[nodiscard]] std::string_view command_text() const noexcept { return {payload(), command_size}; }
    [[nodiscard]] std::string_view sender_text() const noexcept { return {payload() + command_size, sender_size}; }
    [[nodiscard]] std::string_view meta() const noexcept {
        return {payload() + command_size + sender_size, meta_size};
    }
    [[nodiscard]] std::string_view body() const noexcept {
        return {payload() + command_size + sender_size + meta_size, body_size};
    }
    [[nodiscard]] bool is_answer() const noexcept { return kind == MailKind::reply || kind == MailKind::error; }
    [[nodiscard]] bool is_message() const noexcept { return kind == MailKind::send || kind == MailKind::ask; }
    /// A send of somebody: tally.hpp.  What HEAD says by itself names no sender.
    [[nodiscard]] bool is_tallied() const noexcept { return kind == MailKind::send && (sender != 0 || sender_size != 0); }
    /// Gets in even while the actor is on the move: what the worker itself says, and what the broker sends, because the
    /// broker holds mail during a move and lets it go behind the word that ends the move.
    [[nodiscard]] bool passes_shut_door() const noexcept {
        return kind == MailKind::order || kind == MailKind::time || kind == MailKind::completed || origin == Origin::link;
    }
    /// From the broker itself, which names no sender: a step of a move must not be lost to a flood.
    [[nodiscard]] bool is_from_head() const noexcept { return origin == Origin::link && sender == 0 && sender_size == 0; }
    /// Only messages count against a mailbox's bound: answers, orders and HEAD's words must always get in.
    [[nodiscard]] bool is_bounded() const noexcept { return is_message() && !is_from_head(); }

    /// The body of a mail that is_told.
    [[nodiscard]] pp_bytes told() const noexcept { return {payload(), body_size}; }
    /// The same as an envelope of views, for the seam.
    [[nodiscard]] pp_envelope envelope() const noexcept;

private:
    [[nodiscard]] const char* payload() const noexcept { return reinterpret_cast<const char*>(this + 1); }
    [[nodiscard]] char* payload() noexcept { return reinterpret_cast<char*>(this + 1); }
};

static_assert(sizeof(Mail) == 56, "with a body of up to 72 bytes it fits the smallest block of the pool");

/// A first-in first-out chain of mails; owns them.
class MailQueue {
public:
    MailQueue() = default;
    MailQueue(MailQueue&& other) noexcept
        : first_(std::exchange(other.first_, nullptr)), last_(std::exchange(other.last_, nullptr)) {}
    MailQueue& operator=(MailQueue&& other) noexcept {
        std::swap(first_, other.first_);
        std::swap(last_, other.last_);
        return *this;
    }
    ~MailQueue() {
        while (Mail* mail = pop()) Mail::destroy(mail);
    }

    [[nodiscard]] bool empty() const noexcept { return !first_; }
    [[nodiscard]] Mail* front() const noexcept { return first_; }
    void push(Mail* mail) noexcept {
        mail->next = nullptr;
        if (last_) last_->next = mail;
        else first_ = mail;
        last_ = mail;
    }
    /// Mails that are linked already, oldest first, up to the first that is neither told nor a bundle; that one, or null.
    [[nodiscard]] Mail* push_told(Mail* chain) noexcept {
        const auto goes = [](const Mail* mail) { return mail->is_told || mail->kind == MailKind::bundle; };
        if (!goes(chain)) return chain;
        if (last_) last_->next = chain;
        else first_ = chain;
        while (chain->next && goes(chain->next)) chain = chain->next;
        last_ = chain;
        return std::exchange(chain->next, nullptr);
    }
    [[nodiscard]] Mail* pop() noexcept {
        Mail* mail = first_;
        if (mail == nullptr) return nullptr;
        first_ = mail->next;
        if (first_ == nullptr) return last_ = nullptr, mail;
        __builtin_prefetch(first_);  // the next one comes over while this one is handled: its head, and where its body begins
        __builtin_prefetch(reinterpret_cast<const char*>(first_) + 64);
        return mail;
    }
    void append(MailQueue&& other) noexcept {
        if (other.empty()) return;
        if (last_) last_->next = other.first_;
        else first_ = other.first_;
        last_ = other.last_;
        other.first_ = other.last_ = nullptr;
    }

private:
    Mail* first_ = nullptr;
    Mail* last_ = nullptr;
};

[[nodiscard]] inline bool is_tallied(const pp_envelope& envelope) noexcept {
    return envelope.kind == PP_SEND && (envelope.sender != 0 || envelope.sender_text.size != 0);
}
[[nodiscard]] inline std::string_view view(pp_bytes bytes) noexcept { return {bytes.data, bytes.size}; }
[[nodiscard]] inline pp_bytes bytes(std::string_view text) noexcept { return {text.data(), text.size()}; }

}  // namespace peacepie::worker
