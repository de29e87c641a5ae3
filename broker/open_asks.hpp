// open_asks.hpp - asks that passed through and have no answer yet, so that whoever waits hears when nobody will answer.
//
// Only asks and answers touch it, sends never.  Opening and closing cost one hash each; deadlines lie on a wheel, so
// nothing is sorted.  Pure; the broker's thread.
// Next: departure.hpp asks which are lost, broker.hpp which are late.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "wire/limits.hpp"
#include "wire/link.hpp"

namespace peacepie::broker {

/// One that ended without an answer: what is needed to give one.
struct Unanswered {
    std::string asker;
    std::uint64_t mid = 0;
    std::string recipient;
    bool from_client = false;
};

class OpenAsks {
public:
    enum class Opened { yes, table_full, mid_in_use, client_full };

    explicit OpenAsks(std::size_t most = limits::asks_in_flight_max) : most_(most) {}

    /// `at` is the peer the ask goes to.  A worker's mid used twice replaces the first: the worker knows what it does.
    Opened open(std::string_view asker, std::uint64_t mid, std::string_view recipient, Peer at, Nanoseconds deadline,
                bool from_client);
    /// The answer passes.  False: it was not open (any more).
    bool close(std::string_view asker, std::uint64_t mid);
    [[nodiscard]] bool is_open(std::string_view asker, std::uint64_t mid) const;
    /// Whether that ask is open and went to `at`: nobody else may answer it.
    [[nodiscard]] bool is_open_at(std::string_view asker, std::uint64_t mid, Peer at) const;

    /// Takes those whose deadline has passed.
    [[nodiscard]] std::vector<Unanswered> take_late(Nanoseconds now);
    /// Takes those for which `is_lost(recipient, at)`.
    [[nodiscard]] std::vector<Unanswered> take_lost(const std::function<bool(std::string_view, Peer)>& is_lost);

    [[nodiscard]] std::size_t size() const noexcept { return table_.size(); }

private:
    struct KeyView {
        std::string_view asker;
        std::uint64_t mid;
    };
    struct Key {
        std::string asker;
        std::uint64_t mid;
        operator KeyView() const noexcept { return {asker, mid}; }
    };
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(KeyView key) const noexcept {
            return std::hash<std::string_view>{}(key.asker) ^ (key.mid * 0x9E3779B97F4A7C15ull);
        }
    };
    struct Same {
        using is_transparent = void;
        bool operator()(KeyView a, KeyView b) const noexcept { return a.mid == b.mid && a.asker == b.asker; }
    };
    struct Ask {
        std::string recipient;
        Peer at = 0;
        Nanoseconds deadline{0};
        bool from_client = false;
        std::pair<const Key, Ask>* before = nullptr;  // neighbours on the wheel
        std::pair<const Key, Ask>* after = nullptr;
    };
    using Table = std::unordered_map<Key, Ask, Hash, Same>;
    using Node = std::pair<const Key, Ask>;

    static constexpr std::size_t spokes = 256;
    [[nodiscard]] static std::int64_t tick_of(Nanoseconds time) noexcept { return time / limits::broker_tick; }
    [[nodiscard]] Node*& spoke_of(Nanoseconds deadline) noexcept;
    void link(Node& node) noexcept;
    void unlink(Node& node) noexcept;
    void take(Node& node, std::vector<Unanswered>& into);

    std::size_t most_;
    Table table_;
    std::array<Node*, spokes> wheel_{};
    std::int64_t swept_to_ = -1;
};

}  // namespace peacepie::broker
