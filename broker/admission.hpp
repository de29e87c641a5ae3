// admission.hpp - no more connections than there are descriptors for.
//
//   open ─nine tenths of the descriptors are taken─▶ shut ─a sixteenth of those has left─▶ open
//
// ZeroMQ goes on accepting when no descriptor is left, in vain and with a whole core, and gives no way to stop listening that leaves
// the connections alone.  The kernel does: a filter on the listening socket that passes nothing.  Who comes then has no answer and
// tries again, as TCP does by itself (RFC 9293, 3.8.1), until there is room.  Local sockets (ipc) are not filtered by the kernel.
// Owned by RouterLink, which reads the events; the broker's thread.  Next: router_link.cpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <unordered_set>

namespace peacepie::broker {

class Admission {
public:
    /// `descriptors`: as many as this process may have.
    explicit Admission(std::size_t descriptors)
        : most_(descriptors - descriptors / 10), few_(most_ - most_ / 16), queue_(std::clamp<std::size_t>(descriptors / 16, 8, 4'096)) {}

    /// Connections that may wait to be accepted: they are, even when it is shut by then, and must fit into the rest.  At most 4 096,
    /// because everybody reconnects at once after a restart.
    [[nodiscard]] int queue() const noexcept { return static_cast<int>(queue_); }

    void listens(int descriptor) noexcept { listener_ = descriptor; }
    void came(int descriptor);
    void left(int descriptor);
    [[nodiscard]] bool is_open() const noexcept { return is_open_; }
    [[nodiscard]] std::size_t connections() const noexcept { return connections_.size(); }

private:
    void shut();
    void open();

    const std::size_t most_, few_, queue_;
    std::unordered_set<int> connections_;
    int listener_ = -1;
    bool is_open_ = true;
};

}  // namespace peacepie::broker
