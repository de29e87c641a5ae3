// moves.hpp - all moves under way: carries out what each Relocation says and tells it what happened.
//
// Owns the relocations; a registration points to its own while it is on the move.  The broker's thread.
// Every step has a deadline; every ending answers who asked and lets the held mail go, in order.
// Next: relocation.hpp has the states, snapshot_facts.hpp what the answer tells, probations.cpp the way back.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "broker/exchange.hpp"
#include "broker/monitors.hpp"
#include "broker/relocation.hpp"

namespace peacepie::broker {

class Moves {
public:
    Moves(Exchange& exchange, Monitors& monitors) : exchange_(exchange), monitors_(monitors), last_mid_(exchange.options.broker_epoch) {}

    /// The name is registered and not on the move, the target is connected.
    void begin(Move move, Asker asker);
    /// An answer to one of HEAD's own asks, from the peer that should give it.
    void on_answer(const Session& from, const Envelope& answer);
    /// Call before the session's names are freed.
    void on_lost(const Session& session, Ending how);
    /// The process that was lost as that node is dead, or is back and has read what lives elsewhere: nothing of before runs on there.
    void on_end_of_copies(std::string_view node);
    /// Actors whose route leads home, though their copy on probation there may run on.
    [[nodiscard]] std::vector<std::string> copies_that_may_run_in(std::string_view node) const;
    /// The broker stood still for so long: who would have come back could not.
    void postpone(Nanoseconds span);
    void on_withdrawn(const Registration& registration);
    /// The worker of an actor on probation says that it failed too often.
    void on_misbehaved(const Session& from, std::string_view name, std::uint64_t epoch, std::string_view text);
    /// An answer passes: what was asked need not be asked again after a way back.
    void on_answer_passing(const Session& from, const Envelope& answer);
    void on_round();  ///< too much held mail ends a move
    void on_time();
    void stop_all(std::string_view why);

    [[nodiscard]] std::size_t size() const noexcept { return running_.size(); }

private:
    struct Running {
        Running(Move move, Asker asker) : relocation(std::move(move)), asker(std::move(asker)) {}
        Relocation relocation;
        Asker asker;
        std::uint64_t open_mid = 0;    ///< of the step that waits for an answer
        std::string open_at;           ///< the node that should give it
        Nanoseconds step_deadline{0};
        Nanoseconds frozen_at{0};
        Nanoseconds pause{0};
        std::uint32_t class_before = 0;   ///< and the epoch: what the registry had
        std::uint64_t epoch_before = 0;
        std::uint64_t life = 0;        ///< the epoch of the source after its way back
        Nanoseconds probation_began{0};
        std::size_t given_back = 0;    ///< messages
        std::optional<Ledger::Kept> kept_before;  ///< of a durable actor, when its probation began
        std::string snapshot;          ///< encoded; until it is loaded
        std::size_t state_bytes = 0;
        std::size_t moved_messages = 0;
        std::size_t moved_sends = 0;   ///< of those in the snapshot
        std::string reason;            ///< why it failed: a code and a sentence
        std::string text;
    };
    using Event = Relocation::Event;
    using Step = Relocation::Step;

    void happened(Running& running, Event event);
    void failed(Running& running, Event event, std::string_view reason, std::string_view text);
    void perform(Running& running, Step step);
    void ask(Running& running, const std::string& node, std::string_view command, std::string_view body,
             Nanoseconds at_most, Nanoseconds at_least = Nanoseconds{0});
    void tell(const Running& running, const std::string& node, std::string_view command, std::string_view key = {}, std::uint64_t number = 0);
    void on_reply(Running& running, const Envelope& answer);
    void take_snapshot(Running& running, std::string_view body);
    void note_received(std::string_view node, std::string_view mailbox);
    void answer(Running& running, Step how);

    // Held mail: held_mail.cpp
    [[nodiscard]] static std::uint32_t milliseconds(Nanoseconds span);  ///< as an ask's timeout
    void release(Running& running);
    void release_as_lost(Running& running);
    /// What was in the snapshot went with both homes: only its number is known.
    void lose_moved(const Running& running);
    /// With what is left of an ask's time.  False: nothing is left, and its asker knows.
    bool pass_waiting(Registration& to, const HeldMail& waiting, Relocation* noting = nullptr);

    // Probation and the way back: probations.cpp
    void note_mailbox(Running& running, std::string_view mailbox);
    void begin_probation(Running& running);
    void return_home(Running& running);
    void give_back(Running& running);
    void restore_class(Running& running);
    void end_settled();

    Exchange& exchange_;
    Monitors& monitors_;
    std::map<std::string, std::unique_ptr<Running>, std::less<>> running_;  // by name
    std::unordered_map<std::uint64_t, Running*> by_mid_;
    std::uint64_t last_mid_;  // begins where no earlier broker has been: an answer to that one may still come
    bool some_settled_ = false;
};

}  // namespace peacepie::broker
