// dealer_link.hpp - the DEALER socket as a Link.
//
// Used by one thread at a time, under Pump's lock (the full fence libzmq asks for when a socket changes threads).
// libzmq reconnects by itself and says nothing of it on the socket; a monitor does.  What a session is, is known above.
// Next: pump.hpp decides who uses it when.
#pragma once

#include <atomic>
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
    /// True: it is given up for a new one by the next renew_if_wanted().  Because the network `was_cut`, and TCP would come back to it, on
    /// either side, only after as long again; or because its machine has acknowledged nothing for seconds.  Not one to a broker that
    /// stands still, whose kernel acknowledges what it takes.  Any thread.
    [[nodiscard]] bool renew_connection(bool was_cut);
    /// With the connection goes what libzmq had not handed to the network or to us.
    void renew_if_wanted() {
        if (is_renewal_wanted_.load(std::memory_order_relaxed)) renew();
    }

private:
    void renew();

    struct Message;  // a zmq_msg_t, kept out of this header
    void* context_;
    void* socket_;
    void* monitor_;
    Message* received_;
    int descriptor_ = -1;
    int connection_descriptor_ = -1;
    bool was_connected_ = false;
    std::atomic<bool> is_renewal_wanted_{false};
    std::atomic<int> connection_{-1};  // libzmq's own descriptor: only looked at, and only while it leads to the broker
    const std::string endpoint_;
};

}  // namespace peacepie::worker
