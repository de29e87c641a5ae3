// envelope.hpp - what travels: a header anyone may read and a body only the receiver opens.
//
// A value made of views: it owns nothing and is valid as long as the bytes it points into.  PROTOCOL.md has the layout.
// Next: codec.hpp turns it into bytes and back.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace peacepie {

enum class Kind : std::uint8_t {
    send = 0,   ///< nobody waits
    ask = 1,    ///< exactly one reply or error must follow
    reply = 2,  ///< repeats the ask's mid
    error = 3,  ///< likewise; the command is a fault's code
};

struct Envelope {
    Kind kind = Kind::send;
    std::uint64_t mid = 0;                    ///< chosen by the sender, unique among its open asks
    std::string_view command = {};
    std::string_view recipient = {};          ///< empty together with recipient_handle 0: HEAD
    std::uint64_t recipient_handle = 0;       ///< a number instead of the text; no broker gives one out yet
    std::string_view sender = {};             ///< stamped by broker or worker; empty: nobody or HEAD
    std::optional<std::uint32_t> timeout_ms = {};  ///< time left for an ask
    std::string_view meta = {};                    ///< an encoded map, or empty
    std::string_view body = {};                    ///< an encoded value; empty stands for nil

    [[nodiscard]] bool wants_answer() const noexcept { return kind == Kind::ask; }
    [[nodiscard]] bool is_answer() const noexcept { return kind == Kind::reply || kind == Kind::error; }
    /// A send of somebody to somebody: both ends of a connection count these, so that a loss is known (tally_page.hpp).
    [[nodiscard]] bool is_tallied() const noexcept { return kind == Kind::send && !sender.empty() && !recipient.empty(); }
};

}  // namespace peacepie
