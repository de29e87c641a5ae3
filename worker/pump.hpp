// pump.hpp - who holds the socket: sends what the outbox has, hands in what has come.
//
// Any thread calls exchange(); one at a time gets in, the others go on with their work, because the one inside looks at the
// outbox again before it leaves.
// Next: scheduler.cpp calls it when a loop has nothing else to do.
#pragma once

#include <atomic>
#include <mutex>

#include "wire/limits.hpp"
#include "worker/dealer_link.hpp"

namespace peacepie::worker {

class Worker;

class Pump {
public:
    Pump(Worker& worker, DealerLink& link) : worker_(worker), link_(link) {}

    /// Sends and receives what can be had without waiting.  True when frames came in.
    bool exchange();
    /// The pipe to the broker is full: frames wait for it to drain.
    [[nodiscard]] bool is_blocked() const noexcept { return blocked_.load(std::memory_order_relaxed); }
    /// The last round stopped at its bound: frames are left, and libzmq gives no edge for those.
    [[nodiscard]] bool has_more() const noexcept { return more_.load(std::memory_order_relaxed); }
    [[nodiscard]] int descriptor() const noexcept { return link_.descriptor(); }
    [[nodiscard]] int connection_descriptor() const noexcept { return link_.connection_descriptor(); }
    /// The connection may have gone or come; the next exchange() looks.
    void look_at_connection() noexcept { look_.store(true, std::memory_order_relaxed); }

private:
    void look_at_change();
    void send_all();
    [[nodiscard]] bool receive_some();

    // Then the actors that got mail have a turn, while it is still in the cache.
    static constexpr int frames_per_round = 64;
    static constexpr std::size_t bytes_per_round = 64 << 10;

    Worker& worker_;
    DealerLink& link_;
    std::mutex holder_;
    std::atomic<bool> blocked_{false};
    std::atomic<bool> more_{false};
    std::atomic<bool> look_{false};
};

}  // namespace peacepie::worker
