// memory_ledger.hpp - a ledger that outlives brokers but not the test, and refuses when told.
//
// For tests of the broker and for the simulator; one thread.
// Next: broker/ledger.hpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <span>
#include <string>

#include "broker/ledger.hpp"
#include "wire/fault.hpp"

namespace peacepie::broker {

class MemoryLedger final : public Ledger {
public:
    using Rows = std::map<std::string, Row>;

    void write(std::span<const Change> changes, std::span<const StateChange> changed) override {
        if (full) throw Error(Fault::no_space, "the disk is full");
        if (on_write) on_write();
        largest = std::max(largest, changes.size());
        for (const auto& change : changes) {
            rows.erase(change.name);
            if (change.row) rows.emplace(change.name, *change.row);
        }
        for (const auto& change : changed) {
            states.erase(change.name);
            if (change.kept) states.emplace(change.name, *change.kept);
        }
    }
    void clear() override {
        if (full) throw Error(Fault::no_space, "the disk is full");
        rows.clear();
    }
    void read(const std::function<void(std::string name, Row row)>& each) override {
        for (const auto& [name, row] : rows) each(name, row);
        if (damaged) throw Error(Fault::unavailable, "the file is damaged");
    }
    [[nodiscard]] std::optional<Kept> state_of(const std::string& name) override {
        const auto found = states.find(name);
        return found != states.end() ? std::optional(found->second) : std::nullopt;
    }
    Rows rows;
    std::map<std::string, Kept> states;
    std::function<void()> on_write;  // to see what has happened by then
    std::size_t largest = 0;
    bool full = false;
    bool damaged = false;
};

}  // namespace peacepie::broker
