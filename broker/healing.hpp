// healing.hpp - makes the actors of a dead process again: in its successor, or elsewhere when none comes.
//
// Owned by Head; the broker's thread.  What fell stands in Exchange::fallen; a ward is one node's part of it:
//
//   waiting ─the node has joined again, or patience is over─▶ asking ─made─▶ waiting for the rest, or done
//      ▲                                                        │
//      └──────────────── refused, late, or that process died too (later each time, then given up) ◀┘
//
// A ward has one ask open at a time: creation order is kept, and the target's queue stays short.
// Next: departure.hpp tells what fell, fallen.hpp keeps it.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "broker/exchange.hpp"
#include "broker/unsettled.hpp"
#include "wire/restart_rule.hpp"

namespace peacepie::broker {

class Healing {
public:
    Healing(Exchange& exchange, const Unsettled& unsettled) : exchange_(exchange), unsettled_(unsettled) {}

    /// A worker is gone: its names are free, and unless it ended in order it is remembered who is to be made again.
    struct Ended {
        std::string name;
        Down how;
    };
    std::vector<Ended> on_lost(const Session& session, Ending how);
    /// An actor ended by itself, in order; a permanent one is made again.  False: it did so too often and is given up.
    bool retired(std::string_view name, const Registration& actor);
    /// Somebody removed an actor that waits: should its process be alive after all and bring it, it is fenced.
    void removed(std::string_view name);
    /// Its worker says that an actor has ended that waits here: it did so while the broker, or its word, was away.
    void ended_unheard(std::string_view name, std::string_view node);
    /// True: HEAD had that living actor ended, because its group is made again; it fell just now.
    bool ended_for_group(std::string_view name, const Registration& actor);
    /// The process was to end: what of it waits is not made again.
    void dismissed(std::string_view node);
    /// A process crashed in a handler of that actor; one that does so too often is not made again.  `message`: the reliable one that
    /// it was handling, if any.
    void blame(const std::string& name, std::string_view message = {});
    /// HEAD's asks have numbers of their own kind: see is_of().
    void on_answer(const Session& from, const Envelope& answer);
    void on_time();
    /// The broker stood still for so long: who would have come back could not.
    void postpone(Nanoseconds span);
    [[nodiscard]] bool is_under_way() const noexcept { return !exchange_.fallen.empty(); }
    /// How many are to be made again; looks at all.
    [[nodiscard]] std::size_t waiting() const;
    [[nodiscard]] static bool is_of(std::uint64_t mid) noexcept { return (mid & mark) != 0; }

private:
    static constexpr std::uint64_t mark = 1ull << 62;
    struct Ward {
        Nanoseconds since{0};
        Nanoseconds not_before{0};
        int failures = 0;                ///< in a row
        std::size_t one_by_one = 0;      ///< so many, because a batch of them failed: all or none is too coarse
        std::vector<std::string> asked;  ///< in the open ask
        std::uint64_t mid = 0;           ///< 0: none is open
        std::string target;
        Nanoseconds deadline{0};
    };

    void go_on(const std::string& node, Ward& ward);
    void bury_unacknowledged(const std::string& name, const std::string& kept);
    [[nodiscard]] Session* target_for(const std::string& node, const Ward& ward);
    /// `is_home`: the target is the node itself, and has brought what lives there.
    [[nodiscard]] std::vector<std::string> next_batch(const std::string& node, const Ward& ward, bool is_home);
    enum class Fate { make, wait, forget };
    [[nodiscard]] Fate fate_of(const std::string& name, const FallenActor& actor, bool is_home) const;
    void ask(Ward& ward, Session& target);
    void made(Ward& ward);
    void failed(Ward& ward, std::string_view code, std::string_view text);
    void give_up(const std::string& name, std::string_view why);
    /// A member has ended, the oldest of those that did being `first_born`.  Returns when it may be made again; nothing: never.
    std::optional<Nanoseconds> regroup(const Group& group, std::uint64_t first_born);
    void give_up_group(const std::string& group);
    void end(const std::string& name, const Registration& actor);

    Exchange& exchange_;
    const Unsettled& unsettled_;
    std::map<std::string, Ward, std::less<>> wards_;  // by node
    std::map<std::uint64_t, std::string> by_mid_;     // -> node
    std::map<std::string, RestartRule, std::less<>> rules_;  // of those that retired and are permanent, or crashed
    std::map<std::string, RestartRule, std::less<>> group_rules_;
    std::set<std::string, std::less<>> ending_;     // living ones whose process was told to end them
    std::set<std::string, std::less<>> condemned_;  // given up as soon as their process is known to be gone
    std::uint64_t last_mid_ = mark | exchange_.options.broker_epoch;  // as in Moves
};

}  // namespace peacepie::broker
