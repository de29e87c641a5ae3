// envelope_of.hpp - a posting as it crosses the boundary of abi.h.
//
// Pure; borrowed views.  Inline, so that what an actor sends is written once, and not as a Posting first.  Authors have no use
// for this.
// Next: actor.cpp writes what is sent, host.cpp all else.
#pragma once

#include <cstddef>

#include "peacepie/bytes.hpp"
#include "peacepie/host.hpp"

namespace peacepie {

/// Each field is named, because clearing all of them first (`rep stos`) took a tenth of a hop.
[[nodiscard]] inline pp_envelope envelope_of(const Posting& posting) noexcept {
    return {.size = sizeof(pp_envelope), .kind = static_cast<std::uint8_t>(posting.kind), .reserved = {0, 0, 0}, .mid = posting.mid,
            .deadline_ns = 0, .command = posting.command, .reserved2 = 0, .recipient = posting.recipient, .sender = 0,
            .command_text = bytes(posting.command_text), .recipient_text = bytes(posting.recipient_text), .sender_text = {nullptr, 0},
            .meta = {nullptr, 0}, .body = bytes(posting.body)};
}

inline bool Host::tell(std::uint64_t recipient, std::uint32_t command, std::string_view body) const {
    const auto& offers = table();
    return offers.size > offsetof(pp_host, tell) && offers.tell != nullptr && offers.tell(cell_, recipient, command, bytes(body)) != 0;
}

}  // namespace peacepie
