// fences.hpp - which of this worker's actors wait for a fence, and for which one.
//
//   (none) ─an order is given that ends in one─▶ promised ─its cell sends it─▶ sent ─the newest is back─▶ (none)
//                                                    │                          └─another session─▶ lost ─another is sent─▶ sent
//                                                    └─the order ends without─▶ (none)
//
// A fence that was lost with its broker is owed to the next one, which is told of it with the hello and waits for another:
// decisions/0005-fence-after-a-move.md.  The lost one may still wait in the outbox and arrive: it says of which session it is, and
// the broker does not take it for the other.  An actor may send a second one while the first is on its way: only the newest lets
// its gated mail go.
// One per worker, any thread.  Next: worker.cpp sends them, migration.cpp knows when another is owed.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <unordered_map>

namespace peacepie::worker {

class Fences {
public:
    enum class Standing : std::uint8_t { none, promised, sent, lost };
    struct Fence {
        std::uint64_t number = 0;   ///< by which it is known when it is back
        std::uint64_t session = 0;  ///< with the broker in which it was sent
    };

    /// What is sent from now on is sent in this session; what was sent before is lost.
    void begin_session(std::uint64_t stamp) {
        std::lock_guard guard(lock_);
        session_ = stamp;
    }
    /// An order is given to that actor that ends in a fence.
    void promise(const std::string& actor) {
        std::lock_guard guard(lock_);
        ++waiting_[actor].promised;
    }
    /// That order has ended without a fence.
    void release(const std::string& actor) {
        std::lock_guard guard(lock_);
        const auto place = waiting_.find(actor);
        if (place == waiting_.end() || place->second.promised == 0) return;
        --place->second.promised;
        if (place->second.is_over()) waiting_.erase(place);
    }
    /// One is about to be sent, and a promise kept if there is one.
    [[nodiscard]] Fence send(const std::string& actor) {
        std::lock_guard guard(lock_);
        Waiting& waiting = waiting_[actor];
        if (waiting.promised > 0) --waiting.promised;
        return waiting.newest = {++last_, session_};
    }
    /// True: it is the newest of that actor.
    [[nodiscard]] bool is_back(const std::string& actor, std::uint64_t number) {
        std::lock_guard guard(lock_);
        const auto place = waiting_.find(actor);
        if (place == waiting_.end() || place->second.newest.number != number) return false;
        place->second.newest = {};
        if (place->second.is_over()) waiting_.erase(place);
        return true;
    }
    [[nodiscard]] Standing standing_of(const std::string& actor) const {
        std::lock_guard guard(lock_);
        const auto place = waiting_.find(actor);
        if (place == waiting_.end()) return Standing::none;
        if (place->second.promised > 0) return Standing::promised;
        return place->second.newest.session == session_ ? Standing::sent : Standing::lost;
    }
    /// Their broker is gone, and so is what those that left before would have had back.
    void forget_if(const std::function<bool(const std::string&)>& is_gone) {
        std::lock_guard guard(lock_);
        std::erase_if(waiting_, [&](const auto& one) { return one.second.promised == 0 && is_gone(one.first); });
    }

private:
    struct Waiting {
        Fence newest;                ///< number 0: none is on its way
        std::uint32_t promised = 0;  ///< orders under way
        [[nodiscard]] bool is_over() const noexcept { return newest.number == 0 && promised == 0; }
    };

    mutable std::mutex lock_;
    std::unordered_map<std::string, Waiting> waiting_;  // by actor
    std::uint64_t last_ = 0, session_ = 0;
};

}  // namespace peacepie::worker
