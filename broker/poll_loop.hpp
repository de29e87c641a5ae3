// poll_loop.hpp - the broker's one thread: wait, read a bounded round, flush, look at the clock.
//
// Ends when the system was shut down in order, or at a second signal.
// Next: broker.hpp is what it drives.
#pragma once

#include "broker/broker.hpp"
#include "broker/router_link.hpp"

namespace peacepie::broker {

class PollLoop {
public:
    /// `signals` is a signalfd for SIGTERM and SIGINT.
    PollLoop(RouterLink& link, const Clock& clock, Broker& broker, int signals)
        : link_(link), clock_(clock), broker_(broker), signals_(signals) {}

    /// Returns the exit status: 0 in order, 128 + signal when it was told twice.
    int run();

private:
    void read_round();
    void read_signals();
    [[nodiscard]] std::chrono::milliseconds patience() const;

    RouterLink& link_;
    const Clock& clock_;
    Broker& broker_;
    int signals_;
    int heard_ = 0;   ///< the first signal
    int status_ = -1;
};

/// Blocks SIGTERM and SIGINT for all threads made later and returns a descriptor that tells of them; -1 on failure.
[[nodiscard]] int open_signals();

}  // namespace peacepie::broker
