// forwarder.cpp - the yardstick: a plain libzmq ROUTER that forwards [destination][header][body], and peers around it.
//
//   forwarder route ENDPOINT              forwards until it is killed
//   forwarder echo ENDPOINT               answers whatever comes
//   forwarder rtt ENDPOINT SIZE COUNT LANES   round trips with LANES outstanding: prints seconds, p50 and p99 in µs
//   forwarder sink ENDPOINT COUNT         prints the seconds between the first and the last message
//   forwarder source ENDPOINT SIZE COUNT
// It knows no names, bounds nothing and checks nothing.  Next: figures.py runs it beside peacepie.
#include <zmq.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr char header[32] = "v1 command=ping mid=0000000001";

void* context() {
    static void* const only = zmq_ctx_new();
    return only;
}

void* open_socket(int type, const char* name) {
    void* socket = zmq_socket(context(), type);
    const int queue = 20'000, linger = -1;
    zmq_setsockopt(socket, ZMQ_SNDHWM, &queue, sizeof queue);
    zmq_setsockopt(socket, ZMQ_RCVHWM, &queue, sizeof queue);
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
    if (name) zmq_setsockopt(socket, ZMQ_ROUTING_ID, name, std::strlen(name));
    return socket;
}

[[noreturn]] void fail(const char* what) {
    std::fprintf(stderr, "forwarder: %s: %s\n", what, zmq_strerror(zmq_errno()));
    std::exit(1);
}

/// Receives one message of any number of parts; false when none is there (flags DONTWAIT).
bool receive(void* socket, int flags = 0) {
    for (int more = 1; more != 0; flags = 0) {
        zmq_msg_t part;
        zmq_msg_init(&part);
        if (zmq_msg_recv(&part, socket, flags) < 0) return false;
        more = zmq_msg_more(&part);
        zmq_msg_close(&part);
    }
    return true;
}

void send_to(void* socket, std::string_view to, const std::string& body) {
    if (zmq_send(socket, to.data(), to.size(), ZMQ_SNDMORE) < 0 || zmq_send(socket, header, sizeof header, ZMQ_SNDMORE) < 0 ||
        zmq_send(socket, body.data(), body.size(), 0) < 0)
        fail("send");
}

void route(const char* endpoint) {
    void* router = open_socket(ZMQ_ROUTER, nullptr);
    const int mandatory = 1;
    zmq_setsockopt(router, ZMQ_ROUTER_MANDATORY, &mandatory, sizeof mandatory);
    if (zmq_bind(router, endpoint) != 0) fail("bind");
    for (;;) {
        zmq_msg_t part;
        zmq_msg_init(&part);
        if (zmq_msg_recv(&part, router, 0) < 0) fail("receive");
        zmq_msg_close(&part);  // who sent it: the destination follows
        for (bool more = true, dropped = false; more;) {
            zmq_msg_init(&part);
            if (zmq_msg_recv(&part, router, 0) < 0) fail("receive");
            more = zmq_msg_more(&part) != 0;
            if (!dropped && zmq_msg_send(&part, router, more ? ZMQ_SNDMORE : 0) < 0) dropped = true;
            zmq_msg_close(&part);
        }
    }
}

void echo(const char* endpoint) {
    void* socket = open_socket(ZMQ_DEALER, "echo");
    zmq_connect(socket, endpoint);
    for (;;) {
        zmq_msg_t head, body;
        zmq_msg_init(&head);
        zmq_msg_init(&body);
        if (zmq_msg_recv(&head, socket, 0) < 0 || zmq_msg_recv(&body, socket, 0) < 0) fail("receive");
        if (zmq_send(socket, "rtt", 3, ZMQ_SNDMORE) < 0 || zmq_msg_send(&head, socket, ZMQ_SNDMORE) < 0 ||
            zmq_msg_send(&body, socket, 0) < 0)
            fail("send");
    }
}

void rtt(const char* endpoint, std::size_t size, long count, long lanes) {
    void* socket = open_socket(ZMQ_DEALER, "rtt");
    zmq_connect(socket, endpoint);
    const std::string body(size, 'x');
    std::vector<double> spans;
    send_to(socket, "echo", body);
    (void)receive(socket);
    using Clock = std::chrono::steady_clock;
    const auto began = Clock::now();
    long sent = 0;
    auto before = began;
    for (; sent < lanes && sent < count; ++sent) send_to(socket, "echo", body);
    for (long got = 0; got < count; ++got) {
        if (!receive(socket)) fail("receive");
        if (lanes == 1) {
            const auto now = Clock::now();
            spans.push_back(std::chrono::duration<double, std::micro>(now - before).count());
            before = now;
        }
        if (sent < count) send_to(socket, "echo", body), ++sent;
    }
    const double seconds = std::chrono::duration<double>(Clock::now() - began).count();
    std::sort(spans.begin(), spans.end());
    auto at = [&](double part) { return spans.empty() ? 0 : spans[static_cast<std::size_t>(static_cast<double>(spans.size() - 1) * part)]; };
    std::printf("%.9f %.3f %.3f\n", seconds, at(0.5), at(0.99));
}

void sink(const char* endpoint, long count) {
    void* socket = open_socket(ZMQ_DEALER, "sink");
    zmq_connect(socket, endpoint);
    if (!receive(socket)) fail("receive");
    const auto began = std::chrono::steady_clock::now();
    for (long got = 1; got < count; ++got)
        if (!receive(socket)) fail("receive");
    std::printf("%.9f\n", std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
}

void source(const char* endpoint, std::size_t size, long count) {
    void* socket = open_socket(ZMQ_DEALER, "source");
    zmq_connect(socket, endpoint);
    const std::string body(size, 'x');
    for (long i = 0; i < count; ++i) send_to(socket, "sink", body);
    zmq_close(socket);
    zmq_ctx_term(context());  // waits until the last one is out
}

}  // namespace

int main(int count, char** words) {
    const std::string verb = count > 2 ? words[1] : "";
    auto number = [&](int which) { return which < count ? std::atol(words[which]) : 0; };
    if (verb == "route") route(words[2]);
    else if (verb == "echo") echo(words[2]);
    else if (verb == "rtt") rtt(words[2], static_cast<std::size_t>(number(3)), number(4), number(5));
    else if (verb == "sink") sink(words[2], number(3));
    else if (verb == "source") source(words[2], static_cast<std::size_t>(number(3)), number(4));
    else return 2;
}
