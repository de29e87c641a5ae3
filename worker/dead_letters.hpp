// dead_letters.hpp - sends that ended in this worker without having been handled, on their way to HEAD, which keeps them.
//
// A report goes out at once, the next one not before an interval has passed, so that a flood costs nobody else; what is too
// much for one report is only counted in it.  Only what failed comes here: messages that arrive cost nothing.
// Owned by Worker.  Thread: add() from any; the rest in the admin's turns.
// Next: admin.hpp sees to the reports.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "wire/envelope.hpp"
#include "wire/fault.hpp"
#include "wire/link.hpp"
#include "wire/value.hpp"

namespace peacepie::worker {

class Admin;

class DeadLetters {
public:
    explicit DeadLetters(const Clock& clock) : clock_(clock) {}

    /// True: the next report is full already, and the letter is counted for it.
    [[nodiscard]] bool count_if_full(Fault reason);
    /// True: it is the first since the last report, and the admin must be told.
    [[nodiscard]] bool add(const Envelope& envelope, Fault reason, std::string_view text);
    /// Sees to it that the report goes out, now or when its time has come.
    void on_first(Admin& admin);
    /// Reports what there is at once: before this worker says goodbye.
    void report(Admin& admin);

private:
    using Counts = std::array<std::uint64_t, fault_codes.size()>;
    struct Batch {
        std::vector<std::pair<Nanoseconds, Value::Map>> letters;  // since when
        Counts more{};
        std::size_t bytes = 0;
    };
    [[nodiscard]] std::optional<Batch> take();
    [[nodiscard]] Value body_of(Batch batch) const;
    void put_back(const Counts& counts);
    static void count(Counts& counts, Fault reason, std::uint64_t letters = 1) { counts[static_cast<std::size_t>(reason)] += letters; }

    const Clock& clock_;
    std::mutex lock_;
    Batch batch_;
    bool waiting_ = false;  // for the admin
    std::atomic<bool> full_{false};
    Nanoseconds next_report_{0};
};

}  // namespace peacepie::worker
