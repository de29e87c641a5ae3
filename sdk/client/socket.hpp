// socket.hpp - a pipe to the broker: one DEALER with every option set, and nothing of ZeroMQ in sight.
//
// Owned by a Client or by the launcher; one thread at a time.  Nothing here blocks except `wait`.  Frames are queued only
// for a connection that stands: what was sent into a lost one is gone, and `connections` tells that there is a new one.
// Next: client.hpp says hello through it.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "wire/limits.hpp"
#include "wire/link.hpp"

namespace peacepie::client {

class Socket final : public Link {
public:
    /// Begins to connect.  Throws Error bad_argument when the endpoint cannot be one.  `heartbeat`: how often ZeroMQ asks for a sign of life,
    /// which costs four wake-ups; who has heartbeats of its own asks seldom.
    /// A connection of which the other end has vanished without a word is noticed that much later, and `heartbeat_patience`.
    explicit Socket(const std::string& endpoint, std::chrono::milliseconds heartbeat = limits::heartbeat_interval);
    ~Socket() override;
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    [[nodiscard]] Sent send(std::string_view frame) override;
    /// The next frame, or nothing when none is here.
    [[nodiscard]] std::optional<std::string> receive();

    /// Sleeps until a frame can be sent, the connection has changed, or time is up.
    void wait_for_room(std::chrono::milliseconds patience);
    /// Sleeps until a frame or a change of the connection is here, one of `descriptors` is readable, or time is up.
    void wait(std::chrono::milliseconds patience, std::initializer_list<int> descriptors = {});

    /// How often a connection has come about so far; a change means that the broker does not know us.
    [[nodiscard]] std::uint64_t connections() const noexcept;
    [[nodiscard]] bool is_connected() const noexcept;
    /// Whether the last attempt to connect was refused.
    [[nodiscard]] bool is_refused() const noexcept;

    [[nodiscard]] static std::string library_version();

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace peacepie::client
