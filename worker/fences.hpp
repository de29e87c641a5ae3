// fences.hpp - which of this worker's actors wait for a fence, and for which one.
//
//   (none) ─an order is given that ends in one─▶ promised ─its cell sends it─▶ sent ─the newest is back─▶ (none)
//                                                    └─the order ends without─▶ (none)
//
// A fence that was lost with its broker is owed to the next one, which is told of it with the hello and waits for another:
// decisions/0005-fence-after-a-move.md.  An actor may send a second one while the first is on its way: only the newest lets its
// gated mail go.
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
    enum class Standing : std::uint8_t { none, promised, sent };

    /// An order is given to that actor that ends in a fence.
    void promise(const std::string& actor) {
        std::lock_guard guard(lock_);
        newest_.try_emplace(actor, promised);
    }
    /// That order is over.  Had a fence come of it, it would have been sent by now.
    void order_is_over(const std::string& actor) {
        std::lock_guard guard(lock_);
        if (const auto place = newest_.find(actor); place != newest_.end() && place->second == promised) newest_.erase(place);
    }
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
    [[nodiscard]] Standing standing_of(const std::string& actor) const {
        std::lock_guard guard(lock_);
        const auto place = newest_.find(actor);
        return place == newest_.end() ? Standing::none : place->second == promised ? Standing::promised : Standing::sent;
    }
    /// Their broker is gone, and so is what those that left before would have had back.
    void forget_if(const std::function<bool(const std::string&)>& is_gone) {
        std::lock_guard guard(lock_);
        std::erase_if(newest_, [&](const auto& one) { return one.second != promised && is_gone(one.first); });
    }

private:
    static constexpr std::uint64_t promised = 0;

    mutable std::mutex lock_;
    std::unordered_map<std::string, std::uint64_t> newest_;  // by actor: the number of its newest fence
    std::uint64_t last_ = 0;
};

}  // namespace peacepie::worker
