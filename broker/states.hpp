// states.hpp - the states of durable actors on their way to the ledger; without a ledger, all of them.
//
// One per broker, in Exchange; its thread.  What is put here in a round is on disk before the answers of that round go out,
// because workers say it before the answer, by the same connection (decision 0018).
// Next: bookkeeping.hpp writes them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/ledger.hpp"
#include "wire/bounds.hpp"

namespace peacepie::broker {

class States {
public:
    explicit States(CountedBounds& bounds) : bounds_(bounds) {}

    /// From now on states go to that ledger, which must outlive this; null: they stay here.
    void keep_in(Ledger* ledger) noexcept { ledger_ = ledger; }

    /// False: no room is left, and what was kept of that name before stays.
    [[nodiscard]] bool put(std::string_view name, Ledger::Kept kept) {
        const auto size = size_of(kept);
        const auto before = waiting_.find(name);
        const auto old = before != waiting_.end() && before->second ? size_of(*before->second) : 0;
        if (!bounds_.allows(Bound::kept_bytes, bytes_ - old + size)) return false;
        bytes_ += size - old;
        waiting_.insert_or_assign(std::string(name), std::move(kept));
        return true;
    }
    void drop(std::string_view name) {
        const auto found = waiting_.find(name);
        if (found != waiting_.end() && found->second) bytes_ -= size_of(*found->second);
        if (ledger_ != nullptr) waiting_.insert_or_assign(std::string(name), std::nullopt);
        else if (found != waiting_.end()) waiting_.erase(found);
    }
    /// Throws Error unavailable when the disk cannot be read.
    [[nodiscard]] std::optional<Ledger::Kept> find(const std::string& name) const {
        if (const auto found = waiting_.find(name); found != waiting_.end()) return found->second;
        return ledger_ != nullptr ? ledger_->state_of(name) : std::nullopt;
    }

    /// What the ledger has not got yet; empty without one.
    [[nodiscard]] std::vector<Ledger::StateChange> unwritten() const {
        std::vector<Ledger::StateChange> all;
        if (ledger_ == nullptr) return all;
        for (const auto& [name, kept] : waiting_) all.push_back({name, kept});
        return all;
    }
    [[nodiscard]] bool has_unwritten() const noexcept { return ledger_ != nullptr && !waiting_.empty(); }
    void written() noexcept {
        waiting_.clear();
        bytes_ = 0;
    }

private:
    [[nodiscard]] static std::size_t size_of(const Ledger::Kept& kept) noexcept { return kept.state.size() + kept.deliveries.size(); }

    CountedBounds& bounds_;
    Ledger* ledger_ = nullptr;
    std::map<std::string, std::optional<Ledger::Kept>, std::less<>> waiting_;
    std::size_t bytes_ = 0;
};

}  // namespace peacepie::broker
