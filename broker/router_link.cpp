// router_link.cpp - the only file of the broker that knows ZeroMQ.  Next: router_link.hpp
#include "broker/router_link.hpp"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <zmq.h>

#include "wire/codec.hpp"
#include "wire/limits.hpp"
#include "wire/scan.hpp"

namespace peacepie::broker {

namespace {

constexpr const char* monitor_endpoint = "inproc://router-monitor";
constexpr std::size_t routing_id_size = 5;  // as ZeroMQ makes them: a zero and a number

template <class T>
void set(void* socket, int option, T value) {
    if (zmq_setsockopt(socket, option, &value, sizeof value) != 0)
        throw std::runtime_error(std::string("socket option: ") + zmq_strerror(zmq_errno()));
}

int descriptor_of_socket(void* socket) {
    int descriptor = -1;
    std::size_t size = sizeof descriptor;
    if (zmq_getsockopt(socket, ZMQ_FD, &descriptor, &size) != 0) throw std::runtime_error(std::string("no descriptor: ") + zmq_strerror(zmq_errno()));
    return descriptor;
}

bool has_frames(void* socket) {
    int events = 0;
    std::size_t size = sizeof events;
    return zmq_getsockopt(socket, ZMQ_EVENTS, &events, &size) != 0 || (events & ZMQ_POLLIN) != 0;  // interrupted: it may have some
}

void put_routing_id(Peer peer, char* id) {
    id[0] = 0;
    for (int i = 0; i < 4; ++i) id[4 - i] = static_cast<char>(peer >> (8 * i));
}

std::optional<Peer> peer_of(const void* data, std::size_t size) {
    const auto* id = static_cast<const unsigned char*>(data);
    if (size != routing_id_size || id[0] != 0) return std::nullopt;
    Peer peer = 0;
    for (int i = 1; i <= 4; ++i) peer = peer << 8 | id[i];
    return peer;
}

/// ZeroMQ numbers connections as they come, from a number that it draws.
bool is_after(Peer one, Peer other) { return static_cast<std::int32_t>(static_cast<std::uint32_t>(one) - static_cast<std::uint32_t>(other)) > 0; }

/// Its end has been told already when a connection ended before its first word was read.  If its descriptor is another's by now, that one's
/// first word or end tells.
bool is_at_end(int descriptor) {
    char next;
    const auto size = ::recv(descriptor, &next, 1, MSG_PEEK | MSG_DONTWAIT);
    return size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR);
}

std::string refusal_of_chosen_id() {
    std::string body = "\x81";  // a map of one
    scan::put_text(body, "text");
    scan::put_text(body, "do not set a routing id (ZMQ_ROUTING_ID): connect again without choosing one");
    std::string frame;
    append_envelope(frame, {.kind = Kind::error, .command = code_of(Fault::bad_request), .body = body});
    return frame;
}

}  // namespace

struct RouterLink::Sockets {
    class Message {
    public:
        Message() { zmq_msg_init(&message_); }
        ~Message() { zmq_msg_close(&message_); }
        Message(const Message&) = delete;
        Message& operator=(const Message&) = delete;
        bool receive(void* socket) { return zmq_msg_recv(&message_, socket, ZMQ_DONTWAIT) >= 0; }
        bool has_more() { return zmq_msg_more(&message_) != 0; }
        const void* data() { return zmq_msg_data(&message_); }
        std::size_t size() { return zmq_msg_size(&message_); }
        std::string_view view() { return {static_cast<const char*>(data()), size()}; }
        int descriptor() { return zmq_msg_get(&message_, ZMQ_SRCFD); }

    private:
        zmq_msg_t message_;
    };

    void* context = nullptr;
    void* router = nullptr;
    void* monitor = nullptr;
    int router_descriptor = -1, monitor_descriptor = -1;
    Message id;
    Message frame;
    std::unordered_map<int, Peer> peer_at;        // by descriptor
    std::unordered_map<Peer, int> descriptor_of;

    ~Sockets() {
        if (monitor != nullptr) zmq_close(monitor);
        if (router != nullptr) zmq_close(router);
        if (context != nullptr) zmq_ctx_term(context);
    }
};

