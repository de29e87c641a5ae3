// link.hpp - all that logic may know of a transport and of time.
//
// Broker and worker are written against these three; ZeroMQ and the simulator implement them.
// One thread at a time uses a link, which one may change between calls.
// Next: broker/router_link.hpp and worker/dealer_link.hpp implement it.
#pragma once

#include <chrono>
#include <ctime>
#include <cstdint>
#include <string>
#include <string_view>

namespace peacepie {

using Nanoseconds = std::chrono::nanoseconds;

/// Monotonic time; its zero means nothing.
class Clock {
public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual Nanoseconds now() const noexcept = 0;
    /// As of the kernel's last tick, at most some milliseconds old: 5 ns instead of 25.
    [[nodiscard]] virtual Nanoseconds recent() const noexcept { return now(); }
};

class SteadyClock final : public Clock {
public:
    [[nodiscard]] Nanoseconds now() const noexcept override {
        return std::chrono::steady_clock::now().time_since_epoch();
    }
    [[nodiscard]] Nanoseconds recent() const noexcept override {
        timespec when{};
        clock_gettime(CLOCK_MONOTONIC_COARSE, &when);
        return std::chrono::seconds(when.tv_sec) + Nanoseconds(when.tv_nsec);
    }
};

/// What became of a frame.
enum class Sent : std::uint8_t {
    taken,        ///< the transport has it; that says nothing about arrival
    pipe_full,    ///< not taken; try again when the transport is writable
    peer_unknown  ///< not taken and never will be: no such peer
};

/// A worker's or client's pipe to the broker.
class Link {
public:
    virtual ~Link() = default;
    [[nodiscard]] virtual Sent send(std::string_view frame) = 0;  ///< never blocks
};

/// The broker's pipes; a peer is a number the transport gave to one connection and never gives again.
using Peer = std::uint64_t;

class PeerLink {
public:
    virtual ~PeerLink() = default;
    [[nodiscard]] virtual Sent send(Peer peer, std::string_view frame) = 0;  ///< never blocks
    virtual void forget(Peer peer) = 0;  ///< the peer's session ended: free what is kept for it
};

}  // namespace peacepie
