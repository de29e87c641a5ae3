// losses.hpp - sends that a peer took and that nobody can answer for: how many, with whom, and which of its numbers.
//
// The broker numbers, for each session of a worker, the sends that it passes there (1, 2, 3 …) and counts those that come; the worker
// tells with its heartbeats how many have arrived, how many it has given out and how many wait inside.  When the session ends
// otherwise than with a goodbye, what has no known end is lost:
//     inside                what waits in the process
//     to    passed - arrived   on the way to it (what the broker still has goes back as dead letters)
//     from  left - received    on the way from it
// The same when the broker dies: its page (traffic.hpp) has the numbers of its sessions, and how many sends it held.
// Known to the message when its launcher has read the dead process's page, or when the process comes back and tells what the
// session before came to (then nothing was lost inside).  Until then, and if neither ever happens, it is `at_most`: what was passed there and
// not told to have ended.
// Owned by Exchange; the broker's thread.  The list is in memory only, and bounded; what is forgotten stays counted.
// Next: departure.cpp ends sessions, head_letters.cpp shows the list.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "broker/counters.hpp"
#include "broker/session.hpp"
#include "broker/traffic.hpp"
#include "wire/tally_page.hpp"
#include "wire/value.hpp"

namespace peacepie::broker {

struct Loss {
    std::string node;
    std::int64_t pid = 0;
    std::uint64_t stamp = 0;  ///< of the session that ended
    std::string reason;
    std::int64_t time = 0;    ///< seconds since 1970

    std::uint64_t passed = 0, received = 0;  ///< by the broker in that session
    std::uint64_t ended = 0;  ///< of the numbers it was passed, all up to this one are known to have ended
    std::uint64_t inside = 0, to = 0, from = 0;
    bool at_most = false;
    bool is_open = false;  ///< more may be learned: its line is on the page
    bool is_kept = false;  ///< and counted

    /// Nothing is lost of it yet.
    [[nodiscard]] static Loss of(std::string_view node, const SendNumbers& sends, std::string_view reason, std::int64_t now);
    [[nodiscard]] std::uint64_t count() const noexcept { return inside + to + from; }
    /// `number 7` or `numbers 7 to 9`: those of the sends passed to it that have no known end, or are among them; or nothing.
    [[nodiscard]] std::string numbers() const;
    /// A sentence for people.
    [[nodiscard]] std::string text() const;
    [[nodiscard]] Value to_value() const;
};

class Losses {
public:
    Losses(Counters& counters, Traffic& traffic) : counters_(counters), traffic_(traffic) {}

    /// What was under way in the broker before, and between it and its workers.
    void take_up(std::int64_t now);

    /// A heartbeat or goodbye of that worker.
    void told(Session& worker, const Value& body);
    /// Its session is over, and what the broker still had for it is not among `passed` any more.
    void on_end(Session& worker, std::string_view reason, std::int64_t now);
    /// Its launcher has read the page of a process that ended; the last of what it said may still come.
    void on_page(Session& worker, const Unread& page, std::string_view how);
    /// Likewise, of one that has no session any more.
    void on_page(std::string_view node, std::int64_t pid, const Unread& page, std::string_view reason, std::int64_t now);

    /// Oldest first; some turned out to be none, and are forgotten before the others.
    [[nodiscard]] const std::deque<Loss>& all() const noexcept { return losses_; }

private:
    /// The sessions of a process that died in a later one, or in one of them.
    void settle_earlier(std::string_view node, std::int64_t pid, const Unread& page);
    void settle(Loss& loss, std::uint64_t inside, const Unread& page);
    enum class Known : std::uint8_t { so_far, as_far_as_ever, exactly };
    void settle(Loss& loss, std::uint64_t inside, std::uint64_t arrived, std::uint64_t left, Known known);
    void keep(Loss loss);
    /// Nothing more will be learned of it.
    void close(const Loss& loss);

    Counters& counters_;
    Traffic& traffic_;
    std::deque<Loss> losses_;
};

}  // namespace peacepie::broker
