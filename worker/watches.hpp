// watches.hpp - whose ends the actors here want to hear of: a broker that dies, or that loses this worker, forgets it.
//
//   --monitored--> watched --down, demonitored, the watcher has ended--> gone
//                     └---- said again to each broker that is joined, and taken along by a watcher that moves
//
// Owned by Worker.  The holder of the link hears, the admin tells, a cell takes its own along: any thread, under a lock.
// Next: session.cpp tells, broker/monitors.hpp takes.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "wire/codec.hpp"
#include "wire/limits.hpp"
#include "wire/value.hpp"

namespace peacepie::worker {

class Watches {
public:
    [[nodiscard]] bool empty() const noexcept { return empty_.load(std::memory_order_relaxed); }
    /// By the holder of the link: a word of HEAD to an actor here, of those three.  Others are not looked at.
    void hear(const Envelope& word);
    /// Those of one watcher, `[[ref, actor] …]`, or nil.
    [[nodiscard]] Value of(std::string_view watcher) const;
    /// The watcher has come here with these.
    void take_in(const std::string& watcher, const Value& rows);
    /// The watcher has ended here, or has moved on.
    void forget(const std::string& watcher);
    /// All, as bodies of `bring_monitors`.
    [[nodiscard]] std::vector<std::string> told() const;

private:
    struct Watch {
        std::string watcher, actor;
    };
    void add(std::uint64_t ref, std::string_view watcher, std::string_view actor);

    mutable std::mutex lock_;
    std::map<std::uint64_t, Watch> by_ref_;
    std::map<std::string, std::vector<std::uint64_t>, std::less<>> by_watcher_;
    std::atomic<bool> empty_{true};  // asked whenever an actor ends
};

}  // namespace peacepie::worker
