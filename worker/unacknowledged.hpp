// unacknowledged.hpp - reliable messages of one actor that nobody has said to have handled yet.
//
// Owned by its cell and used in its turns; travels with the actor, and is kept with the state of a durable one.  One channel
// per recipient: numbered 1, 2, 3 …, a bounded number on the way, the rest waits.  When one fails the channel is silent for
// a while, and then all that is not acknowledged goes again, in order.
// Next: cell_delivery.cpp sends them.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>

#include "wire/link.hpp"
#include "wire/value.hpp"

namespace peacepie::worker {

class Unacknowledged {
public:
    struct Message {
        std::uint64_t number = 0;
        std::string command, body;
        std::uint64_t operation = 0;  ///< of the ask it is on the way in; 0: it waits
    };
    struct Channel {
        std::uint64_t last = 0;       ///< number given out
        std::uint64_t acked = 0;      ///< all up to it were handled
        std::deque<Message> messages; ///< acked + 1 and so on
        std::size_t on_the_way = 0;   ///< of them, the first so many
        int failures = 0;             ///< since something was acknowledged
        std::uint64_t retry = 0;      ///< the operation that ends the silence; 0: not silent
        Nanoseconds failing_since{0};
    };
    using Channels = std::map<std::string, Channel, std::less<>>;

    /// False: it has as many as it may have.
    [[nodiscard]] bool add(std::string_view recipient, std::string_view command, std::string_view body);
    /// The channel in which that operation is on the way or ends a silence; end() when there is none.
    [[nodiscard]] Channels::iterator channel_of(std::uint64_t operation);
    /// Everything up to that operation's message was handled.
    void acknowledged(Channels::iterator channel, std::uint64_t operation);
    /// Gives its messages up.
    [[nodiscard]] std::deque<Message> drop(Channels::iterator channel);

    [[nodiscard]] Channels& channels() noexcept { return channels_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return channels_.empty(); }
    [[nodiscard]] Value to_value() const;
    void read(const Value& value);

    std::string origin;  ///< what this actor calls itself: its name and the epoch of its first life

private:
    Channels channels_;
    std::size_t size_ = 0, bytes_ = 0;
};

}  // namespace peacepie::worker
