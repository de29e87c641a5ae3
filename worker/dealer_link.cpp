// dealer_link.cpp - the only file of the worker that knows ZeroMQ.  Next: pump.cpp.
#include "worker/dealer_link.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <zmq.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "wire/fault.hpp"
#include "wire/limits.hpp"

namespace peacepie::worker {

struct DealerLink::Message {
    zmq_msg_t content;
};

namespace {

constexpr auto* connection_events = "inproc://connection";

void set(void* socket, int option, int value) { zmq_setsockopt(socket, option, &value, sizeof value); }

/// Every default of libzmq that would hurt, set in one place (guarantees: facts about ZeroMQ).
void configure(void* socket) {
    const auto milliseconds = [](auto span) {
        return static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(span).count());
    };
    set(socket, ZMQ_LINGER, 500);  // bye may still go out; never infinite
    set(socket, ZMQ_SNDHWM, limits::frames_in_flight_max);
    set(socket, ZMQ_RCVHWM, limits::frames_in_flight_max);
    set(socket, ZMQ_RECONNECT_IVL, 20);
    set(socket, ZMQ_RECONNECT_IVL_MAX, 1000);
    set(socket, ZMQ_HANDSHAKE_IVL, 3000);
    set(socket, ZMQ_CONNECT_TIMEOUT, milliseconds(limits::heartbeat_patience));  // a broker that is full does not answer, and TCP waits longer each time
    set(socket, ZMQ_HEARTBEAT_IVL, milliseconds(limits::transport_heartbeat_interval));
    set(socket, ZMQ_HEARTBEAT_TIMEOUT, milliseconds(limits::transport_heartbeat_interval));
    const std::int64_t largest = limits::frame_size_max;
    zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &largest, sizeof largest);
}

/// Of TCP, to the port of that endpoint: the descriptor may be another's by now.
bool leads_to(int descriptor, const std::string& endpoint) {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    if (descriptor < 0 || ::getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &size) != 0) return false;
    const auto port = peer.ss_family == AF_INET    ? reinterpret_cast<const sockaddr_in*>(&peer)->sin_port
                      : peer.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6*>(&peer)->sin6_port
                                                   : 0;
    return endpoint.ends_with(':' + std::to_string(ntohs(port)));
}

/// Something is under way by it, and for seconds nothing has come of it.
bool is_unacknowledged(int descriptor, const std::string& endpoint) {
    tcp_info info{};
    socklen_t size = sizeof info;
    if (!leads_to(descriptor, endpoint) || ::getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return false;
    return info.tcpi_unacked > 0 && std::chrono::milliseconds(info.tcpi_last_ack_recv) > limits::heartbeat_patience;
}

}  // namespace

DealerLink::DealerLink(const std::string& endpoint)
    : context_(zmq_ctx_new()), socket_(zmq_socket(context_, ZMQ_DEALER)), monitor_(zmq_socket(context_, ZMQ_PAIR)), received_(new Message), endpoint_(endpoint) {
    configure(socket_);
    set(monitor_, ZMQ_LINGER, 0);
    zmq_msg_init(&received_->content);
    constexpr int wanted = ZMQ_EVENT_CONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED;
    if (zmq_socket_monitor(socket_, connection_events, wanted) != 0 || zmq_connect(monitor_, connection_events) != 0)
        throw Error(Fault::unavailable, std::string("cannot watch the connection: ") + zmq_strerror(zmq_errno()));
    if (zmq_connect(socket_, endpoint.c_str()) != 0)
        throw Error(Fault::unavailable, "cannot connect to \"" + endpoint + "\": " + zmq_strerror(zmq_errno()) +
                                            "; an endpoint looks like tcp://127.0.0.1:5998");
    std::size_t size = sizeof descriptor_;
    zmq_getsockopt(socket_, ZMQ_FD, &descriptor_, &size);
    zmq_getsockopt(monitor_, ZMQ_FD, &connection_descriptor_, &size);
    (void)change();  // only an empty receive arms the descriptor
}

bool DealerLink::renew_connection(bool was_cut) {
    if (!was_cut && !is_unacknowledged(connection_.load(std::memory_order_relaxed), endpoint_)) return false;
    is_renewal_wanted_.store(true, std::memory_order_relaxed);
    return true;
}

void DealerLink::renew() {
    is_renewal_wanted_.store(false, std::memory_order_relaxed);
    if (zmq_disconnect(socket_, endpoint_.c_str()) == 0 || zmq_errno() == ENOENT) (void)zmq_connect(socket_, endpoint_.c_str());
}

DealerLink::~DealerLink() {
    zmq_msg_close(&received_->content);
    delete received_;
    zmq_socket_monitor(socket_, nullptr, 0);
    zmq_close(monitor_);
    zmq_close(socket_);
    zmq_ctx_term(context_);
}

Sent DealerLink::send(std::string_view frame) {
    for (;;) {
        if (zmq_send(socket_, frame.data(), frame.size(), ZMQ_DONTWAIT) >= 0) return Sent::taken;
        if (zmq_errno() == EINTR) continue;
        return zmq_errno() == EAGAIN ? Sent::pipe_full : Sent::peer_unknown;
    }
}

// An event is two parts: 16 bits of number and 32 bits of value, then the address.
DealerLink::Change DealerLink::change() {
    auto change = Change::none;
    std::array<char, 256> part;
    for (;;) {
        if (zmq_recv(monitor_, part.data(), part.size(), ZMQ_DONTWAIT) < 0) {
            if (zmq_errno() == EINTR) continue;
            return change;
        }
        int more = 0;
        std::size_t size = sizeof more;
        zmq_getsockopt(monitor_, ZMQ_RCVMORE, &more, &size);
        if (more == 0) continue;
        std::uint16_t event = 0;
        std::memcpy(&event, part.data(), sizeof event);
        std::int32_t value = 0;
        std::memcpy(&value, part.data() + sizeof event, sizeof value);
        if (event == ZMQ_EVENT_CONNECTED) connection_.store(value, std::memory_order_relaxed);
        else if (event == ZMQ_EVENT_DISCONNECTED) change = Change::lost;
        else if (std::exchange(was_connected_, true)) change = Change::renewed;
    }
}

std::optional<std::string_view> DealerLink::receive() {
    for (bool skipping = false;;) {
        zmq_msg_close(&received_->content);
        zmq_msg_init(&received_->content);
        if (zmq_msg_recv(&received_->content, socket_, ZMQ_DONTWAIT) < 0) {
            if (zmq_errno() == EINTR) continue;
            return std::nullopt;
        }
        const bool more = zmq_msg_more(&received_->content) != 0;
        if (more || skipping) {  // a frame is one part; several are none of ours
            skipping = more;
            continue;
        }
        return std::string_view(static_cast<const char*>(zmq_msg_data(&received_->content)),
                                zmq_msg_size(&received_->content));
    }
}

}  // namespace peacepie::worker
