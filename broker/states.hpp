// states.hpp - the states of durable actors on their way to the ledger; without a ledger, all of them.
//
// One per broker, in Exchange; its thread.  What is put here in a round is on disk before the answers of that round go out,
// because workers say it before the answer, by the same connection (decision 0018).  While the disk refuses, what waits here may be forgotten.
// Next: bookkeeping.hpp writes them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/ledger.hpp"
#include "wire/bounds.hpp"
#include "wire/fault.hpp"
#include "wire/limits.hpp"

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
        if (size > limits::kept_state_max || !bounds_.allows(Bound::kept_bytes, bytes_ - old + size)) return false;
        bytes_ += size - old;
        waiting_.insert_or_assign(std::string(name), std::move(kept));
        if (!without_room_.empty()) without_room_.erase(std::string(name));
        return true;
    }
    /// Its newest state was not put, so that whoever hears of it hears what may be forgotten: until one is, or it ends.
    void had_no_room(std::string_view name) { without_room_.emplace(name); }
    void ended(const std::string& name) { without_room_.erase(name); }
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
        refusal_.reset();
    }
    /// The disk did not take them; until written() they may be forgotten.
    void refused(const Error& why) { refusal_ = why; }
    [[nodiscard]] bool may_be_forgotten() const noexcept { return refusal_.has_value() || !without_room_.empty(); }
    /// The state of that actor may be forgotten: why; else null.
    [[nodiscard]] const Error* why_unkept(std::string_view name) const {
        static const Error no_room(Fault::no_space, "there is no room for it");
        if (without_room_.contains(name)) return &no_room;
        const auto found = waiting_.find(name);
        return refusal_ && found != waiting_.end() && found->second ? &*refusal_ : nullptr;
    }

    [[nodiscard]] bool are_on_disk() const noexcept { return ledger_ != nullptr; }
    /// Another one each time that they are about to be written.
    [[nodiscard]] std::uint64_t round() const noexcept { return round_; }
    void next_round() noexcept { ++round_; }

private:
    [[nodiscard]] static std::size_t size_of(const Ledger::Kept& kept) noexcept { return kept.state.size() + kept.deliveries.size(); }

    CountedBounds& bounds_;
    Ledger* ledger_ = nullptr;
    std::map<std::string, std::optional<Ledger::Kept>, std::less<>> waiting_;
    std::set<std::string, std::less<>> without_room_;  // of actors that are registered
    std::size_t bytes_ = 0;
    std::uint64_t round_ = 1;
    std::optional<Error> refusal_;
};

}  // namespace peacepie::broker
