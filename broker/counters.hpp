// counters.hpp - how every message ended; `stats` of HEAD shows them.
//
// The law, after each frame and each look at the clock:
//   envelopes + made = (routed - let_go) + held + for_head + (turned_away - held_ended) + late_answers
// that is: each message that came, or that HEAD made, took one way; and held - let_go - held_ended are held now.
// Plain numbers; the broker's thread.
// Next: exchange.hpp
#pragma once

#include <array>
#include <cstdint>

#include "wire/fault.hpp"

namespace peacepie::broker {

struct Counters {
    std::uint64_t frames = 0;         ///< received
    std::uint64_t envelopes = 0;      ///< in them
    std::uint64_t routed = 0;         ///< passed on to a peer
    std::uint64_t handled = 0;        ///< answered or done by HEAD itself
    std::uint64_t for_head = 0;       ///< taken by HEAD, whatever came of it
    std::uint64_t made = 0;           ///< by HEAD, for an actor, or passed on by it
    std::uint64_t turned_away = 0;    ///< refused on their way, or expired while they were held
    std::uint64_t held = 0;           ///< kept for a name on the move
    std::uint64_t let_go = 0;         ///< of those, given to the owner: counted as routed, too
    std::uint64_t held_ended = 0;     ///< of those, expired or lost with the owner: counted as turned away, too
    std::uint64_t dead_letters = 0;   ///< sends and answers that reached nobody
    std::uint64_t dead_answers = 0;   ///< of those, answers: who asked is gone, and waits no more
    std::uint64_t lost = 0;           ///< routed, or held by an earlier broker, and nobody can tell what became of them: losses.hpp; falls when more is known
    std::uint64_t late_answers = 0;   ///< to asks of clients that had ended already
    std::uint64_t malformed = 0;
    std::uint64_t from_strangers = 0; ///< before hello
    std::uint64_t closed = 0;         ///< sessions closed for malformed frames, or for what they left unread
    std::uint64_t workers_lost = 0;   ///< sessions of workers that ended without a bye; those of workers that came back soon after count, too
    std::uint64_t healed = 0;         ///< actors made again after their process died
    std::uint64_t given_up = 0;       ///< actors that could not be
    std::uint64_t set_aside = 0;     ///< reliable messages that crashed their recipient's process again
    std::uint64_t states_kept = 0;   ///< of durable actors
    std::uint64_t states_refused = 0; ///< too large, or no room: their last ones stay
    std::uint64_t ledger_failures = 0; ///< writes the disk refused; tried again
    std::uint64_t moves = 0;
    std::uint64_t moves_failed = 0;
    std::array<std::uint64_t, fault_codes.size()> refused{};  ///< by reason, asks and sends

    void refuse(Fault fault) noexcept { ++refused[static_cast<std::size_t>(fault)]; }
};

}  // namespace peacepie::broker
