// memory_watch.cpp - what the kernel says of memory.  Next: scheduler.cpp.
#include "worker/memory_watch.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

namespace peacepie::worker {

namespace {

/// The least limit of that cgroup and those it is in; a container may see only the outermost.
std::uint64_t least_limit(const std::filesystem::path& root, const std::string& group, const char* file, std::uint64_t least) {
    for (std::filesystem::path path = group;; path = path.parent_path()) {
        std::ifstream in(root / path.relative_path() / file);
        std::uint64_t limit = 0;
        if (in >> limit && limit > 0) least = std::min(least, limit);  // "max" is no number
        if (!path.has_relative_path()) return least;
    }
}

}  // namespace

std::uint64_t resident_bytes() {
    std::ifstream in("/proc/self/statm");
    std::uint64_t all = 0, resident = 0;
    return in >> all >> resident ? resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) : 0;
}

std::uint64_t usual_memory_limit() {
    auto least = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    std::ifstream groups("/proc/self/cgroup");  // NUMBER:CONTROLLERS:PATH, the second version with no controllers
    for (std::string line; std::getline(groups, line);) {
        const auto first = line.find(':'), second = line.find(':', first + 1);
        if (first == std::string::npos || second == std::string::npos) continue;
        const auto controllers = line.substr(first + 1, second - first - 1), group = line.substr(second + 1);
        if (controllers.empty()) least = least_limit("/sys/fs/cgroup", group, "memory.max", least);
        if (controllers == "memory") least = least_limit("/sys/fs/cgroup/memory", group, "memory.limit_in_bytes", least);
    }
    return least / 4 * 3;
}

}  // namespace peacepie::worker