void set_router_options(void* socket) {
    const auto milliseconds = [](auto span) {
        return static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(span).count());
    };
    set(socket, ZMQ_ROUTER_MANDATORY, 1);    // a full pipe or an unknown peer is an error, not a silent loss
    set(socket, ZMQ_ROUTER_HANDOVER, 0);     // nobody takes over another's connection
    set(socket, ZMQ_SNDHWM, limits::frames_in_flight_max);
    set(socket, ZMQ_RCVHWM, limits::frames_in_flight_max);
    set(socket, ZMQ_LINGER, 500);            // the last words at the end, but never the default, which is for ever
    set(socket, ZMQ_MAXMSGSIZE, static_cast<std::int64_t>(limits::frame_size_max));
    set(socket, ZMQ_HEARTBEAT_IVL, milliseconds(limits::transport_heartbeat_interval));
    set(socket, ZMQ_HEARTBEAT_TIMEOUT, milliseconds(limits::transport_heartbeat_interval));
    set(socket, ZMQ_HEARTBEAT_TTL, milliseconds(3 * limits::transport_heartbeat_interval));
    set(socket, ZMQ_HANDSHAKE_IVL, 3'000);   // half-open handshakes must not hold descriptors, nor who came in at the moment of shutting (admission.hpp)
}

std::size_t raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1'024;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 1'024;
}

RouterLink::RouterLink(std::size_t descriptors) : admission_(descriptors), sockets_(std::make_unique<Sockets>()) {
    sockets_->context = zmq_ctx_new();
    zmq_ctx_set(sockets_->context, ZMQ_IO_THREADS, 1);    // one: what happens at a descriptor is told in its order
    zmq_ctx_set(sockets_->context, ZMQ_MAX_SOCKETS, 64);  // sockets of ours, not connections
    sockets_->router = zmq_socket(sockets_->context, ZMQ_ROUTER);
    if (sockets_->router == nullptr) throw std::runtime_error(std::string("no socket: ") + zmq_strerror(zmq_errno()));
    set_router_options(sockets_->router);
    set(sockets_->router, ZMQ_BACKLOG, admission_.queue());
    if (zmq_socket_monitor(sockets_->router, monitor_endpoint, ZMQ_EVENT_LISTENING | ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED) != 0)
        throw std::runtime_error(std::string("no socket monitor: ") + zmq_strerror(zmq_errno()));
    sockets_->monitor = zmq_socket(sockets_->context, ZMQ_PAIR);
    set(sockets_->monitor, ZMQ_LINGER, 0);
    set(sockets_->monitor, ZMQ_RCVHWM, 0);  // two events for each connection, and ZeroMQ's thread would wait for this one at a bound
    if (zmq_connect(sockets_->monitor, monitor_endpoint) != 0)
        throw std::runtime_error(std::string("no socket monitor: ") + zmq_strerror(zmq_errno()));
    sockets_->router_descriptor = descriptor_of_socket(sockets_->router);
    sockets_->monitor_descriptor = descriptor_of_socket(sockets_->monitor);
    read_monitor();
}

RouterLink::~RouterLink() = default;

std::optional<std::string> RouterLink::bind(const std::string& endpoint) {
    if (endpoint.find("://[") != endpoint.npos) set(sockets_->router, ZMQ_IPV6, 1);
    if (zmq_bind(sockets_->router, endpoint.c_str()) != 0) return zmq_strerror(zmq_errno());
    char bound[256] = {};
    std::size_t size = sizeof bound;
    if (zmq_getsockopt(sockets_->router, ZMQ_LAST_ENDPOINT, bound, &size) != 0) return zmq_strerror(zmq_errno());
    endpoint_ = bound;
    return std::nullopt;
}

Sent RouterLink::send(Peer peer, std::string_view frame) {
    char id[routing_id_size];
    put_routing_id(peer, id);
    if (zmq_send(sockets_->router, id, sizeof id, ZMQ_DONTWAIT | ZMQ_SNDMORE) < 0)
        return zmq_errno() == EAGAIN ? Sent::pipe_full : Sent::peer_unknown;
    // After the id was taken the second part always is: the pipe was found to have room for the whole message.
    zmq_send(sockets_->router, frame.data(), frame.size(), ZMQ_DONTWAIT);
    return Sent::taken;
}

void RouterLink::forget(Peer peer) {
    if (last_peer_ == peer) last_peer_ = 0;
    const auto found = sockets_->descriptor_of.find(peer);
    if (found == sockets_->descriptor_of.end()) return;
    const auto at = sockets_->peer_at.find(found->second);
    if (at != sockets_->peer_at.end() && at->second == peer) sockets_->peer_at.erase(at);
    sockets_->descriptor_of.erase(found);
}

