// admission.cpp - the filter.  Next: router_link.cpp.
#include "broker/admission.hpp"

#include <linux/filter.h>
#include <sys/socket.h>

#include "log/log.hpp"

namespace peacepie::broker {

void Admission::came(int descriptor) {
    connections_.insert(descriptor);
    if (is_open_ && connections_.size() >= most_) shut();
}

void Admission::left(int descriptor) {
    connections_.erase(descriptor);
    if (!is_open_ && connections_.size() <= few_) open();
}

void Admission::shut() {
    sock_filter nothing[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
    const sock_fprog filter{1, nothing};
    is_open_ = listener_ < 0 || ::setsockopt(listener_, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) != 0;
    if (is_open_) return;
    log::warning("{} connections: there are descriptors for few more, so who comes now waits until some have ended; raise the limit (ulimit -n)",
                 connections_.size());
}

void Admission::open() {
    const int ignored = 0;
    is_open_ = ::setsockopt(listener_, SOL_SOCKET, SO_DETACH_FILTER, &ignored, sizeof ignored) == 0;
    if (is_open_) log::info("{} connections: there is room for more again", connections_.size());
}

}  // namespace peacepie::broker
