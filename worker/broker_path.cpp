// broker_path.cpp - a TCP connection that is given up as soon as anything answers.  Next: session.cpp.
#include "worker/broker_path.hpp"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <exception>
#include <string_view>
#include <thread>
#include <utility>

#include "log/log.hpp"
#include "wire/endpoint_check.hpp"
#include "wire/limits.hpp"

namespace peacepie::worker {

namespace {

/// That which libzmq uses: the first one of IPv4, or the IPv6 one that was written as such.  The bytes of a sockaddr; none: it is not known.
std::string address_of(const std::string& machine, const std::string& port) {
    addrinfo wanted{};
    wanted.ai_family = machine.find(':') != machine.npos ? AF_INET6 : AF_INET;
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(machine.c_str(), port.c_str(), &wanted, &found) != 0) return {};
    std::string address(reinterpret_cast<const char*>(found->ai_addr), found->ai_addrlen);
    ::freeaddrinfo(found);
    return address;
}

/// A refusal is an answer of its kernel, too.
bool answers(const std::string& address) {
    const auto* there = reinterpret_cast<const sockaddr*>(address.data());
    const int end = ::socket(there->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (end < 0) return false;  // out of descriptors: nothing is known, and that must not last
    int error = ::connect(end, there, static_cast<socklen_t>(address.size())) == 0 ? 0 : errno;
    if (error == EINPROGRESS) {
        pollfd writable{end, POLLOUT, 0};
        const auto patience = std::chrono::duration_cast<std::chrono::milliseconds>(limits::path_look_patience).count();
        socklen_t size = sizeof error;
        int ready = 0;
        do ready = ::poll(&writable, 1, static_cast<int>(patience));
        while (ready < 0 && errno == EINTR);
        if (ready <= 0 || ::getsockopt(end, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = ETIMEDOUT;
    }
    ::close(end);
    return error == 0 || error == ECONNREFUSED;
}

}  // namespace

struct BrokerPath::Look {
    std::string machine, port;
    std::string address;         // once it is known; of the look under way, then of the next
    std::atomic<bool> is_under_way{false};
    std::atomic<bool> has_found{false};
    std::atomic<int> missed{0};  // in a row, since the last that found it
    Nanoseconds began{0};        // these two are the admin's
    bool is_overdue = false;     // counted as missed while it lasts: a name server behind the same cut network

    void run() {
        if (address.empty()) address = address_of(machine, port);
        const bool found = !address.empty() && answers(address);
        has_found.store(found);
        found ? missed.store(0) : void(missed.fetch_add(1));
    }
};

BrokerPath::BrokerPath(const std::string& endpoint) {
    constexpr std::string_view tcp = "tcp://";
    if (is_local_endpoint(endpoint) || !endpoint.starts_with(tcp)) return;
    const auto colon = endpoint.rfind(':');
    auto machine = endpoint.substr(tcp.size(), colon - tcp.size());
    if (machine.starts_with('[') && machine.ends_with(']')) machine = machine.substr(1, machine.size() - 2);  // IPv6
    look_ = std::make_shared<Look>();
    look_->machine = std::move(machine);
    look_->port = endpoint.substr(colon + 1);
}

Way BrokerPath::look(Nanoseconds now) {
    if (!look_) return Way::there;
    if (!look_->is_under_way.exchange(true)) {
        look_->began = now;
        look_->is_overdue = false;
        try {
            std::thread([look = look_] {
                look->run();
                look->is_under_way.store(false);
            }).detach();  // who ends does not wait for a name server
        } catch (const std::exception& error) {
            look_->missed.fetch_add(1);
            look_->is_under_way.store(false);
            log::warning("cannot look for the broker's machine: {}", error.what());
        }
    } else if (now - look_->began > 2 * limits::path_look_patience && !std::exchange(look_->is_overdue, true)) {
        look_->missed.store(limits::path_looks_missed);
    }
    const int missed = look_->missed.load();
    return missed >= limits::path_looks_missed ? Way::gone : missed == 0 && look_->has_found.load() ? Way::there : Way::unknown;
}

}  // namespace peacepie::worker
