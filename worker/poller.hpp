// poller.hpp - sleeping until the broker, an actor's descriptor, a deadline or another loop wants something.
//
// One loop at a time waits; wake, watch and unwatch from any thread.
// Next: scheduler.cpp decides who waits.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "wire/link.hpp"

namespace peacepie::worker {

class Poller {
public:
    struct Ready {
        std::uint64_t cell;
        std::uint64_t operation;
    };

    Poller(int link_descriptor, int connection_descriptor);
    ~Poller();
    Poller(const Poller&) = delete;
    Poller& operator=(const Poller&) = delete;

    /// Sleeps at most `patience` (nothing: for ever) and returns the operations whose descriptors are ready.
    [[nodiscard]] std::vector<Ready> wait(std::optional<Nanoseconds> patience);
    /// Whether the connection has stirred since this was asked last.
    [[nodiscard]] bool has_connection_stirred() noexcept { return stirred_.exchange(false, std::memory_order_relaxed); }
    void wake() noexcept;
    [[nodiscard]] bool watch(std::uint64_t cell, std::uint64_t operation, int descriptor, int events);
    void unwatch(std::uint64_t cell, std::uint64_t operation);

private:
    struct Watch {
        std::uint64_t cell, operation;
        int descriptor;  // our own duplicate: one descriptor may be watched for several operations
    };
    static constexpr std::uint64_t wake_mark = 0, link_mark = 1, connection_mark = 2, first_watch = 3;

    int epoll_;
    int wake_;
    std::atomic<bool> stirred_{false};
    std::mutex lock_;
    std::uint64_t last_ = first_watch;
    std::map<std::uint64_t, Watch> watches_;
};

}  // namespace peacepie::worker
