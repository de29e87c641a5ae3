// departure.hpp - what happens when a peer is gone, whatever told us: bye, its launcher, silence, a dead connection.
//
// In this order: moves are settled, names freed (or kept to be made again), open asks answered `worker_lost`, all other admins told.  The broker's
// thread; owns the waits for nodes to join, because only joining or ending settles them.
// Next: moves.hpp, open_asks.hpp, registry.hpp
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/exchange.hpp"
#include "broker/healing.hpp"
#include "broker/monitors.hpp"
#include "broker/moves.hpp"
#include "broker/observers.hpp"
#include "broker/unsettled.hpp"

namespace peacepie::broker {

class Departure {
public:
    Departure(Exchange& exchange, Moves& moves, Unsettled& unsettled, Healing& healing, Monitors& monitors, Observers& observers)
        : exchange_(exchange), moves_(moves), unsettled_(unsettled), healing_(healing), monitors_(monitors), observers_(observers) {}

    /// The session is no more after this.
    void lose(Session& session, std::string_view reason, Ending how = Ending::died);
    /// It said so itself: the same, without alarm.
    void leave(Session& session);
    /// Its launcher says that its process has ended.  Its last words may still be on the way, so it is lost a moment later.
    /// `blamed`: the actor in whose handler it crashed, with the reliable `message` it was handling; `asked`: somebody wanted it to end.
    /// With a pid, only that life of the node is meant: the next one may have joined already.
    void process_ended(std::string_view node, std::optional<std::int64_t> pid, std::string_view text,
                       const std::optional<std::string>& blamed, std::string_view message, bool asked);

    /// Likewise, what it left unread; said before process_ended().
    void unread(std::string_view node, std::int64_t pid, const Unread& page, std::string_view text);

    void ended_unheard(std::string_view actor, std::string_view node) { healing_.ended_unheard(actor, node); }
    void await_node(std::string_view node, Asker asker, Nanoseconds deadline);
    void node_has_joined(std::string_view node);

    void on_time();
    /// When on_time() has something to do again, as far as is known.
    [[nodiscard]] Nanoseconds due() const noexcept { return due_; }
    void stood_still(Nanoseconds span);  ///< the broker itself: nobody is to blame for that time
    void on_unreachable();  ///< peers whose connection turned out to be gone
    void on_overfull();     ///< peers that let more wait for them than may

private:
    struct Waiting {
        std::string node;
        Asker asker;
        Nanoseconds deadline;
    };
    void end(Session& session, std::string_view reason, Ending how);
    void doom(Session& session, Nanoseconds patience);  ///< it is lost then, at the latest
    void withhold(const Session& session, const std::vector<Healing::Ended>& ended);
    void refuse_unsent(Session& session, const std::string& why);
    void tell_admins(std::string_view node, std::string_view reason);
    void fail_waiting(std::string_view node, std::string_view text);

    Exchange& exchange_;
    Moves& moves_;
    Unsettled& unsettled_;
    Healing& healing_;
    Monitors& monitors_;
    Observers& observers_;
    std::vector<Waiting> waiting_;
    Nanoseconds due_{0};
};

}  // namespace peacepie::broker
