// ticker.cpp - the beat.
//
// Next: snapshot.cpp lets it travel.
#include "peacepie/ticker.hpp"

#include <algorithm>

#include "peacepie/inside.hpp"

namespace peacepie {
namespace {

Actor& owner_of(Ticker& ticker, std::uint32_t offset) noexcept {
    return *reinterpret_cast<Actor*>(reinterpret_cast<char*>(&ticker) - offset);
}

std::uint64_t period_of(const Actor& actor, const TickerField& field) {
    const Seconds period = field.period(actor, field);
    if (!(period.count() > 0))
        throw Error(Fault::bad_argument, "ticker " + field.handler.name + ": the period must be above zero");
    const auto span = std::chrono::duration_cast<std::chrono::nanoseconds>(period);
    return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(span.count()));
}

const TickerField& field_at(Actor& actor, std::uint32_t offset) {
    for (const TickerField& field : Inside::class_of(actor).tickers)
        if (field.offset == offset) return field;
    throw Error(Fault::denied, "a ticker is a member of its actor");
}

}  // namespace

void Ticker::record(TickerField field) { construction().of->tickers.push_back(std::move(field)); }

void Ticker::start(std::uint32_t count) {
    if (is_running()) return;
    Actor& actor = owner_of(*this, offset_);
    const Host& host = Inside::host(actor);
    (void)period_of(actor, field_at(actor, offset_));
    alarm_ = host.alarm({});
    due_ = host.now();
    left_ = count;
    detail::mark_changed(this, offset_);
}

void Ticker::stop() noexcept {
    if (!is_running()) return;
    due_ = 0;
    if (alarm_ != 0) Inside::host(owner_of(*this, offset_)).cancel(std::exchange(alarm_, 0));
    detail::mark_changed(this, offset_);
}

Ticker& TickerAccess::of(Actor& actor, const TickerField& field) noexcept {
    return *reinterpret_cast<Ticker*>(reinterpret_cast<char*>(&actor) + field.offset);
}

Ticker* TickerAccess::waiting_for(Actor& actor, Operation operation, const TickerField*& field) noexcept {
    for (const TickerField& each : Inside::class_of(actor).tickers)
        if (Ticker& ticker = of(actor, each); ticker.alarm_ == operation) {
            field = &each;
            return &ticker;
        }
    return nullptr;
}

void TickerAccess::tick(Actor& actor, Ticker& ticker, const TickerField& field) {
    const Host& host = Inside::host(actor);
    ticker.alarm_ = 0;
    detail::mark_changed(&ticker, ticker.offset_);
    if (ticker.left_ == 1) {
        ticker.due_ = 0;
        ticker.left_ = 0;
    } else {
        std::uint64_t period = 0;
        try {
            period = period_of(actor, field);
        } catch (const Error&) {
            ticker.due_ = 0;  // stands still; the seam tells why
            throw;
        }
        if (ticker.left_ != 0) --ticker.left_;
        const std::uint64_t now = host.now();
        ticker.due_ += period;
        if (ticker.due_ <= now) ticker.due_ += ((now - ticker.due_) / period + 1) * period;  // skip, keep the beat
        ticker.alarm_ = host.alarm(std::chrono::nanoseconds(ticker.due_ - now));
    }
    Turn turn;
    turn.purpose = Purpose::ticker;
    Inside::invoke(actor, field.handler, turn);
}

void TickerAccess::check_periods(Actor& actor) {
    for (const TickerField& field : Inside::class_of(actor).tickers)
        if (of(actor, field).is_running()) (void)period_of(actor, field);
}

void TickerAccess::resume_all(Actor& actor) {
    const Host& host = Inside::host(actor);
    for (const TickerField& field : Inside::class_of(actor).tickers) {
        Ticker& ticker = of(actor, field);
        if (!ticker.is_running()) continue;
        const auto to_go = ticker.due_;
        ticker.due_ = host.now() + to_go;
        ticker.alarm_ = host.alarm(std::chrono::nanoseconds(to_go));
    }
}

Value TickerAccess::saved(Actor& actor, const TickerField& field) {
    const Ticker& ticker = of(actor, field);
    if (!ticker.is_running()) return {};
    const std::uint64_t now = Inside::host(actor).now();
    Value::Map map;
    map.emplace_back("in_ns", ticker.due_ > now ? ticker.due_ - now : 0);
    map.emplace_back("left", ticker.left_);
    return map;
}

void TickerAccess::load(Actor& actor, const TickerField& field, const Value& saved) {
    Ticker& ticker = of(actor, field);
    ticker.due_ = 0;
    ticker.left_ = 0;
    if (saved.is_nil()) return;
    const Value* in_ns = saved.find("in_ns");
    const Value* left = saved.find("left");
    if (in_ns == nullptr) throw Error(Fault::bad_argument, "ticker " + field.handler.name + ": in_ns is missing");
    ticker.due_ = std::max<std::uint64_t>(1, convert<std::uint64_t>::from(*in_ns));
    if (left != nullptr) ticker.left_ = convert<std::uint32_t>::from(*left);
}

}  // namespace peacepie
