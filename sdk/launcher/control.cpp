#include <cstdint>
#include <sys/eventfd.h>

#include "launcher/launcher.hpp"

namespace peacepie::launcher {

Control::Control() : wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (wake_.number() < 0) throw Error(Fault::unavailable, "the system gives no descriptor to wake the launcher with");
}

void Control::stop(int status) noexcept {
    int none = nothing;
    status_.compare_exchange_strong(none, status);
    const std::uint64_t one = 1;
    // It can only fail when the counter is full: then it is readable, which is all that is wanted.
    [[maybe_unused]] const auto size = write(wake_.number(), &one, sizeof one);
}

std::optional<int> Control::asked() const noexcept {
    const int status = status_.load();
    if (status == nothing) return std::nullopt;
    return status;
}

}  // namespace peacepie::launcher
