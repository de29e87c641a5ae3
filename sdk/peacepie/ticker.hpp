// ticker.hpp - a periodic call that is itself state.
//
//     Ticker ticker{this, "ticker", period, &Greeter::tick};
// Each tick is a turn of its own, in order with the mail.  The rate is fixed: a tick that could not run in time is skipped,
// the beat is kept.  A changed period counts from the next tick.  Running or not, the time to the next tick and the ticks
// left travel with the actor.  In the actor's turns only.
// Next: ticker.cpp.
#pragma once

#include <cstdint>
#include <utility>

#include "peacepie/handler.hpp"
#include "peacepie/param.hpp"

namespace peacepie {

class Ticker {
public:
    template <class T, class Rep, class Ratio, class R>
    Ticker(T* owner, const char* name, const Param<std::chrono::duration<Rep, Ratio>>& period, R (T::*method)())
        : offset_(detail::offset_in(owner, this)) {
        if (!detail::is_recorded()) return;
        TickerField field = described(name, method);
        field.period_offset = detail::offset_in(owner, &period);
        field.period = [](const Actor& actor, const TickerField& of) {
            using Period = Param<std::chrono::duration<Rep, Ratio>>;
            return Seconds(**reinterpret_cast<const Period*>(reinterpret_cast<const char*>(&actor) + of.period_offset));
        };
        record(std::move(field));
    }
    template <class T, class R>
    Ticker(T* owner, const char* name, Seconds period, R (T::*method)()) : offset_(detail::offset_in(owner, this)) {
        if (!detail::is_recorded()) return;
        TickerField field = described(name, method);
        field.fixed_period = period;
        field.period = [](const Actor&, const TickerField& of) { return of.fixed_period; };
        record(std::move(field));
    }
    Ticker(const Ticker&) = delete;
    Ticker& operator=(const Ticker&) = delete;

    [[nodiscard]] bool is_running() const noexcept { return due_ != 0; }
    /// The first tick comes at once, as the next turn; `count` ticks in all, without it until stopped.  Harmless when it runs.
    /// Throws Error bad_argument when the period is not above zero.
    void start(std::uint32_t count = 0);
    void stop() noexcept;

private:
    friend struct TickerAccess;

    template <class Method>
    [[nodiscard]] TickerField described(const char* name, Method method) const {
        TickerField field;
        field.offset = offset_;
        field.handler = detail::handler_of(name, method);
        return field;
    }
    static void record(TickerField field);

    std::uint64_t due_ = 0;  ///< on the host's clock; while loaded and not yet started: nanoseconds to go; 0: stands still
    Operation alarm_ = 0;
    std::uint32_t left_ = 0;  ///< ticks still to come; 0: no end
    std::uint32_t offset_;
};

/// What seam and snapshot do with tickers.
struct TickerAccess {
    [[nodiscard]] static Ticker& of(Actor& actor, const TickerField& field) noexcept;
    [[nodiscard]] static Ticker* waiting_for(Actor& actor, Operation operation, const TickerField*& field) noexcept;
    static void tick(Actor& actor, Ticker& ticker, const TickerField& field);  ///< it came due: next beat, then the handler
    static void check_periods(Actor& actor);                                  ///< throws when a running one could not go on
    static void resume_all(Actor& actor);                                     ///< after load, at start
    [[nodiscard]] static Value saved(Actor& actor, const TickerField& field); ///< nil when it stands still
    static void load(Actor& actor, const TickerField& field, const Value& saved);
};

}  // namespace peacepie
