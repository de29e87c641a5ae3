// endpoint.hpp - where a broker may listen without being asked twice.
//
// Pure; any thread.
// Next: main.cpp
#pragma once

#include <string>
#include <string_view>

namespace peacepie::broker {

/// tcp://127.x.y.z:port, tcp://[::1]:port, tcp://localhost:port, ipc://path
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

/// ZeroMQ binds to numbers, not to names.
[[nodiscard]] inline std::string numeric_endpoint(std::string_view endpoint) {
    constexpr std::string_view named = "tcp://localhost:";
    if (!endpoint.starts_with(named)) return std::string(endpoint);
    return "tcp://127.0.0.1:" + std::string(endpoint.substr(named.size()));
}

}  // namespace peacepie::broker
