// router_link.hpp - the ROUTER socket as a PeerLink.
//
// A peer is the number ZeroMQ made for its connection; clients that choose a routing id are told not to, because chosen
// ids can be stolen or vanish.  Nothing here blocks but wait().  The broker's thread only.
// The socket's monitor tells of connections that begin (admission.hpp counts them) and end, by descriptor; which peer that was is known from its frames, and the
// broker makes sure by talking to it.
// Next: poll_loop.hpp calls it.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/admission.hpp"
#include "wire/link.hpp"

namespace peacepie::broker {

class RouterLink final : public PeerLink {
public:
    /// `descriptors`: as many as this process may have.
    explicit RouterLink(std::size_t descriptors);
    ~RouterLink() override;
    RouterLink(const RouterLink&) = delete;
    RouterLink& operator=(const RouterLink&) = delete;

    /// Returns why it failed, as the system says it; nothing when it listens.
    [[nodiscard]] std::optional<std::string> bind(const std::string& endpoint);
    [[nodiscard]] const std::string& endpoint() const noexcept { return endpoint_; }  ///< with the port really taken

    [[nodiscard]] Sent send(Peer peer, std::string_view frame) override;
    void forget(Peer peer) override;

    struct Arrival {
        Peer peer;
        std::string_view frame;  ///< until the next receive(); empty when it had more than one part
    };
    [[nodiscard]] std::optional<Arrival> receive();
    /// Until something can be received, `descriptor` is readable or time is up; negative: no limit.  Whether `descriptor` is.
    bool wait(int descriptor, std::chrono::milliseconds at_most);
    [[nodiscard]] std::vector<Peer> take_disconnected();

    [[nodiscard]] static std::string library_version();

private:
    struct Sockets;
    void note_connection(Peer peer);
    void read_monitor();
    void has_ended(int descriptor);

    Admission admission_;
    std::unique_ptr<Sockets> sockets_;
    std::string endpoint_;
    std::vector<Peer> disconnected_;
    Peer last_peer_ = 0;
};

/// Every socket option with its reason, in one place; `socket` is a ZeroMQ socket.
void set_router_options(void* socket);

/// As many descriptors as the system allows this process; returns how many that are.
std::size_t raise_descriptor_limit();

}  // namespace peacepie::broker
