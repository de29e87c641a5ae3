#include "launcher/unread_sends.hpp"

#include <cerrno>
#include <memory>
#include <sys/mman.h>
#include <unistd.h>

#include "wire/limits.hpp"

namespace peacepie::launcher {

Descriptor make_tally_page() {
    Descriptor page(memfd_create("peacepie-tally", MFD_CLOEXEC));
    if (page.number() >= 0 && ftruncate(page.number(), sizeof(TallyPage)) != 0) page.close();
    return page;
}

std::optional<Unread> read_unread(int descriptor) {
    const auto page = std::make_unique<TallyPage>();
    auto* const bytes = reinterpret_cast<char*>(page.get());
    for (std::size_t size = 0; size < sizeof(TallyPage);) {
        const auto got = pread(descriptor, bytes + size, sizeof(TallyPage) - size, static_cast<off_t>(size));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return std::nullopt;
        size += static_cast<std::size_t>(got);
    }
    const auto unread = Unread::of(*page);
    // Less than nothing is a very large number, too.
    const auto can_be_told = [](const auto& session) {
        return session.stamp <= limits::sends_told_max && session.arrived <= limits::sends_told_max && session.left <= limits::sends_told_max;
    };
    const bool can_be = unread.waiting <= limits::sends_lost_max && can_be_told(unread) && can_be_told(unread.before);
    return can_be ? std::optional(unread) : std::nullopt;
}

}  // namespace peacepie::launcher
