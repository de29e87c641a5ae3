// bounds.hpp - the bounds that a user may set, by name, with their defaults: `--limit mailbox_length=1000`.
//
// Values and pure functions, any thread; a process reads its bounds once, before it has threads.  What beyond is refused (or
// forgotten, or made to wait) is counted under the same name.  A bound is called like its constant in limits.hpp, where the
// reason for its default stands, without `_max`; what has no row here is no option.
// Next: broker/options.hpp and worker/worker.hpp hold one; client/settings.cpp reads them from the settings.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wire/limits.hpp"
#include "wire/value.hpp"

namespace peacepie {

enum class Bound : std::uint8_t {
    mailbox_length,
    mailbox_bytes,
    open_asks,
    peer_queue_bytes,
    peer_queue_frames,
    queued_bytes,
    credit_window,
    held_messages,
    held_bytes,
    awaited_messages,
    awaited_bytes,
    dead_letters,
    dead_letters_bytes,
    sessions,
    asks_in_flight,
    asks_of_client,
    monitors,
    declared_bytes,
    kept_bytes
};
inline constexpr std::size_t bound_count = static_cast<std::size_t>(Bound::kept_bytes) + 1;

/// A number for each bound.
template <class Number>
class PerBound {
public:
    [[nodiscard]] const Number& operator[](Bound bound) const noexcept { return numbers_[static_cast<std::size_t>(bound)]; }
    [[nodiscard]] Number& operator[](Bound bound) noexcept { return numbers_[static_cast<std::size_t>(bound)]; }

private:
    std::array<Number, bound_count> numbers_{};
};

struct BoundRow {
    Bound bound;
    std::string_view name;
    bool in_worker, in_broker;  ///< who obeys it
    bool is_bytes;              ///< may be written like 64M
    std::uint64_t usual, least, most;
    std::string_view text;
};
[[nodiscard]] const std::array<BoundRow, bound_count>& bound_rows() noexcept;

/// What holds in one process: the defaults, until something else is set.
class Bounds {
public:
    Bounds() noexcept;
    [[nodiscard]] std::uint64_t operator[](Bound bound) const noexcept { return values_[bound]; }
    Bounds& set(Bound bound, std::uint64_t value) noexcept {
        values_[bound] = value;
        return *this;
    }
    /// Throws Error bad_argument with a sentence that begins with the name: there is no such bound, or the value is none for it.
    void set(std::string_view name, std::string_view value);
    /// Of words `NAME=VALUE`; the last of a name counts.
    [[nodiscard]] static Bounds from(const std::vector<std::string>& words);

private:
    PerBound<std::uint64_t> values_;
};

/// Those of a part that runs in one thread, with the count of how often each was reached.
struct CountedBounds {
    Bounds limit;
    PerBound<std::uint64_t> reached{};

    /// False, and counted: `value` is beyond the bound.
    [[nodiscard]] bool allows(Bound bound, std::uint64_t value) noexcept {
        if (value <= limit[bound]) return true;
        ++reached[bound];
        return false;
    }
};

/// `NAME=VALUE` in two; throws Error bad_argument.
[[nodiscard]] std::pair<std::string_view, std::string_view> name_and_value(std::string_view word);

enum class Obeys : std::uint8_t { worker, broker };
/// For `stats`: {name: {limit, reached}} of what that program obeys; `reached` says how often.
[[nodiscard]] Value bounds_shown(const Bounds& bounds, Obeys who, const std::function<std::uint64_t(Bound)>& reached);
/// For `--help`: a line for each, with default and range.
[[nodiscard]] std::string bounds_help();
[[nodiscard]] std::string bound_range(const BoundRow& row);
[[nodiscard]] std::vector<std::string> bound_names();

}  // namespace peacepie
