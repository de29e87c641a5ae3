#include "client/socket.hpp"

#include <zmq.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <vector>

#include "wire/endpoint_check.hpp"
#include "wire/fault.hpp"
#include "wire/limits.hpp"

namespace peacepie::client {
namespace {

// Frames that are still in the queue when the program ends get this long to leave: a `send` must not vanish, a dead
// broker must not hold the exit.
constexpr int linger_ms = 1000;

void set(void* socket, int option, int value) {
    if (zmq_setsockopt(socket, option, &value, sizeof value) != 0)
        throw Error(Fault::unavailable, std::string("the ZeroMQ library refuses an option: ") + zmq_strerror(errno));
}

void set_all(void* socket, std::chrono::milliseconds heartbeat) {
    const auto milliseconds = [](auto span) {
        return static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(span).count());
    };
    set(socket, ZMQ_LINGER, linger_ms);
    set(socket, ZMQ_IMMEDIATE, 1);
    set(socket, ZMQ_RECONNECT_IVL, 50);
    set(socket, ZMQ_RECONNECT_IVL_MAX, 1000);
    set(socket, ZMQ_CONNECT_TIMEOUT, milliseconds(limits::heartbeat_patience));  // a broker that is full does not answer, and TCP waits longer each time
    set(socket, ZMQ_HANDSHAKE_IVL, milliseconds(limits::heartbeat_patience));
    set(socket, ZMQ_HEARTBEAT_IVL, milliseconds(heartbeat));
    set(socket, ZMQ_HEARTBEAT_TIMEOUT, milliseconds(limits::heartbeat_patience));
    set(socket, ZMQ_SNDHWM, limits::frames_in_flight_max);
    set(socket, ZMQ_RCVHWM, limits::frames_in_flight_max);
    const auto largest = static_cast<std::int64_t>(limits::frame_size_max);
    zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &largest, sizeof largest);
}

}  // namespace

struct Socket::State {
    void* context = nullptr;
    void* dealer = nullptr;
    void* monitor = nullptr;
    std::uint64_t connections = 0;
    bool connected = false;
    bool refused = false;

    ~State() {
        if (dealer != nullptr) {
            zmq_socket_monitor(dealer, nullptr, 0);
            zmq_close(dealer);
        }
        if (monitor != nullptr) zmq_close(monitor);
        if (context != nullptr) zmq_ctx_term(context);
    }

    void note(std::uint16_t event) {
        switch (event) {
            case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
                ++connections;
                connected = true;
                refused = false;
                break;
            case ZMQ_EVENT_CLOSED:
            case ZMQ_EVENT_CONNECT_RETRIED:
                refused = !connected;
                break;
            case ZMQ_EVENT_DISCONNECTED:
            case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
            case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
                connected = false;
                break;
            default:
                break;
        }
    }

    // An event is two parts: 16 bits of number and 32 bits of value, then the address.
    void read_events() {
        std::array<unsigned char, 64> part{};
        while (zmq_recv(monitor, part.data(), part.size(), ZMQ_DONTWAIT) >= 2) {
            std::uint16_t event = 0;
            std::memcpy(&event, part.data(), sizeof event);
            zmq_recv(monitor, part.data(), part.size(), ZMQ_DONTWAIT);
            note(event);
        }
    }
};

Socket::Socket(const std::string& endpoint, std::chrono::milliseconds heartbeat) : state_(std::make_unique<State>()) {
    if (const auto wrong = wrong_with_endpoint(endpoint, EndpointUse::connect); !wrong.empty())
        throw Error(Fault::bad_argument, "`" + endpoint + "` " + wrong);
    state_->context = zmq_ctx_new();
    state_->dealer = zmq_socket(state_->context, ZMQ_DEALER);
    state_->monitor = zmq_socket(state_->context, ZMQ_PAIR);
    if (state_->dealer == nullptr || state_->monitor == nullptr)
        throw Error(Fault::unavailable, std::string("cannot make a socket: ") + zmq_strerror(errno));
    set_all(state_->dealer, heartbeat);
    set(state_->monitor, ZMQ_LINGER, 0);
    const int events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_CLOSED |
                       ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CONNECT_RETRIED;
    if (zmq_socket_monitor(state_->dealer, "inproc://connection", events) != 0 ||
        zmq_connect(state_->monitor, "inproc://connection") != 0)
        throw Error(Fault::unavailable, std::string("cannot watch the connection: ") + zmq_strerror(errno));
    if (zmq_connect(state_->dealer, endpoint.c_str()) != 0)
        throw Error(Fault::bad_argument, "`" + endpoint + "` is not an endpoint one can connect to (" +
                                             zmq_strerror(errno) + "); write tcp://HOST:PORT");
}

Socket::~Socket() = default;

Sent Socket::send(std::string_view frame) {
    if (frame.size() > limits::frame_size_max) throw Error(Fault::too_large, "the frame passes the limit of the wire");
    int sent = 0;
    do sent = zmq_send(state_->dealer, frame.data(), frame.size(), ZMQ_DONTWAIT);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? Sent::pipe_full : Sent::taken;
}

std::optional<std::string> Socket::receive() {
    state_->read_events();
    zmq_msg_t message;
    zmq_msg_init(&message);
    std::optional<std::string> frame;
    int size = 0;
    do size = zmq_msg_recv(&message, state_->dealer, ZMQ_DONTWAIT);
    while (size < 0 && errno == EINTR);
    if (size >= 0) frame.emplace(static_cast<const char*>(zmq_msg_data(&message)), zmq_msg_size(&message));
    zmq_msg_close(&message);
    return frame;
}

void Socket::wait(std::chrono::milliseconds patience, std::initializer_list<int> descriptors) {
    std::vector<zmq_pollitem_t> items{{state_->dealer, 0, ZMQ_POLLIN, 0}, {state_->monitor, 0, ZMQ_POLLIN, 0}};
    for (const int descriptor : descriptors)
        if (descriptor >= 0) items.push_back({nullptr, descriptor, ZMQ_POLLIN, 0});
    zmq_poll(items.data(), static_cast<int>(items.size()), std::max<long>(0, patience.count()));
    state_->read_events();
}

void Socket::wait_for_room(std::chrono::milliseconds patience) {
    zmq_pollitem_t items[] = {{state_->dealer, 0, ZMQ_POLLOUT, 0}, {state_->monitor, 0, ZMQ_POLLIN, 0}};
    zmq_poll(items, 2, std::max<long>(0, patience.count()));
    state_->read_events();
}

std::uint64_t Socket::connections() const noexcept { return state_->connections; }
bool Socket::is_connected() const noexcept { return state_->connected; }
bool Socket::is_refused() const noexcept { return state_->refused; }

std::string Socket::library_version() {
    int major = 0, minor = 0, patch = 0;
    zmq_version(&major, &minor, &patch);
    return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

}  // namespace peacepie::client
