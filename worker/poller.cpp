// poller.cpp - epoll.  Next: scheduler.cpp.
#include "worker/poller.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <ctime>

#include "peacepie/abi.h"

namespace peacepie::worker {

namespace {

void add(int epoll, int descriptor, std::uint64_t mark, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = mark;
    (void)epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

}  // namespace

Poller::Poller(int link_descriptor, int connection_descriptor) : epoll_(epoll_create1(EPOLL_CLOEXEC)), wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    add(epoll_, wake_, wake_mark, EPOLLIN);
    add(epoll_, link_descriptor, link_mark, EPOLLIN);
    if (connection_descriptor >= 0) add(epoll_, connection_descriptor, connection_mark, EPOLLIN);
}

Poller::~Poller() {
    for (const auto& [mark, watch] : watches_) close(watch.descriptor);
    close(wake_);
    close(epoll_);
}

std::vector<Poller::Ready> Poller::wait(std::optional<Nanoseconds> patience) {
    std::array<epoll_event, 64> events;
    timespec span{};
    if (patience) {
        const auto ns = std::max<Nanoseconds::rep>(patience->count(), 0);
        span = {static_cast<time_t>(ns / 1'000'000'000), static_cast<long>(ns % 1'000'000'000)};
    }
    const int count = epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), patience ? &span : nullptr, nullptr);
    std::vector<Ready> ready;
    for (int i = 0; i < count; ++i) {
        const auto mark = events[static_cast<std::size_t>(i)].data.u64;
        if (mark == wake_mark) {
            std::uint64_t ignored;
            (void)!read(wake_, &ignored, sizeof ignored);
        } else if (mark == connection_mark) {
            stirred_.store(true, std::memory_order_relaxed);
        } else if (mark >= first_watch) {
            std::lock_guard guard(lock_);
            const auto place = watches_.find(mark);
            if (place == watches_.end()) continue;
            ready.push_back({place->second.cell, place->second.operation});
            close(place->second.descriptor);  // leaves the epoll set with it: one shot
            watches_.erase(place);
        }
    }
    return ready;
}

void Poller::wake() noexcept {
    const std::uint64_t one = 1;
    (void)!write(wake_, &one, sizeof one);
}

bool Poller::watch(std::uint64_t cell, std::uint64_t operation, int descriptor, int events) {
    const int own = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    if (own < 0) return false;
    std::lock_guard guard(lock_);
    epoll_event event{};
    event.events = EPOLLONESHOT | ((events & PP_READABLE) != 0 ? EPOLLIN | EPOLLRDHUP : 0u) |
                   ((events & PP_WRITABLE) != 0 ? EPOLLOUT : 0u);
    event.data.u64 = ++last_;
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, own, &event) != 0) {
        close(own);
        return false;
    }
    watches_[last_] = {cell, operation, own};
    return true;
}

void Poller::unwatch(std::uint64_t cell, std::uint64_t operation) {
    std::lock_guard guard(lock_);
    for (auto at = watches_.begin(); at != watches_.end(); ++at) {
        if (at->second.cell != cell || at->second.operation != operation) continue;
        close(at->second.descriptor);
        watches_.erase(at);
        return;
    }
}

}  // namespace peacepie::worker
