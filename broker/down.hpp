// down.hpp - how an actor ended, as its monitors are told.
//
// Constants only, any thread.  One sentence each, because whoever watches decides by them what to do.
// Source: Erlang's exit reasons, cut to what a broker knows.
// Next: monitors.hpp tells, departure.hpp and head_parts.cpp know.
#pragma once

#include <cstdint>
#include <string_view>

namespace peacepie::broker {

enum class Down : std::uint8_t {
    normal,         ///< It ended by itself, or its process ended in order.
    error,          ///< Its own failure: it crashed its process, could not start, or ended by itself too often.
    killed,         ///< Somebody else ended it alone: it was removed, or HEAD ended it with its group.
    no_such_actor,  ///< There was none.
    worker_lost,    ///< Its process died, or its connection did, and nobody says that it was to blame.
    no_connection   ///< Its process fell silent, or came back over another connection, which is not death.
};

[[nodiscard]] constexpr std::string_view text_of(Down down) noexcept {
    switch (down) {
        case Down::normal: return "normal";
        case Down::error: return "error";
        case Down::killed: return "killed";
        case Down::no_such_actor: return "no_such_actor";
        case Down::worker_lost: return "worker_lost";
        case Down::no_connection: break;
    }
    return "no_connection";
}

/// How a peer went.  Came back: over another connection, which a hello told.
enum class Ending : std::uint8_t { in_order, died, silent, came_back };

/// What that means for an actor that lived there and was not to blame.
[[nodiscard]] constexpr Down down_of(Ending how) noexcept {
    return how == Ending::in_order ? Down::normal : how == Ending::died ? Down::worker_lost : Down::no_connection;
}

}  // namespace peacepie::broker
