// endpoint.hpp - an endpoint as ZeroMQ can bind it; whether it is local: wire/endpoint_check.hpp.
//
// Pure; any thread.
// Next: main.cpp
#pragma once

#include <string>
#include <string_view>

namespace peacepie::broker {

/// ZeroMQ binds to numbers, not to names.
[[nodiscard]] inline std::string numeric_endpoint(std::string_view endpoint) {
    constexpr std::string_view named = "tcp://localhost:";
    if (!endpoint.starts_with(named)) return std::string(endpoint);
    return "tcp://127.0.0.1:" + std::string(endpoint.substr(named.size()));
}

}  // namespace peacepie::broker
