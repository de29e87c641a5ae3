// traffic.hpp - how many sends went to each worker and came from it, on a page that outlives this broker.
//
// A broker that dies leaves a line for each session and the number of sends that it held for names on the move or not back yet.  The
// next one takes them up as losses (losses.hpp): at most so many, until the workers, or the launcher of one that died, tell what has
// arrived there.  A line is given up when its session has ended and what was lost with it is known.
// Written by one broker and read by the next, when that one is dead: plain numbers.  The launcher makes the page and keeps it;
// without one the numbers are the broker's own and die with it.
// Owned by Exchange; the broker's thread.
// Why so: sdk/docs/decisions/0024-what-is-lost-is-counted.md.
// Next: losses.hpp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "broker/session.hpp"
#include "wire/envelope.hpp"
#include "wire/limits.hpp"

namespace peacepie::broker {

struct TrafficPage {
    struct Sums {
        std::uint64_t layout = 0;
        std::int64_t pid = 0;     ///< of the broker that writes here
        std::uint64_t held = 0;   ///< sends that it holds
        std::uint64_t lost = 0;   ///< over all brokers, as far as it is known
        std::uint64_t lines = 0;  ///< that were ever taken: those behind have not been touched
    };
    struct alignas(64) Line {
        SendNumbers numbers;           ///< a stamp of 0: the line is free
        std::array<char, 264> node{};  ///< HOST.PROCESS.admin, two names of at most 128 and what is between; ends with a 0
    };
    static constexpr std::uint64_t this_layout = 1;  ///< of this struct and SendNumbers: to be raised with each change, as the next broker may be a newer program
    /// 1.5 MB, of which only what is used takes memory; room for the losses that may wait to be known and as many workers thrice.
    static constexpr std::size_t lines_max = 4'096;
    static_assert(lines_max >= 4 * limits::losses_max && sizeof(SendNumbers) == 72);

    Sums sums;
    std::array<Line, lines_max> lines{};
};

class Traffic {
public:
    /// The page must outlive this, and is all zero when it is new; null: nobody else will see the numbers.
    Traffic(TrafficPage* page, std::int64_t pid);
    Traffic(const Traffic&) = delete;
    Traffic& operator=(const Traffic&) = delete;

    /// What the broker before left behind; once, before the first session.
    struct Earlier {
        struct Worker {
            std::string node;
            SendNumbers numbers;
        };
        std::int64_t pid = 0;    ///< 0: there was none
        std::uint64_t held = 0;
        std::vector<Worker> workers;
    };
    [[nodiscard]] Earlier take_up();

    /// That worker's numbers are on the page from now on, if there is room.
    void begin(Session& worker);
    /// Its session ends; the numbers stay on the page.
    static void end(Session& worker) noexcept;
    /// What was lost with the session of that stamp is known.
    void give_up(std::uint64_t stamp) noexcept;

    void hold(const Envelope& envelope) noexcept { sums_->held += envelope.is_tallied() ? 1 : 0; }
    void let_go(const Envelope& envelope) noexcept { sums_->held -= envelope.is_tallied() ? 1 : 0; }

    [[nodiscard]] std::uint64_t lost() const noexcept { return sums_->lost; }
    void add_lost(std::uint64_t sends) noexcept { sums_->lost += sends; }

private:
    [[nodiscard]] std::span<TrafficPage::Line> lines() noexcept;

    TrafficPage::Sums own_;
    TrafficPage* const page_;
    TrafficPage::Sums* const sums_;
    const std::int64_t pid_;
};

}  // namespace peacepie::broker
