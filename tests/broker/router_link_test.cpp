// router_link_test.cpp - the socket's options and its behaviour with real connections.
#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include <zmq.h>

#include "broker/endpoint.hpp"
#include "broker/router_link.hpp"
#include "catch.hpp"
#include "wire/codec.hpp"
#include "wire/endpoint_check.hpp"
#include "wire/limits.hpp"

using namespace peacepie;
using namespace peacepie::broker;
using namespace std::chrono_literals;

namespace {

template <class T>
T option(void* socket, int name) {
    T value{};
    std::size_t size = sizeof value;
    REQUIRE(zmq_getsockopt(socket, name, &value, &size) == 0);
    return value;
}

struct Dealer {
    void* context = zmq_ctx_new();
    void* socket = zmq_socket(context, ZMQ_DEALER);

    explicit Dealer(const RouterLink& link, const std::string& id = {}) {
        const int no_linger = 0, patience = 2'000;
        zmq_setsockopt(socket, ZMQ_LINGER, &no_linger, sizeof no_linger);
        zmq_setsockopt(socket, ZMQ_RCVTIMEO, &patience, sizeof patience);
        if (!id.empty()) zmq_setsockopt(socket, ZMQ_ROUTING_ID, id.data(), id.size());
        REQUIRE(zmq_connect(socket, link.endpoint().c_str()) == 0);
    }
    ~Dealer() { close(); }
    void close() {
        if (socket == nullptr) return;
        zmq_close(std::exchange(socket, nullptr));
        zmq_ctx_term(context);
    }
    void send(std::string_view part, int flags = 0) { REQUIRE(zmq_send(socket, part.data(), part.size(), flags) >= 0); }
    std::optional<std::string> try_receive(int flags = ZMQ_DONTWAIT) {
        std::string frame(1'000, 0);
        const int size = zmq_recv(socket, frame.data(), frame.size(), flags);
        if (size < 0) return std::nullopt;
        frame.resize(static_cast<std::size_t>(size));
        return frame;
    }
    std::string receive() { return try_receive(0).value_or("nothing came"); }
};

/// Looks until something came or two seconds have passed.
template <class Look>
auto within_patience(RouterLink& link, Look look) -> decltype(look()) {
    for (int i = 0; i < 40; ++i) {
        if (auto seen = look()) return seen;
        link.wait(-1, 50ms);
    }
    return look();
}

RouterLink::Arrival arrival(RouterLink& link) {
    auto arrived = within_patience(link, [&] { return link.receive(); });
    REQUIRE(arrived);
    return *arrived;
}

void listen(RouterLink& link) { REQUIRE_FALSE(link.bind("tcp://127.0.0.1:*")); }

}  // namespace

TEST_CASE("the router's socket options are set, none is left at a default that loses or hangs") {
    void* context = zmq_ctx_new();
    void* socket = zmq_socket(context, ZMQ_ROUTER);
    set_router_options(socket);
    CHECK(option<int>(socket, ZMQ_SNDHWM) == limits::frames_in_flight_max);
    CHECK(option<int>(socket, ZMQ_RCVHWM) == limits::frames_in_flight_max);
    CHECK(option<int>(socket, ZMQ_LINGER) <= 1'000);
    CHECK(option<int>(socket, ZMQ_LINGER) >= 0);
    CHECK(option<std::int64_t>(socket, ZMQ_MAXMSGSIZE) == static_cast<std::int64_t>(limits::frame_size_max));
    CHECK(option<int>(socket, ZMQ_HEARTBEAT_IVL) == 10'000);
    CHECK(option<int>(socket, ZMQ_HEARTBEAT_TIMEOUT) == 10'000);
    CHECK(option<int>(socket, ZMQ_HANDSHAKE_IVL) == 3'000);
    zmq_close(socket);
    zmq_ctx_term(context);
}

TEST_CASE("a frame goes to the peer it came from") {
    RouterLink link(1'024);
    listen(link);
    Dealer one(link), two(link);
    one.send("from one");
    const auto first = arrival(link);
    CHECK(first.frame == "from one");
    const Peer peer = first.peer;
    two.send("from two");
    const auto second = arrival(link);
    CHECK(second.peer != peer);
    CHECK(link.send(second.peer, "to two") == Sent::taken);
    CHECK(link.send(peer, "to one") == Sent::taken);
    CHECK(one.receive() == "to one");
    CHECK(two.receive() == "to two");
}

TEST_CASE("a message of more than one part arrives as an empty frame") {
    RouterLink link(1'024);
    listen(link);
    Dealer dealer(link);
    dealer.send("a", ZMQ_SNDMORE);
    dealer.send("b", ZMQ_SNDMORE);
    dealer.send("c");
    CHECK(arrival(link).frame.empty());
    dealer.send("whole");
    CHECK(arrival(link).frame == "whole");
}

TEST_CASE("a chosen routing id is refused with words") {
    RouterLink link(1'024);
    listen(link);
    Dealer dealer(link, "chosen");
    dealer.send("hello");
    const auto frame = within_patience(link, [&] {
        CHECK_FALSE(link.receive().has_value());
        return dealer.try_receive();
    });
    REQUIRE(frame);
    Envelope error;
    REQUIRE_FALSE(read_envelope(*frame, error));
    CHECK(error.command == "bad_request");
    CHECK(error.body.find("ROUTING_ID") != std::string_view::npos);
}

TEST_CASE("a closed connection is told of and a send to it is refused") {
    RouterLink link(1'024);
    listen(link);
    Dealer dealer(link);
    dealer.send("hello");
    const Peer peer = arrival(link).peer;
    dealer.close();
    const auto gone = within_patience(link, [&] {
        (void)link.receive();
        auto peers = link.take_disconnected();
        return peers.empty() ? std::nullopt : std::optional(peers);
    });
    REQUIRE(gone);
    CHECK(*gone == std::vector<Peer>{peer});
    const auto refused = within_patience(link, [&] {
        return link.send(peer, "anybody?") == Sent::peer_unknown ? std::optional(true) : std::nullopt;
    });
    CHECK(refused);
}

TEST_CASE("a connection that ends before its first word is read is told of as closed") {
    RouterLink link(1'024);
    listen(link);
    for (int i = 0; i < 20; ++i) {
        Dealer dealer(link);
        const int linger = 2'000;
        zmq_setsockopt(dealer.socket, ZMQ_LINGER, &linger, sizeof linger);
        dealer.send("hello");
        dealer.close();
        for (const auto until = std::chrono::steady_clock::now() + 20ms; std::chrono::steady_clock::now() < until;) link.wait(-1, 1ms);  // its end is read first
        const Peer peer = arrival(link).peer;
        const auto gone = within_patience(link, [&] {
            const auto peers = link.take_disconnected();  // the one before may be told of twice
            return std::ranges::find(peers, peer) == peers.end() ? std::nullopt : std::optional(true);
        });
        CHECK(gone);
    }
}

TEST_CASE("a peer that does not read fills its pipe and nothing blocks") {
    RouterLink link(1'024);
    listen(link);
    Dealer dealer(link);
    const int little = 1;
    zmq_setsockopt(dealer.socket, ZMQ_RCVHWM, &little, sizeof little);
    dealer.send("hello");
    const Peer peer = arrival(link).peer;
    const std::string frame(1u << 20, 'x');
    Sent sent = Sent::taken;
    for (int i = 0; i < 2'000 && sent == Sent::taken; ++i) sent = link.send(peer, frame);
    CHECK(sent == Sent::pipe_full);
}

TEST_CASE("a port that is taken is an answer and no exception") {
    RouterLink link(1'024);
    listen(link);
    RouterLink second(1'024);
    CHECK(second.bind(link.endpoint()));
}

TEST_CASE("only loopback and local sockets are local") {
    CHECK(is_local_endpoint("tcp://127.0.0.1:5998"));
    CHECK(is_local_endpoint("tcp://127.0.0.1:*"));
    CHECK(is_local_endpoint("tcp://localhost:0"));
    CHECK(is_local_endpoint("tcp://[::1]:5998"));
    CHECK(is_local_endpoint("ipc:///tmp/x"));
    CHECK_FALSE(is_local_endpoint("tcp://0.0.0.0:5998"));
    CHECK_FALSE(is_local_endpoint("tcp://*:5998"));
    CHECK_FALSE(is_local_endpoint("tcp://127.0.0.1.example.org:5998"));
    CHECK_FALSE(is_local_endpoint("tcp://[::]:5998"));
    CHECK(numeric_endpoint("tcp://localhost:5998") == "tcp://127.0.0.1:5998");
}
