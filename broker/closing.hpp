// closing.hpp - the orderly end of the whole system: everybody is told, and waited for with patience.
//
// Pure but for the words sent; the broker's thread.
// Next: departure.hpp sees them leave.
#pragma once

#include <optional>

#include "broker/door.hpp"
#include "broker/exchange.hpp"
#include "broker/moves.hpp"

namespace peacepie::broker {

class Closing {
public:
    Closing(Exchange& exchange, Moves& moves, Door& door) : exchange_(exchange), moves_(moves), door_(door) {}

    /// `shut_down` to all workers and launchers; no hello is taken any more.  Again means nothing.
    void begin(std::string_view why) {
        if (deadline_) return;
        log::info("the system ends: {}", why);
        deadline_ = exchange_.clock.now() + limits::shutdown_timeout;
        door_.close();
        moves_.stop_all("the system is ending");
        for (Session* session : exchange_.roster.beating()) exchange_.say(*session, Kind::send, 0, "shut_down", {});
    }
    [[nodiscard]] bool is_under_way() const noexcept { return deadline_.has_value(); }
    /// All said bye or are lost, or patience is over.
    [[nodiscard]] bool is_over() const {
        if (!deadline_) return false;
        if (exchange_.clock.now() < *deadline_) return exchange_.roster.beating().empty();
        return true;
    }
    [[nodiscard]] std::optional<Nanoseconds> deadline() const noexcept { return deadline_; }

private:
    Exchange& exchange_;
    Moves& moves_;
    Door& door_;
    std::optional<Nanoseconds> deadline_;
};

}  // namespace peacepie::broker