std::optional<RouterLink::Arrival> RouterLink::receive() {
    auto& id = sockets_->id;
    auto& frame = sockets_->frame;
    void* const router = sockets_->router;
    while (id.receive(router)) {
        const auto peer = peer_of(id.data(), id.size());
        const std::string chosen_id = peer ? std::string() : std::string(id.view());
        bool is_whole = id.has_more() && frame.receive(router);
        const bool is_multipart = is_whole && frame.has_more();
        while (is_whole && frame.has_more()) is_whole = frame.receive(router);
        if (peer) {
            if (*peer != last_peer_) note_connection(*peer);
            return Arrival{*peer, is_whole && !is_multipart ? frame.view() : std::string_view()};
        }
        const auto refusal = refusal_of_chosen_id();
        if (zmq_send(router, chosen_id.data(), chosen_id.size(), ZMQ_DONTWAIT | ZMQ_SNDMORE) >= 0)
            zmq_send(router, refusal.data(), refusal.size(), ZMQ_DONTWAIT);
    }
    return std::nullopt;
}

void RouterLink::note_connection(Peer peer) {
    last_peer_ = peer;
    auto& peer_at = sockets_->peer_at;
    auto& descriptor_of = sockets_->descriptor_of;
    if (descriptor_of.contains(peer)) return;
    const int descriptor = sockets_->frame.descriptor();
    if (descriptor < 0) return;
    if (is_at_end(descriptor)) disconnected_.push_back(peer);
    const auto [at, is_new] = peer_at.try_emplace(descriptor, peer);
    if (!is_new) {  // the descriptor was used again, so its earlier peer is gone; it may be the one that is heard of later
        const Peer earlier = is_after(peer, at->second) ? std::exchange(at->second, peer) : peer;
        disconnected_.push_back(earlier);
        descriptor_of.erase(earlier);
    }
    descriptor_of[at->second] = descriptor;
}

// An event is two parts: 16 bits of number and 32 bits of value, then the address.
void RouterLink::read_monitor() {
    Sockets::Message event;
    while (event.receive(sockets_->monitor)) {
        std::uint16_t number = 0;
        std::int32_t descriptor = -1;
        if (event.size() >= sizeof number + sizeof descriptor) {
            std::memcpy(&number, event.data(), sizeof number);
            std::memcpy(&descriptor, static_cast<const char*>(event.data()) + sizeof number, sizeof descriptor);
        }
        while (event.has_more() && event.receive(sockets_->monitor)) {}
        if (number == ZMQ_EVENT_LISTENING && endpoint_.starts_with("tcp")) admission_.listens(descriptor);
        else if (number == ZMQ_EVENT_ACCEPTED) admission_.came(descriptor);
        else if (number == ZMQ_EVENT_DISCONNECTED) has_ended(descriptor);
    }
}

void RouterLink::has_ended(int descriptor) {
    admission_.left(descriptor);
    if (const auto at = sockets_->peer_at.find(descriptor); at != sockets_->peer_at.end()) disconnected_.push_back(at->second);
}

/// ZeroMQ's own poll asks each socket up to three times and makes nine system calls for a message where this makes four: a round trip takes
/// 0.9 of the time.  A socket's descriptor is readable when there is something that it has not been asked about: the monitor is read until
/// it is empty each time, and of the router whatever was sent since may have taken the sign.
bool RouterLink::wait(int descriptor, std::chrono::milliseconds at_most) {
    if (has_frames(sockets_->router)) at_most = {};
    pollfd items[] = {{sockets_->router_descriptor, POLLIN, 0}, {sockets_->monitor_descriptor, POLLIN, 0}, {descriptor, POLLIN, 0}};
    if (::poll(items, 3, static_cast<int>(at_most.count())) <= 0) return false;
    if (items[1].revents != 0) read_monitor();
    return items[2].revents != 0;
}

std::vector<Peer> RouterLink::take_disconnected() { return std::exchange(disconnected_, {}); }

std::string RouterLink::library_version() {
    int major = 0, minor = 0, patch = 0;
    zmq_version(&major, &minor, &patch);
    return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

}  // namespace peacepie::broker
