// broker_path_test.cpp - which answers of a machine say that there is a way to it.
#include "worker/broker_path.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>
#include <vector>

#include "catch.hpp"
#include "wire/limits.hpp"

using namespace peacepie;
using namespace peacepie::worker;
using namespace std::chrono_literals;

namespace {

/// What looks come to, one after another, as soon as they know anything.
Way found_by(BrokerPath& path) {
    REQUIRE(path.is_remote());
    auto way = Way::unknown;
    while (way == Way::unknown) way = path.look(1h);  // at one moment none is overdue
    return way;
}

/// A port of this machine at which somebody listens, or did until a moment ago.
class Port {
public:
    Port() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        socklen_t size = sizeof address;
        REQUIRE(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), size) == 0);
        REQUIRE(::listen(socket_, 0) == 0);
        REQUIRE(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
        number_ = ntohs(address.sin_port);
    }
    Port(const Port&) = delete;
    Port& operator=(const Port&) = delete;
    ~Port() { close(); }
    /// Nobody accepts, and from some connection on the kernel does not answer any more.
    void fill() {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<std::uint16_t>(number_));
        for (int i = 0; i < 8; ++i) {
            waiting_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
            (void)::connect(waiting_.back(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
        }
    }
    void close() {
        for (const int one : std::exchange(waiting_, {})) ::close(one);
        if (socket_ >= 0) ::close(socket_);
        socket_ = -1;
    }
    /// By an address that is not loopback's name, so that it counts as another machine.
    [[nodiscard]] std::string endpoint() const { return "tcp://0.0.0.0:" + std::to_string(number_); }

private:
    int socket_;
    int number_ = 0;
    std::vector<int> waiting_;
};

}  // namespace

TEST_CASE("a broker at a loopback address or a local socket is on the same machine, and one with a name or another address is not") {
    for (const auto* here : {"tcp://127.0.0.1:5998", "tcp://127.1.2.3:5998", "tcp://localhost:5998", "tcp://[::1]:5998", "ipc:///run/broker"})
        CHECK_FALSE(BrokerPath(here).is_remote());
    for (const auto* far : {"tcp://10.1.2.3:5998", "tcp://broker.example:5998", "tcp://[2001:db8::1]:5998"}) CHECK(BrokerPath(far).is_remote());
}

TEST_CASE("a machine that takes a connection is there, and one that refuses it as well") {
    Port port;
    BrokerPath path(port.endpoint());
    CHECK(found_by(path) == Way::there);
    port.close();
    BrokerPath refused(port.endpoint());
    CHECK(found_by(refused) == Way::there);
}

TEST_CASE("a machine to which no packet goes is not there") {
    BrokerPath path("tcp://255.255.255.255:5998");
    CHECK(found_by(path) == Way::gone);
}

TEST_CASE("a machine that answers nothing within a second, twice, is not there") {
    Port port;
    port.fill();
    BrokerPath path(port.endpoint());
    CHECK(found_by(path) == Way::gone);
}

TEST_CASE("a look that lasts too long counts as missed, as of a name that nobody tells") {
    Port port;
    port.fill();
    BrokerPath path(port.endpoint());
    CHECK(path.look(1h) == Way::unknown);
    CHECK(path.look(1h + limits::path_look_patience) == Way::unknown);
    CHECK(path.look(1h + 3 * limits::path_look_patience) == Way::gone);
}
