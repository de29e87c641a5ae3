// mail.cpp - where the blocks come from and how an envelope is packed into one.  Next: mailbox.hpp.
#include "worker/mail.hpp"

#include <sys/mman.h>

#include <cstring>
#include <new>

namespace peacepie::worker {

void mail_block::like_huge(void* slab, std::size_t size) noexcept { (void)::madvise(slab, size, MADV_HUGEPAGE); }

namespace {

char* put(char* at, pp_bytes bytes) noexcept {
    if (bytes.size != 0) std::memcpy(at, bytes.data, bytes.size);
    return at + bytes.size;
}

}  // namespace

/// Each field is written once.
Mail* Mail::make(const pp_envelope& envelope, Origin origin, std::uint64_t sender_handle) {
    const pp_bytes command = envelope.command != 0 ? pp_bytes{} : envelope.command_text;
    const pp_bytes sender = sender_handle != 0 ? pp_bytes{} : envelope.sender_text;
    const std::size_t payload = command.size + sender.size + envelope.meta.size + envelope.body.size;
    const std::size_t size = sizeof(Mail) + payload;
    Mail* mail = new (mail_block::take(size)) Mail{.next = nullptr,
                                             .mid = envelope.mid,
                                             .deadline_ns = envelope.deadline_ns,
                                             .sender = sender_handle,
                                             .command = envelope.command,
                                             .body_size = static_cast<std::uint32_t>(envelope.body.size),
                                             .block_size = static_cast<std::uint32_t>(size),
                                             .place = 0,
                                             .sender_size = static_cast<std::uint16_t>(sender.size),
                                             .meta_size = static_cast<std::uint16_t>(envelope.meta.size),
                                             .command_size = static_cast<std::uint8_t>(command.size),
                                             .kind = static_cast<MailKind>(envelope.kind),
                                             .origin = origin,
                                             .counted = false,
                                             .is_told = false,
                                             .unused = 0};
    if (payload != 0) put(put(put(put(mail->payload(), command), sender), envelope.meta), envelope.body);
    return mail;
}

Mail* Mail::make(MailKind kind, std::uint64_t mid) {
    return new (mail_block::take(sizeof(Mail))) Mail{.mid = mid, .block_size = sizeof(Mail), .kind = kind};
}

/// Each field is named, because clearing all of them first (`rep stos`) took a tenth of a hop.
pp_envelope Mail::envelope() const noexcept {
    const char* const at = payload();
    return {.size = sizeof(pp_envelope), .kind = static_cast<std::uint8_t>(kind), .reserved = {0, 0, 0}, .mid = mid,
            .deadline_ns = deadline_ns, .command = command, .reserved2 = 0, .recipient = 0, .sender = sender,
            .command_text = {at, command_size}, .recipient_text = {nullptr, 0}, .sender_text = {at + command_size, sender_size},
            .meta = bytes(meta()), .body = bytes(body())};
}

}  // namespace peacepie::worker
