// monitors.hpp - who wants to hear of which actor's end: one `down {ref, actor, reason}` for each monitor, then it is gone.
//
// Owned by Head; the broker's thread.  A monitor is told after the name is free.  It ends with its watcher, too.
// Source: Erlang's monitors, whose reasons they are.
// Next: down.hpp has the reasons, departure.hpp and head_parts.cpp say what ended.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "broker/down.hpp"
#include "broker/exchange.hpp"

namespace peacepie::broker {

class Monitors {
public:
    explicit Monitors(Exchange& exchange) : exchange_(exchange) {}

    /// Returns the ref.  A name that nobody has is down at once.  Throws Error unavailable when there are too many.
    std::uint64_t add(std::string_view actor, std::string_view watcher);
    /// False: it is none of the watcher's, or has fired.
    bool remove(std::uint64_t ref, std::string_view watcher);

    /// The actor has ended and its name is free.
    void on_down(std::string_view actor, Down reason);
    void on_watcher_gone(std::string_view address);
    [[nodiscard]] bool empty() const noexcept { return monitors_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return monitors_.size(); }

private:
    struct Monitor {
        std::string actor, watcher;
    };
    using Refs = std::map<std::string, std::set<std::uint64_t>, std::less<>>;
    static void forget(Refs& refs, const std::string& key, std::uint64_t ref);
    void fire(std::uint64_t ref, Down reason);
    void drop(std::uint64_t ref);

    Exchange& exchange_;
    std::map<std::uint64_t, Monitor> monitors_;
    Refs of_actor_, of_watcher_;
    std::uint64_t last_ref_ = 0;
};

}  // namespace peacepie::broker
