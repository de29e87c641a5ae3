// bookkeeping.cpp - from the registry into the ledger, and back once.  Next: sqlite_ledger.cpp
#include "broker/bookkeeping.hpp"

#include <algorithm>

#include "wire/spawned_name.hpp"

namespace peacepie::broker {

Bookkeeping::Bookkeeping(Exchange& exchange, Ledger* ledger) : exchange_(exchange), ledger_(ledger) {
    if (ledger_ == nullptr) return;
    load();
    exchange_.registry.watch_changes();
}

void Bookkeeping::load() {
    ledger_->read([this](const std::string& name, const Ledger::Row& row) {
        if (!is_name(name) || !node_of(row.node) || row.restart < 0 || row.restart > static_cast<int>(Restart::temporary))
            return log::warning("the registry's file has a row that cannot be right: {}", log::escaped(name));
        auto declared = std::make_shared<const Declaration>(Declaration{static_cast<Restart>(row.restart), row.params});
        exchange_.registry.epoch_seen(row.epoch);
        exchange_.fallen.add(name, {.node = row.node, .born = row.born, .class_desc = row.class_desc, .declared = std::move(declared), .made_in = {}});
    });
    if (const auto size = exchange_.fallen.size(); size != 0)
        log::info(log::Fields{{"actors", size}}, "{} actors are known from before; waiting for their workers", size);
}

std::optional<Ledger::Row> Bookkeeping::row_of(const std::string& name) const {
    const auto row = [](const std::string& node, std::uint64_t epoch, std::uint64_t born, const std::string& class_desc, const Declaration& declared) {
        return Ledger::Row{node, epoch, born, class_desc, static_cast<int>(declared.restart), declared.params};
    };
    if (looks_spawned(name)) return std::nullopt;
    if (const auto* actor = exchange_.registry.find(name); actor != nullptr && actor->declared)
        return row(actor->session->address, actor->epoch, actor->born, exchange_.registry.class_desc(*actor), *actor->declared);
    if (const auto* actor = exchange_.fallen.find(name))
        return row(actor->node, actor->born, actor->born, actor->class_desc, *actor->declared);
    return std::nullopt;
}

/// A share per round, so that a million names at once do not keep everybody waiting.
void Bookkeeping::on_round() {
    auto& changed = exchange_.registry.changed();
    if (changed.empty()) return;
    const auto now = exchange_.clock.now();
    if (due_ && now < *due_) return;
    due_.reset();
    const auto share = std::min(changed.size(), limits::rows_per_round_max);
    const auto first = changed.end() - static_cast<std::ptrdiff_t>(share);
    changes_.clear();
    for (auto name = first; name != changed.end(); ++name) changes_.push_back({*name, row_of(*name)});
    try {
        ledger_->write(changes_);
        changed.erase(first, changed.end());
        if (!changed.empty()) due_ = now;
    } catch (const Error& error) {
        ++exchange_.counters.ledger_failures;
        due_ = now + limits::ledger_retry;
        if (const auto held_back = failures_.due(now))
            log::error(log::Fields{{"code", error.code}}, "names cannot be kept on disk: {}; trying on ({} like it before)", error.text, *held_back);
    }
}

}  // namespace peacepie::broker
