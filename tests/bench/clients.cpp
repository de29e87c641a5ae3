// clients.cpp - many clients in one program: a plain DEALER socket each, all with a session at the broker.
//
//   clients ENDPOINT COUNT
// Says `ready` once all are welcome.  Then each line on standard input is a number of pings to HEAD: one client asks them
// and is timed, and before each of them another one asks too.  Prints p50 and p99 in µs.  Ends with its input.
// A socket of libzmq needs two descriptors; who wants more clients than the system allows one program starts several.
// Next: outside.py does.
#include <sys/resource.h>
#include <zmq.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "wire/codec.hpp"
#include "wire/value.hpp"

namespace {

using namespace peacepie;
using std::chrono::steady_clock;

[[noreturn]] void fail(const std::string& what) {
    std::fprintf(stderr, "clients: %s\n", what.c_str());
    std::exit(1);
}

void raise_descriptor_limit() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

class Member {
public:
    Member(void* context, const char* endpoint) : socket_(zmq_socket(context, ZMQ_DEALER)) {
        const int linger = 0, patience_ms = 30'000;
        if (socket_ == nullptr) fail(std::string("no further socket: ") + zmq_strerror(zmq_errno()));
        zmq_setsockopt(socket_, ZMQ_LINGER, &linger, sizeof linger);
        zmq_setsockopt(socket_, ZMQ_RCVTIMEO, &patience_ms, sizeof patience_ms);
        if (zmq_connect(socket_, endpoint) != 0) fail(std::string("connect: ") + zmq_strerror(zmq_errno()));
    }
    void ask(std::string_view command, const Value& body = {}) {
        const auto bytes = body.encoded();
        std::string frame;
        append_envelope(frame, {.kind = Kind::ask, .mid = ++mid_, .command = command, .body = bytes});
        if (zmq_send(socket_, frame.data(), frame.size(), 0) < 0) fail(std::string("send: ") + zmq_strerror(zmq_errno()));
        is_open_ = true;
    }
    /// The answer to what was asked last.
    void await(std::string_view wanted) {
        if (!is_open_) return;
        char frame[4'096];
        const int size = zmq_recv(socket_, frame, sizeof frame, 0);
        Envelope answer;
        if (size < 0) fail("no " + std::string(wanted) + " comes: " + zmq_strerror(zmq_errno()));
        if (read_envelope({frame, static_cast<std::size_t>(size)}, answer) || answer.command != wanted)
            fail("instead of " + std::string(wanted) + " comes " + std::string(answer.command) + " " + std::string(answer.body));
        is_open_ = false;
    }
    void close() { zmq_close(socket_); }

private:
    void* socket_;
    std::uint64_t mid_ = 0;
    bool is_open_ = false;
};

void measure(std::vector<Member>& members, long count) {
    std::vector<double> spans;
    for (long i = 0; i < count; ++i) {
        if (members.size() > 1) {
            auto& other = members[1 + static_cast<std::size_t>(i) % (members.size() - 1)];
            other.await("pong");
            other.ask("ping");
        }
        const auto before = steady_clock::now();
        members[0].ask("ping");
        members[0].await("pong");
        spans.push_back(std::chrono::duration<double, std::micro>(steady_clock::now() - before).count());
    }
    for (auto& each : members) each.await("pong");
    std::sort(spans.begin(), spans.end());
    const auto at = [&](double part) { return spans[static_cast<std::size_t>(static_cast<double>(spans.size() - 1) * part)]; };
    std::printf("%.3f %.3f\n", at(0.5), at(0.99));
    std::fflush(stdout);
}

}  // namespace

int main(int count, char** words) {
    if (count != 3) return 2;
    raise_descriptor_limit();
    void* context = zmq_ctx_new();
    const int sockets = std::atoi(words[2]);
    zmq_ctx_set(context, ZMQ_MAX_SOCKETS, sockets + 8);
    std::vector<Member> members;
    for (int i = 0; i < sockets; ++i) members.emplace_back(context, words[1]);
    const Value hello = Value::Map{{"role", "client"}, {"name", "one_of_many"}, {"protocol", Value::Array{1, 1}}};
    for (auto& each : members) each.ask("hello", hello);
    for (auto& each : members) each.await("welcome");
    std::printf("ready\n");
    std::fflush(stdout);
    for (char line[32]; std::fgets(line, sizeof line, stdin) != nullptr;) measure(members, std::atol(line));
    for (auto& each : members) each.close();
    zmq_ctx_term(context);
}
