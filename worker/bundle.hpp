// bundle.hpp - several sends of one actor to another in one block: what it says in a row, here or through the broker.
//
//   | mail | bundle | the sender's name, when it lives elsewhere | command, size, body | command, size, body | ... room
//
// A mail that is no message itself.  Whoever brings messages fills it, a cell that takes turns reads one after the other in
// place, anybody else takes it apart first.  It saves a block, a link and a look for each message (decision 15).
// Owned like a mail by whoever holds the pointer; not thread-safe.
// Next: chain.hpp and stream.hpp fill it, cell.cpp reads it.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "worker/mail.hpp"

namespace peacepie::worker {

struct Bundle : Mail {
    std::uint32_t unread = 0;   ///< messages
    std::uint32_t read_at = 0;  ///< where the first of them begins
    std::uint32_t filled = 0;   ///< up to here

    struct Message {
        std::uint32_t command;
        pp_bytes body;
    };

    /// Of an actor here.
    [[nodiscard]] static Bundle* make(std::uint64_t sender, std::uint32_t size) { return make(sender, {}, Origin::local, size); }
    /// Of one elsewhere.
    [[nodiscard]] static Bundle* make(std::string_view sender, std::uint32_t size) { return make(0, sender, Origin::link, size); }
    [[nodiscard]] static Bundle* of(Mail* mail) noexcept {
        return mail != nullptr && mail->kind == MailKind::bundle ? static_cast<Bundle*>(mail) : nullptr;
    }

    [[nodiscard]] std::string_view sender_text() const noexcept { return {reinterpret_cast<const char*>(this + 1), sender_size}; }
    /// How large a block the next bundle of a run takes, the last having been of `size`; 0 when that message would be the only one in it.
    /// The first is small, for most runs are short; behind a full one, or for a message that is not small, it is large.
    [[nodiscard]] static std::uint32_t next_size(std::uint32_t size, bool is_behind_full, std::uint64_t body_size, std::uint64_t sender_size) noexcept {
        const auto fits = [&] { return 2 * room_for(body_size) <= size - sizeof(Bundle) - whole_words(sender_size); };
        if (is_behind_full || !fits()) size = mail_block::large;
        return fits() ? size : 0;
    }
    /// What a message counts as against a mailbox's bound: as a mail of its own, for it may become one.
    [[nodiscard]] std::uint64_t bytes_of(std::uint64_t body_size) const noexcept { return sizeof(Mail) + sender_size + body_size; }
    /// False: no room.
    [[nodiscard]] bool append(std::uint32_t command_symbol, pp_bytes message) noexcept {
        const auto room = room_for(message.size);
        if (room > block_size - filled) return false;
        char* const at = reinterpret_cast<char*>(this) + filled;
        new (at) Head{command_symbol, static_cast<std::uint32_t>(message.size)};
        if (message.size != 0) std::memcpy(at + sizeof(Head), message.data, message.size);
        filled += static_cast<std::uint32_t>(room);
        ++unread;
        return true;
    }
    /// The next message; there is one.  Its body is good until the bundle is destroyed.
    [[nodiscard]] Message read() noexcept {
        const char* const at = reinterpret_cast<const char*>(this) + read_at;
        const auto& head = *reinterpret_cast<const Head*>(at);
        read_at += static_cast<std::uint32_t>(room_for(head.size));
        --unread;
        return {head.command, {at + sizeof(Head), head.size}};
    }
    /// A message of one elsewhere, for the seam; command and body are still to be filled in.
    [[nodiscard]] pp_envelope envelope() const noexcept {
        return {.size = sizeof(pp_envelope), .kind = PP_SEND, .reserved = {0, 0, 0}, .mid = 0, .deadline_ns = 0, .command = 0, .reserved2 = 0,
                .recipient = 0, .sender = sender, .command_text = {nullptr, 0}, .recipient_text = {nullptr, 0},
                .sender_text = bytes(sender_text()), .meta = {nullptr, 0}, .body = {nullptr, 0}};
    }
    /// A message of its own out of one of those in here.
    [[nodiscard]] Mail* mail_of(const Message& message) const {
        if (origin == Origin::local) return Mail::tell(sender, message.command, message.body);
        auto one = envelope();
        one.command = message.command;
        one.body = message.body;
        return Mail::make(one, origin);
    }
    /// What is unread as mails, linked and counted, oldest first, with `rest` behind them.  The bundle is gone.
    [[nodiscard]] static Mail* apart(Bundle* bundle, Mail* rest) {
        Mail* first = rest;
        Mail** link = &first;
        while (bundle->unread != 0) {
            Mail* mail = bundle->mail_of(bundle->read());
            mail->counted = true;
            mail->next = rest;
            *link = mail;
            link = &mail->next;
        }
        Mail::destroy(bundle);
        return first;
    }

private:
    struct Head {
        std::uint32_t command, size;
    };
    [[nodiscard]] static std::uint64_t room_for(std::uint64_t body_size) noexcept { return sizeof(Head) + whole_words(body_size); }
    [[nodiscard]] static std::uint64_t whole_words(std::uint64_t size) noexcept { return (size + 7) & ~std::uint64_t{7}; }
    [[nodiscard]] static Bundle* make(std::uint64_t sender, std::string_view text, Origin origin, std::uint32_t size) {
        auto* bundle = new (mail_block::take(size)) Bundle;
        bundle->sender = sender;
        bundle->block_size = size;
        bundle->sender_size = static_cast<std::uint16_t>(text.size());
        bundle->kind = MailKind::bundle;
        bundle->origin = origin;
        bundle->read_at = bundle->filled = static_cast<std::uint32_t>(sizeof(Bundle) + whole_words(text.size()));
        if (!text.empty()) std::memcpy(reinterpret_cast<char*>(bundle + 1), text.data(), text.size());
        return bundle;
    }
};

static_assert(sizeof(Bundle) % alignof(std::uint64_t) == 0);

}  // namespace peacepie::worker
