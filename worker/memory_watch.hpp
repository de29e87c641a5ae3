// memory_watch.hpp - whether this process has come near the memory it may have.
//
// Pure but for the functions that read the kernel's files; the monitor's thread.
// Next: scheduler.cpp acts on what it finds.
#pragma once

#include <cstdint>
#include <utility>

namespace peacepie::worker {

class MemoryWatch {
public:
    enum class Finding { well, near_limit, over_limit };

    /// Zero: no limit.
    explicit MemoryWatch(std::uint64_t limit_bytes) : limit_(limit_bytes) {}

    [[nodiscard]] std::uint64_t limit() const noexcept { return limit_; }
    /// near_limit once, at four fifths; over_limit as often as it is asked.
    [[nodiscard]] Finding look(std::uint64_t resident_bytes) noexcept {
        if (limit_ == 0 || resident_bytes < limit_ / 5 * 4) return Finding::well;
        if (resident_bytes >= limit_) return Finding::over_limit;
        return std::exchange(has_warned_, true) ? Finding::well : Finding::near_limit;
    }

private:
    std::uint64_t limit_;
    bool has_warned_ = false;
};

/// What of this process is in memory; 0 when the kernel does not tell.  2 us.
[[nodiscard]] std::uint64_t resident_bytes();

/// Three quarters of the machine's memory, or of what its cgroup may have: a plug-in that leaks ends its own process, before the kernel
/// picks another one to end.
[[nodiscard]] std::uint64_t usual_memory_limit();

}  // namespace peacepie::worker
