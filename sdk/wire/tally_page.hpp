// tally_page.hpp - how many sends a worker took in and how many have ended, on a page that outlives its process.
//
//     waiting = entered + arrived - ended - left
//
// What waits when a process dies is lost with it.  A send counts when it names a sender and a recipient (Envelope::is_tallied) and,
// within a worker, also when it is for HEAD.  A dead letter is another entry, which leaves with a report, and so is a reliable
// message of an actor that is not durable, which ends when it is acknowledged.  Whoever counts an entry does it before the send can end,
// so that at no moment more have ended than entered.
// Written by the worker, each line by one thread alone, but for the first; read when its process has ended by its launcher,
// which believes nothing.
// Next: worker/tally.hpp counts, launcher/unread_sends.hpp reads.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "wire/value.hpp"

namespace peacepie {

struct TallyPage {
    struct alignas(64) Line {
        std::atomic<std::uint64_t> entered{0};  ///< said by actors here, or come with an actor that moved here
        std::atomic<std::uint64_t> ended{0};    ///< here, in whatever way
    };
    /// What goes over the connection to the broker is counted from the beginning of the session `stamp` on.
    struct alignas(64) Link {
        std::atomic<std::uint64_t> stamp{0};    ///< of the session; 0: none yet, or it is just changing
        std::atomic<std::uint64_t> arrived{0};  ///< from the broker, in the whole life of the process
        std::atomic<std::uint64_t> arrived_before{0};  ///< of them, before this session
        std::atomic<std::uint64_t> left{0};     ///< given to the outbox for the broker, likewise
        std::atomic<std::uint64_t> left_before{0};     ///< of them, gone out before this session
        std::atomic<std::uint64_t> stamp_before{0};    ///< of the session before, which nobody may have heard the end of; 0: there was none
        std::atomic<std::uint64_t> arrived_earlier{0}, left_earlier{0};  ///< likewise, before that one
    };
    static constexpr std::size_t lines_max = 260;  ///< one for strangers, one a loop (--loops ends at 256), one for the monitor

    Link link;
    Line lines[lines_max];
};

static_assert(std::atomic<std::uint64_t>::is_always_lock_free && sizeof(TallyPage) == (1 + TallyPage::lines_max) * 64);

/// What a page says at one moment, of the session with that stamp.
struct Unread {
    std::uint64_t stamp = 0;
    std::uint64_t waiting = 0;  ///< inside; all that came before `arrived` and has not ended is among it
    std::uint64_t arrived = 0;
    std::uint64_t left = 0;
    struct Session {
        std::uint64_t stamp = 0;  ///< 0: there was none
        std::uint64_t arrived = 0;
        std::uint64_t left = 0;
    } before;  ///< what the session before came to

    /// While the worker goes on counting: `waiting` is never less than what waited when it was called, and if it is 0, all that
    /// had arrived has ended.
    [[nodiscard]] static Unread of(const TallyPage& page, std::size_t lines = TallyPage::lines_max) noexcept;
    [[nodiscard]] Value to_value() const;
    /// Nothing when it is no such map of numbers.
    [[nodiscard]] static std::optional<Unread> from_value(const Value& value);
};

/// How many dead letters a worker's report tells of, those included that it only counts.
[[nodiscard]] std::uint64_t letters_in(const Value& report) noexcept;

/// Tells sessions apart without telling the secret by which a worker comes back to its own.  Never 0.
[[nodiscard]] std::uint64_t stamp_of(std::string_view secret) noexcept;

}  // namespace peacepie
