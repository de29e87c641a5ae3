// exchange.hpp - the broker's tables and its outgoing mail in one place: what Broker, Head, Moves, Door, Departure share.
//
// Owned by Broker; the broker's thread.  Holds no decisions about commands; it only knows how to reach an address.
// Next: head.hpp decides.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "broker/counters.hpp"
#include "broker/dead_letters.hpp"
#include "broker/awaited.hpp"
#include "broker/fallen.hpp"
#include "broker/losses.hpp"
#include "broker/open_asks.hpp"
#include "broker/options.hpp"
#include "broker/outgoing.hpp"
#include "broker/poisons.hpp"
#include "broker/registry.hpp"
#include "broker/roster.hpp"
#include "broker/states.hpp"
#include "broker/traffic.hpp"
#include "broker/withheld.hpp"
#include "log/log.hpp"
#include "wire/envelope.hpp"
#include "wire/fault.hpp"
#include "wire/value.hpp"

namespace peacepie::broker {

/// Who is to be answered.  A send has nobody; answers to it are only counted.
struct Asker {
    std::string address;
    std::uint64_t mid = 0;
    bool waits = false;

    [[nodiscard]] static Asker of(const Envelope& envelope) {
        return {std::string(envelope.sender), envelope.mid, envelope.wants_answer()};
    }
};

class Exchange {
public:
    Exchange(PeerLink& link, const Clock& clock, Options options)
        : clock(clock), options(std::move(options)), bounds{this->options.bounds}, registry(this->options.broker_epoch),
          traffic(this->options.page, this->options.pid), outgoing(link, clock, bounds) {
        losses.take_up(this->options.wall_seconds());
    }
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    /// HEAD's answers.
    void reply(const Asker& to, std::string_view command, const Value& body = {});
    void fail(const Asker& to, Fault fault, std::string_view text, Value more = {});
    void fail(const Asker& to, const Error& error, Value more = {});
    /// HEAD speaks on its own: a command to a worker's admin, a notification to whoever subscribed.
    void say(Session& to, Kind kind, std::uint64_t mid, std::string_view command, const Value& body,
             std::optional<std::uint32_t> timeout_ms = std::nullopt);

    /// Puts an encoded envelope into the actor's worker's outbox, or holds it while the actor is on the move.
    /// False: the outbox is full.
    [[nodiscard]] bool pass(Registration& actor, const Envelope& envelope, std::string_view encoded);
    /// What was held for a move passes the bound of its worker's outbox: it was accepted once, and it is bounded itself.  False: there is
    /// so much of it that it was refused.
    bool pass_held(Session& to, const Envelope& envelope, std::string_view encoded);
    /// That message is kept here for a name on the move or not back yet; it goes on by pass_held(), or ends.
    void note_held(const Envelope& envelope) noexcept { ++counters.held, traffic.hold(envelope); }
    void note_held_ended(const Envelope& envelope) noexcept { ++counters.held_ended, traffic.let_go(envelope); }
    /// Like pass, for an answer or a notification made here, to any address.
    void deliver(const Envelope& envelope);
    /// Likewise, what is promised: beside the bound, as a word of HEAD, when the way is full.
    void deliver_surely(const Envelope& envelope);
    /// Through whose outbox that address is reached; null: nobody's.
    [[nodiscard]] Session* way_to(std::string_view address);

    /// That actor has ended: it is to be made again, if it was declared so.  Its entry is the caller's to remove.
    bool fell(std::string_view name, const Registration& actor, std::string node, Down how);
    /// That life goes on at a worker that brings it: one that only seemed dead, or that an earlier broker knew.
    void take_back(std::string_view name, Session& at, std::uint64_t epoch, std::string_view class_desc, DeclarationPointer declared);
    /// The name is not to be made again.
    void forget(std::string_view name);

    /// An ask that gets no answer: error, and `close` where names may be misspelt.  A send becomes a dead letter.
    void refuse(const Envelope& envelope, Fault fault, std::string_view text, Value more = {});
    /// For a name that is not registered.  After a restart the mail of one that may be back in a moment waits.  `is_unsettled`: its
    /// workers have it, and nobody has decided yet which of them goes on.
    void refuse_unknown(const Envelope& envelope, std::string_view name, bool is_unsettled);
    /// A worker has the name now, or is where it was spawned: what waited for it goes there, before anything that comes later.
    void release_awaited(std::string_view name);
    /// An earlier broker has known that name, or may have, and its worker may be back in a moment: whoever asks is to ask again.
    [[nodiscard]] bool may_come_back(std::string_view name);
    void on_time();
    /// The table of open asks, with each client's share of it.
    [[nodiscard]] OpenAsks::Opened open_ask(const Envelope& ask, Session& to);
    bool close_ask(std::string_view asker, std::uint64_t mid);
    /// A client's ask that has ended while it lay here: another answer would be its second.  Workers judge for themselves.
    [[nodiscard]] bool has_had_answer(const Envelope& ask) const {
        return ask.wants_answer() && ask.sender.starts_with('@') && !asks.is_open(ask.sender, ask.mid);
    }
    /// Those lost or late in the table of open asks.
    void answer_all(const std::vector<Unanswered>& asks, Fault fault, std::string_view text);

    /// Names of actors or nodes that look like this one; empty when a flood used this round's share up.
    [[nodiscard]] Value close_to(std::string_view name);
    void begin_round() noexcept { suggestions_left_ = limits::close_names_per_round_max; }

    const Clock& clock;
    const Options options;
    CountedBounds bounds;
    Counters counters;
    Roster roster;
    Registry registry;
    Fallen fallen;
    Awaited awaited;
    Withheld withheld;
    DeclaredBytes declared{bounds};
    States states{bounds};
    Poisons poisons;
    OpenAsks asks{options.bounds[Bound::asks_in_flight]};
    DeadLetters letters{bounds};
    Traffic traffic;
    Losses losses{counters, traffic};
    Outgoing outgoing;

private:
    [[nodiscard]] bool is_delivered(const Envelope& envelope);
    [[nodiscard]] Session* place_of(std::string_view unregistered);
    void count_dead(const Envelope& envelope) noexcept;
    [[nodiscard]] bool hold_awaited(const Envelope& envelope, std::string_view name);
    void one_less_open(std::string_view asker);

    int suggestions_left_ = limits::close_names_per_round_max;
    log::Repeat dead_letters_;
    std::string encoded_;  // scratch
};

}  // namespace peacepie::broker
