// poll_loop.cpp - rounds.  Next: broker.cpp
#include "broker/poll_loop.hpp"

#include <algorithm>
#include <csignal>

#include <sys/signalfd.h>
#include <unistd.h>

namespace peacepie::broker {

int open_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    if (::sigprocmask(SIG_BLOCK, &set, nullptr) != 0) return -1;
    std::signal(SIGPIPE, SIG_IGN);
    return ::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

int PollLoop::run() {
    while (status_ < 0) {
        if (link_.wait(signals_, patience())) read_signals();
        read_round();
        for (const Peer peer : link_.take_disconnected()) broker_.on_disconnected(peer);
        broker_.on_time();
        broker_.on_round();
        if (status_ < 0 && broker_.finished()) status_ = 0;
    }
    return status_;
}

// Bounded, so that what this round produced for others does not wait for a flood to end.
void PollLoop::read_round() {
    std::size_t bytes = 0;
    for (int frames = 0; frames < limits::round_frames_max && bytes < limits::round_bytes_max; ++frames) {
        const auto arrival = link_.receive();
        if (!arrival) return;
        bytes += arrival->frame.size();
        broker_.on_frame(arrival->peer, arrival->frame);
    }
}

void PollLoop::read_signals() {
    signalfd_siginfo info{};
    while (::read(signals_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
        const int signal = static_cast<int>(info.ssi_signo);
        if (heard_ != 0) {
            log::warning("a second signal: ending now");
            status_ = 128 + signal;
            return;
        }
        heard_ = signal;
        broker_.shut_down(signal == SIGTERM ? "SIGTERM" : "SIGINT");
    }
}

std::chrono::milliseconds PollLoop::patience() const {
    const auto deadline = broker_.next_deadline();
    if (!deadline) return std::chrono::milliseconds(-1);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - clock_.now());
    return std::max(left, std::chrono::milliseconds(0));
}

}  // namespace peacepie::broker
