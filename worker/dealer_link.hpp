// dealer_link.hpp - the DEALER socket as a Link.
//
// Used by one thread at a time, under Pump's lock (the full fence libzmq asks for when a socket changes threads).
// libzmq reconnects by itself and says nothing of it on the socket; a monitor does.  What a session is, is known above.
// Next: pump.hpp decides who uses it when.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wire/link.hpp"

namespace peacepie::worker {

class DealerLink final : public Link {
public:
    /// Throws Error unavailable when the endpoint cannot be understood.  Does not wait for the broker.
    explicit DealerLink(const std::string& endpoint);
    ~DealerLink() override;
    DealerLink(const DealerLink&) = delete;
    DealerLink& operator=(const DealerLink&) = delete;

    [[nodiscard]] Sent send(std::string_view frame) override;
    /// The next frame that has come, valid until the next call; nothing when none has.
    [[nodiscard]] std::optional<std::string_view> receive();
    /// Readable when something may have happened; edge-triggered: afterwards receive() until it gives nothing.
    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
    enum class Change : std::uint8_t { none, lost, renewed };
    /// Readable when the connection has gone or come: then change().
    [[nodiscard]] int connection_descriptor() const noexcept { return connection_descriptor_; }
    /// What has become of the connection since this was asked last; the first one is no change.  Whoever is behind a renewed one does
    /// not know us, even if it is the same broker.
    [[nodiscard]] Change change();

private:
    struct Message;  // a zmq_msg_t, kept out of this header
    void* context_;
    void* socket_;
    void* monitor_;
    Message* received_;
    int descriptor_ = -1;
    int connection_descriptor_ = -1;
    bool was_connected_ = false;
};

}  // namespace peacepie::worker
