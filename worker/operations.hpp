// operations.hpp - what one actor waits for: answers, moments, completions.
//
// Owned by its cell, used only by the thread that runs it.  Numbers only grow, so the list is sorted by itself and an
// entry is found by bisection; closed entries are swept when they outnumber the open ones.
// Next: cell.cpp resumes what has ended.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "worker/wake_times.hpp"

namespace peacepie::worker {

struct Operation {
    enum class Kind : std::uint8_t { closed, ask, wait, alarm, open, watch, delivery };
    static constexpr std::uint64_t never = WakeTimes::never;

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

    [[nodiscard]] WakeTimes& wake_times() noexcept { return wake_times_; }

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
    WakeTimes wake_times_;
    std::size_t open_ = 0;
};

}  // namespace peacepie::worker
