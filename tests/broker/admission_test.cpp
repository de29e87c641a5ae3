// admission_test.cpp - a listening socket that is shut and opened again, with real connections.
#include <chrono>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker/admission.hpp"
#include "catch.hpp"

using namespace peacepie::broker;
using namespace std::chrono_literals;

namespace {

class Socket {
public:
    explicit Socket(int descriptor) : descriptor_(descriptor) { REQUIRE(descriptor >= 0); }
    ~Socket() { ::close(descriptor_); }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    operator int() const noexcept { return descriptor_; }

private:
    int descriptor_;
};

struct Listener {
    Listener() {
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        REQUIRE(::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0);
        REQUIRE(::listen(socket, 16) == 0);
        REQUIRE(::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    }
    int comes() const {
        const int end = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)::connect(end, reinterpret_cast<const sockaddr*>(&address), sizeof address);
        return end;
    }

    Socket socket{::socket(AF_INET, SOCK_STREAM, 0)};
    sockaddr_in address{};
};

bool is_in(int end, std::chrono::milliseconds patience) {
    pollfd look{end, POLLOUT, 0};
    return ::poll(&look, 1, static_cast<int>(patience.count())) == 1 && (look.revents & (POLLERR | POLLHUP)) == 0;
}

/// Some number of a connection; they are only counted.
constexpr int first = 10'000;

}  // namespace

TEST_CASE("beyond what there are descriptors for nobody else comes in, those inside go on, and who waits comes in when some have left") {
    Listener listener;
    Admission admission(1'024);
    const auto most = static_cast<int>(admission.most()), some = most / 16;
    admission.listens(listener.socket);
    const Socket early(listener.comes());
    REQUIRE(is_in(early, 1s));
    const Socket inside(::accept(listener.socket, nullptr, nullptr));

    for (int i = 0; i < most; ++i) {
        CHECK(admission.is_open());
        admission.came(first + i);
    }
    CHECK_FALSE(admission.is_open());
    const Socket late(listener.comes());
    CHECK_FALSE(is_in(late, 200ms));
    CHECK(::send(early, "a", 1, 0) == 1);
    char word = 0;
    CHECK(::recv(inside, &word, 1, 0) == 1);

    for (int i = 0; i < some - 1; ++i) admission.left(first + i);
    CHECK_FALSE(admission.is_open());
    admission.left(first + some - 1);
    CHECK(admission.is_open());
    CHECK(is_in(late, 5s));  // TCP asks again after a second
}

TEST_CASE("an end that is told of twice, or of somebody who never came, counts once or not at all") {
    Admission admission(100);
    admission.came(first);
    admission.came(first);
    admission.left(first + 1);
    CHECK(admission.connections() == 1);
    admission.left(first);
    admission.left(first);
    CHECK(admission.connections() == 0);
}

TEST_CASE("who is inside and who waits to be accepted leave descriptors for the broker itself") {
    for (const std::size_t descriptors : {64u, 256u, 1'024u, 20'000u, 1'000'000u}) {
        const Admission admission(descriptors);
        CHECK(admission.most() + static_cast<std::size_t>(admission.queue()) + 20 < descriptors);
        CHECK(admission.most() >= descriptors / 2);
    }
    CHECK(Admission(1'000'000).queue() == 4'096);
}
