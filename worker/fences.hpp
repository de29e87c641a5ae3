// fences.hpp - which of this worker's actors wait for a fence, and for which one: decisions/0005-fence-after-a-move.md.
//
// A fence may be lost with its broker, or may still wait in the outbox when the next one welcomes us; another is sent in any case.  So an
// actor may have several on their way, and only the newest lets its gated mail go.
// One per worker, any thread.  Next: worker.cpp sends them, migration.cpp knows when another is owed.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace peacepie::worker {

class Fences {
public:
    /// One is about to be sent.  Returns its number, by which it is known when it is back.
    [[nodiscard]] std::uint64_t send(const std::string& actor) {
        std::lock_guard guard(lock_);
        return newest_[actor] = ++last_;
    }
    /// True: it is the newest of that actor, which waits for none any more.
    [[nodiscard]] bool is_back(const std::string& actor, std::uint64_t number) {
        std::lock_guard guard(lock_);
        const auto place = newest_.find(actor);
        if (place == newest_.end() || place->second != number) return false;
        newest_.erase(place);
        return true;
    }
    /// Actors whose newest fence is not back, and its number.
    [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> under_way() const {
        std::lock_guard guard(lock_);
        return {newest_.begin(), newest_.end()};
    }

private:
    mutable std::mutex lock_;
    std::unordered_map<std::string, std::uint64_t> newest_;  // by actor: the number of its newest fence
    std::uint64_t last_ = 0;
};

}  // namespace peacepie::worker
