// operations.hpp - what one actor waits for: answers, moments, completions.
//
// Owned by its cell, used only by the thread that runs it.  Numbers only grow, so the list is sorted by itself and an
// entry is found by bisection; closed entries are swept when they outnumber the open ones.
// Next: cell.cpp resumes what has ended.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace peacepie::worker {

struct Operation {
    enum class Kind : std::uint8_t { closed, ask, wait, alarm, open, watch, delivery };
    static constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

    std::uint64_t number = 0;
    std::uint64_t deadline_ns = never;
    Kind kind = Kind::closed;
};

class Operations {
    using List = std::vector<Operation>;

public:
    void add(Operation operation) {
        list_.push_back(operation);
        ++open_;
    }
    /// Closes the operation and tells what it was; nothing when it is not open.
    std::optional<Operation> close(std::uint64_t number) {
        const auto place = find(number);
        if (place == list_.end()) return std::nullopt;
        const Operation was = *place;
        place->kind = Operation::Kind::closed;
        --open_;
        sweep();
        return was;
    }
    [[nodiscard]] bool is_open(std::uint64_t number) const { return kind_of(number) != Operation::Kind::closed; }
    /// The operation stays open but its moment has been seen to.
    void disarm(std::uint64_t number) {
        if (const auto place = find(number); place != list_.end()) place->deadline_ns = Operation::never;
    }
    [[nodiscard]] Operation::Kind kind_of(std::uint64_t number) const {
        const auto place = std::ranges::lower_bound(list_, number, {}, &Operation::number);
        return place == list_.end() || place->number != number ? Operation::Kind::closed : place->kind;
    }
    /// Numbers of all whose deadline is at or before `now`, oldest first.
    [[nodiscard]] std::vector<std::uint64_t> due(std::uint64_t now) const {
        std::vector<std::uint64_t> numbers;
        for (const auto& one : list_)
            if (one.kind != Operation::Kind::closed && one.deadline_ns <= now) numbers.push_back(one.number);
        return numbers;
    }
    [[nodiscard]] std::uint64_t earliest_deadline() const noexcept {
        auto earliest = Operation::never;
        for (const auto& one : list_)
            if (one.kind != Operation::Kind::closed) earliest = std::min(earliest, one.deadline_ns);
        return earliest;
    }
    [[nodiscard]] std::size_t size() const noexcept { return open_; }

    // Which deadlines the worker's Timers know of: the earliest and one more, so that a long ask beside short sleeps
    // registers once.

    /// True when that one has to be registered.
    [[nodiscard]] bool arm(std::uint64_t deadline_ns) noexcept {
        if (deadline_ns >= wake_ns_) return false;
        later_wake_ns_ = std::exchange(wake_ns_, deadline_ns);
        return true;
    }
    /// A registered moment has come.  False when it is one that was forgotten meanwhile: it must not make new ones.
    [[nodiscard]] bool woken(std::uint64_t now_ns) noexcept {
        if (now_ns < wake_ns_) return false;
        wake_ns_ = std::exchange(later_wake_ns_, Operation::never);
        return true;
    }

private:
    /// The open operation of that number, or the end.
    [[nodiscard]] List::iterator find(std::uint64_t number) {
        const auto place = std::ranges::lower_bound(list_, number, {}, &Operation::number);
        return place != list_.end() && place->number == number && place->kind != Operation::Kind::closed ? place : list_.end();
    }
    void sweep() {
        if (open_ == 0) list_.clear();
        else if (list_.size() > 32 && open_ * 2 < list_.size())
            std::erase_if(list_, [](const Operation& one) { return one.kind == Operation::Kind::closed; });
    }
    List list_;
    std::uint64_t wake_ns_ = Operation::never;
    std::uint64_t later_wake_ns_ = Operation::never;
    std::size_t open_ = 0;
};

}  // namespace peacepie::worker
