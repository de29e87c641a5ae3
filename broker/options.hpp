// options.hpp - what main decides for the broker; the simulator decides otherwise.
//
// A value; copied once at start.
// Next: broker.hpp
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "wire/bounds.hpp"

namespace peacepie::broker {

struct TrafficPage;

struct Options {
    std::string system = "king";
    std::string host = "first";
    std::string version = "0";
    std::uint64_t broker_epoch = 1;          ///< wall clock in microseconds at start: later brokers have greater ones
    std::string client_mark = {};            ///< in the addresses of clients, another in each broker (decision 22)
    std::int64_t pid = 0;
    TrafficPage* page = nullptr;             ///< outlives this process; null: what is under way when it dies is not counted
    bool is_successor = false;               ///< an earlier broker of this system has died, and its workers live
    Bounds bounds = {};  ///< main lowers `sessions` to what the descriptor limit allows
    std::function<std::uint64_t()> rss_bytes = [] { return std::uint64_t{0}; };
    std::function<std::int64_t()> wall_seconds = [] { return std::int64_t{0}; };  ///< since 1970, for people to read
    std::function<std::string()> secret = {};  ///< a fresh unguessable text per call; empty: numbered, for tests
};

}  // namespace peacepie::broker
