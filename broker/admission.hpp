// admission.hpp - no more connections than there are descriptors for.
//
//   open ─as many as there is room for─▶ shut ─a sixteenth of them has left─▶ open
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
        : queue_(std::clamp<std::size_t>(descriptors / 16, 8, 4'096)), most_(room_for(descriptors, queue_)), few_(most_ - most_ / 16) {}

    /// Connections that may wait to be accepted: they are, even when it is shut by then, and must fit into the rest.  At most 4 096,
    /// because everybody reconnects at once after a restart.
    [[nodiscard]] int queue() const noexcept { return static_cast<int>(queue_); }
    [[nodiscard]] std::size_t most() const noexcept { return most_; }

    void listens(int descriptor) noexcept { listener_ = descriptor; }
    void came(int descriptor);
    void left(int descriptor);
    [[nodiscard]] bool is_open() const noexcept { return is_open_; }
    [[nodiscard]] std::size_t connections() const noexcept { return connections_.size(); }

private:
    void shut();
    void open();
    /// Not the broker's own, ZeroMQ's and the ledger's, nor those who are accepted until the event of the last is read.
    static std::size_t room_for(std::size_t descriptors, std::size_t queue) noexcept {
        const auto rest = queue + 32 + std::max<std::size_t>(32, descriptors / 16);
        return descriptors > 2 * rest ? descriptors - rest : descriptors / 2;
    }

    const std::size_t queue_, most_, few_;
    std::unordered_set<int> connections_;
    int listener_ = -1;
    bool is_open_ = true;
};

}  // namespace peacepie::broker
