#include "launcher/signals.hpp"

#include <pthread.h>
#include <sys/signalfd.h>

#include "wire/fault.hpp"

namespace peacepie::launcher {

Signals::Signals() {
    sigset_t ours;
    sigemptyset(&ours);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) sigaddset(&ours, number);
    pthread_sigmask(SIG_BLOCK, &ours, &before_);
    descriptor_ = Descriptor(signalfd(-1, &ours, SFD_NONBLOCK | SFD_CLOEXEC));
    if (descriptor_.number() < 0) throw Error(Fault::unavailable, "the system gives no descriptor for signals");
    std::signal(SIGPIPE, SIG_IGN);
}

Signals::~Signals() {
    std::signal(SIGPIPE, SIG_DFL);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

std::optional<Signal> Signals::next() noexcept {
    signalfd_siginfo information;
    if (read(descriptor_.number(), &information, sizeof information) != sizeof information) return std::nullopt;
    return Signal{static_cast<int>(information.ssi_signo), information.ssi_code == SI_KERNEL};
}

}  // namespace peacepie::launcher
