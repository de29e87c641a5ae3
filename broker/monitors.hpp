// monitors.hpp - who wants to hear of which actor's end: one `down {ref, actor, reason}` for each monitor, then it is gone.
//
// Owned by Head; the broker's thread.  A monitor is told after the name is free.  It ends with its watcher, too; that of an actor is brought
// again by its worker, should the broker have died or have lost that worker.
// Source: Erlang's monitors, whose reasons they are.
// Next: down.hpp has the reasons, departure.hpp and head_parts.cpp say what ended.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <variant>

#include "broker/down.hpp"
#include "broker/exchange.hpp"

namespace peacepie::broker {

class Monitors {
public:
    /// Refs are not those of another broker: what one gave out the next does not give again.
    explicit Monitors(Exchange& exchange) : exchange_(exchange), begun_(exchange.clock.now()), first_ref_(exchange.options.broker_epoch), last_ref_(first_ref_) {}

    /// Returns the ref.  A name that nobody has is down at once.  Throws Error unavailable when there are too many.
    std::uint64_t add(std::string_view actor, std::string_view watcher);
    /// One that an earlier broker gave, or this one before it lost the watcher's process; to be settled.  Fires at once when the
    /// actor has ended since then, and once more when its `down` went to another session than that of `peer`, and so may be lost.
    void bring(std::uint64_t ref, std::string_view actor, std::string_view watcher, Peer peer);
    [[nodiscard]] bool is_unsettled() const noexcept { return !unsettled_.empty() || !due_.empty(); }
    /// Whether the actors of those that were brought have ended meanwhile: `fate` says for each how, that it lives, or that nobody knows yet.
    struct Lives {};
    struct Unknown {};
    using Fate = std::variant<Lives, Unknown, Down>;
    void settle(const std::function<Fate(const std::string& actor)>& fate);
    /// False: it is none of the watcher's, or has fired.
    bool remove(std::uint64_t ref, std::string_view watcher);

    /// Fires that one, of a name that nobody has.
    void on_absent(std::uint64_t ref, Down reason) { fire(ref, reason); }
    /// The actor has ended and its name is free.
    void on_down(std::string_view actor, Down reason);
    /// An actor was made under that name: whom an earlier broker's monitors mean has ended, in that way.
    void on_made(const std::string& actor, Down before);
    void on_watcher_gone(std::string_view address);
    /// What is remembered for monitors that may be brought has a bound in time; a watcher that had no home may have one now.
    void on_time();
    [[nodiscard]] bool empty() const noexcept { return monitors_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return monitors_.size(); }

private:
    struct Monitor {
        std::string actor, watcher;
    };
    struct End {
        Nanoseconds at;
        Down reason;
    };
    struct Fired {
        End end;
        Peer to;
    };
    struct Due {
        Monitor monitor;
        End end;
    };
    using Refs = std::map<std::string, std::set<std::uint64_t>, std::less<>>;
    void insert(std::uint64_t ref, std::string_view actor, std::string_view watcher);
    static void forget(Refs& refs, const std::string& key, std::uint64_t ref);
    void fire(std::uint64_t ref, Down reason);
    [[nodiscard]] bool tell(std::uint64_t ref, const Monitor& monitor, End end);
    void note_end(std::string_view actor, Down reason);
    void drop(std::uint64_t ref);

    Exchange& exchange_;
    std::map<std::uint64_t, Monitor> monitors_;
    Refs of_actor_, of_watcher_;
    std::set<std::uint64_t> unsettled_;
    const Nanoseconds begun_;
    const std::uint64_t first_ref_;
    std::uint64_t last_ref_;

    // For monitors that may be brought; each for limits::ends_remembered.
    std::map<std::string, End, std::less<>> ends_;    // of actors
    std::map<std::uint64_t, Nanoseconds> parked_;     // whose watcher was lost with its process, and when
    std::map<std::uint64_t, Fired> fired_;            // whose `down` may be lost with the connection that it went to
    std::map<std::uint64_t, Due> due_;                // whose watcher is just moving, or not back yet
};

}  // namespace peacepie::broker
