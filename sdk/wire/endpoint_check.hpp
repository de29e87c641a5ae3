// endpoint_check.hpp - whether a text can be an endpoint: ZeroMQ takes any number as a port and cuts off what is too much; and
// whether it is one of this machine.
//
// Pure, any thread.  One place for --bind, --broker, their variables and the settings file.
// Next: client/socket.cpp and the two programs ask it before they hand an endpoint to ZeroMQ.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace peacepie {

enum class EndpointUse {
    connect,  ///< the port is a number from 1 to 65535
    bind,     ///< 0 or * as well: take a free one
};

/// What is wrong with it, to stand after the endpoint: "has the port 99999, ..."; empty when nothing is.
[[nodiscard]] inline std::string wrong_with_endpoint(std::string_view endpoint, EndpointUse use) {
    constexpr std::string_view tcp = "tcp://", ipc = "ipc://";
    if (endpoint.starts_with(ipc) && endpoint.size() > ipc.size()) return {};
    const auto colon = endpoint.rfind(':');
    if (!endpoint.starts_with(tcp) || colon <= tcp.size()) return "is no endpoint; write tcp://HOST:PORT";
    const auto text = endpoint.substr(colon + 1);
    if (use == EndpointUse::bind && text == "*") return {};
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    const bool is_port = error == std::errc() && end == text.data() + text.size();
    if (is_port && (port != 0 || use == EndpointUse::bind)) return {};
    return "has the port `" + std::string(text) + "`; a port is a number from 1 to 65535" +
           (use == EndpointUse::bind ? ", or 0 for a free one" : "");
}

/// On this machine: tcp://127.x.y.z:port, tcp://[::1]:port, tcp://localhost:port, ipc://path
[[nodiscard]] inline bool is_local_endpoint(std::string_view endpoint) {
    if (endpoint.starts_with("ipc://")) return true;
    constexpr std::string_view scheme = "tcp://";
    if (!endpoint.starts_with(scheme)) return false;
    const auto place = endpoint.substr(scheme.size());
    const auto host = place.substr(0, place.rfind(':'));
    if (host == "localhost" || host == "[::1]") return true;
    if (!host.starts_with("127.")) return false;
    return host.find_first_not_of("0123456789.") == host.npos;
}

}  // namespace peacepie
