// bounds.cpp - the table, and reading it.  Next: limits.hpp has the reasons.
#include "wire/bounds.hpp"

#include <algorithm>

#include "wire/byte_size.hpp"
#include "wire/closest.hpp"
#include "wire/fault.hpp"

namespace peacepie {

namespace {

constexpr std::uint64_t K = 1u << 10, M = 1u << 20, G = 1u << 30;

// The mailbox's two share one word of 64 bits, see worker/mailbox.hpp; a window must hold a batch.
constexpr std::array<BoundRow, bound_count> rows{{
    {Bound::mailbox_length, "mailbox_length", true, false, false, limits::mailbox_length_max, 1, 4'000'000, "messages that wait for one actor; more are refused"},
    {Bound::mailbox_bytes, "mailbox_bytes", true, false, true, limits::mailbox_bytes_max, 64 * K, 64 * G, "the same in bytes"},
    {Bound::open_asks, "open_asks", true, false, false, limits::open_asks_max, 1, 10'000'000, "answers that one actor waits for; more asks fail at once"},
    {Bound::peer_queue_bytes, "peer_queue_bytes", true, true, true, limits::peer_queue_bytes_max, 1 * M, 64 * G,
     "what waits in the broker for one peer, and in a worker for the broker; more is refused"},
    {Bound::peer_queue_frames, "peer_queue_frames", false, true, false, limits::peer_queue_frames_max, 16, 10'000'000, "the same in frames, in the broker"},
    {Bound::queued_bytes, "queued_bytes", false, true, true, limits::queued_bytes_max, 1 * M, 1'024 * G, "what waits in the broker for all slow peers together"},
    {Bound::credit_window, "credit_window", true, true, true, limits::credit_window, 64 * K, 1 * G,
     "bytes under way between broker and worker; more waits in the queue"},
    {Bound::held_messages, "held_messages", false, true, false, limits::held_messages_max, 1, 10'000'000,
     "mail held for one actor on the move; more ends the move, or gives up the replay"},
    {Bound::held_bytes, "held_bytes", false, true, true, limits::held_bytes_max, 64 * K, 64 * G, "the same in bytes"},
    {Bound::awaited_messages, "awaited_messages", false, true, false, limits::awaited_messages_max, 0, 10'000'000,
     "mail that waits for workers after a restart of the broker; more is refused"},
    {Bound::awaited_bytes, "awaited_bytes", false, true, true, limits::awaited_bytes_max, 0, 64 * G, "the same in bytes"},
    {Bound::dead_letters, "dead_letters", false, true, false, limits::dead_letters_max, 0, 100'000, "dead letters that are kept; the oldest are forgotten"},
    {Bound::dead_letters_bytes, "dead_letters_bytes", false, true, true, limits::dead_letters_bytes_max, 0, 64 * G, "the same in bytes"},
    {Bound::sessions, "sessions", false, true, false, limits::sessions_max, 3, 1'000'000,
     "peers at once, at most four fifths of the descriptors; others are refused"},
    {Bound::asks_in_flight, "asks_in_flight", false, true, false, limits::asks_in_flight_max, 1, 100'000'000, "asks open in the system; more are refused"},
    {Bound::asks_of_client, "asks_of_client", false, true, false, limits::asks_of_client_max, 1, 10'000'000, "of them, those of one client"},
    {Bound::monitors, "monitors", false, true, false, limits::monitors_max, 0, 10'000'000, "of all watchers together; more are refused"},
    {Bound::declared_bytes, "declared_bytes", false, true, true, limits::declared_bytes_max, 1 * M, 64 * G,
     "parameters of all actors, kept to make them again; more creations are refused"},
    {Bound::kept_bytes, "kept_bytes", false, true, true, limits::kept_bytes_max, 1 * M, 64 * G,
     "states of durable actors that are not on disk (yet); newer ones are not kept"},
}};

constexpr bool is_in_order() {
    for (std::size_t i = 0; i < bound_count; ++i)
        if (static_cast<std::size_t>(rows[i].bound) != i) return false;
    return true;
}
static_assert(is_in_order(), "a row for each bound, in the order of the enum");

const BoundRow* row_named(std::string_view name) {
    const auto* found = std::ranges::find(rows, name, &BoundRow::name);
    return found != rows.end() ? found : nullptr;
}

std::string written(std::uint64_t number, bool is_bytes) {
    if (is_bytes && number != 0)
        for (const auto& [unit, letter] : {std::pair{G, 'G'}, {M, 'M'}, {K, 'K'}})
            if (number % unit == 0) return std::to_string(number / unit) + letter;
    return std::to_string(number);
}

}  // namespace

const std::array<BoundRow, bound_count>& bound_rows() noexcept { return rows; }

Bounds::Bounds() noexcept {
    for (const auto& row : rows) values_[row.bound] = row.usual;
}

void Bounds::set(std::string_view name, std::string_view value) {
    const auto* row = row_named(name);
    if (row == nullptr) throw Error(Fault::bad_argument, "`" + std::string(name) + "` is no limit" + did_you_mean(name, bound_names()));
    const auto number = byte_size_of(value);
    const bool is_plain = !value.empty() && value.find_first_not_of("0123456789") == value.npos;
    if (!number || (!row->is_bytes && !is_plain) || *number < row->least || *number > row->most)
        throw Error(Fault::bad_argument, "`" + std::string(name) + "` is `" + std::string(value) + "`, but must be " + bound_range(*row));
    values_[row->bound] = *number;
}

Bounds Bounds::from(const std::vector<std::string>& words) {
    Bounds bounds;
    for (const auto& word : words) {
        const auto [name, value] = name_and_value(word);
        bounds.set(name, value);
    }
    return bounds;
}

std::pair<std::string_view, std::string_view> name_and_value(std::string_view word) {
    const auto middle = word.find('=');
    if (middle == word.npos) throw Error(Fault::bad_argument, "`" + std::string(word) + "` is no limit: write NAME=VALUE, like mailbox_length=1000");
    return {word.substr(0, middle), word.substr(middle + 1)};
}

Value bounds_shown(const Bounds& bounds, Obeys who, const std::function<std::uint64_t(Bound)>& reached) {
    Value shown = Value::Map{};
    for (const auto& row : rows)
        if (who == Obeys::worker ? row.in_worker : row.in_broker)
            shown.set(std::string(row.name), Value(Value::Map{{"limit", bounds[row.bound]}, {"reached", reached(row.bound)}}));
    return shown;
}

std::string bound_range(const BoundRow& row) {
    return std::string(row.is_bytes ? "bytes, or a number with K, M or G, from " : "a number from ") + written(row.least, row.is_bytes) + " to " +
           written(row.most, row.is_bytes);
}

std::string bounds_help() {
    std::string help = "Names for --limit (with their defaults):\n";
    for (const auto& row : rows) {
        std::string line = "  " + std::string(row.name) + "=" + written(row.usual, row.is_bytes);
        line.resize(std::max<std::size_t>(line.size() + 1, 32), ' ');
        help += line + std::string(row.text) + " (" + written(row.least, row.is_bytes) + " to " + written(row.most, row.is_bytes) + ")\n";
    }
    return help;
}

std::vector<std::string> bound_names() {
    std::vector<std::string> names;
    for (const auto& row : rows) names.emplace_back(row.name);
    return names;
}

}  // namespace peacepie
