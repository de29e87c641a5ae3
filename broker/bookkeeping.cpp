// bookkeeping.cpp - from the registry into the ledger, and back once.  Next: sqlite_ledger.cpp
#include "broker/bookkeeping.hpp"

#include <algorithm>

#include "wire/spawned_name.hpp"

namespace peacepie::broker {

namespace {

/// Nothing when the row cannot be right: whoever wrote it, it must not stop what depends on it later.
std::optional<FallenActor> actor_in(const std::string& name, const Ledger::Row& row, DeclaredBytes& declared) try {
    if (!is_name(name) || !node_of(row.node)) return std::nullopt;
    (void)Value::decode(row.class_desc);
    FallenActor actor;
    actor.node = row.node;
    actor.born = row.born;
    actor.epoch = row.epoch;
    actor.class_desc = row.class_desc;
    actor.declared = declared.keep(Declaration::from(Value::decode(row.declared)));
    return actor;
} catch (const Error&) {
    return std::nullopt;
}

}  // namespace

Bookkeeping::Bookkeeping(Exchange& exchange, Ledger* ledger) : exchange_(exchange), ledger_(ledger) {
    if (ledger_ != nullptr) load();
    if (ledger_ == nullptr && exchange_.options.is_successor) exchange_.awaited.begin_without_names(exchange_.clock.now());
    if (ledger_ == nullptr) return;
    exchange_.registry.watch_changes(true);
    exchange_.states.keep_in(ledger_);
}

void Bookkeeping::load() try {
    std::size_t known = 0;
    ledger_->read([this, &known](const std::string& name, const Ledger::Row& row) {
        auto actor = actor_in(name, row, exchange_.declared);
        if (!actor) return log::warning("the registry's file has a row that cannot be right: {}", log::escaped(name));
        exchange_.registry.epoch_seen(row.epoch);
        actor->awaited = true;
        exchange_.fallen.add(name, std::move(*actor));
        ++known;
    });
    if (known != 0 || exchange_.options.is_successor) exchange_.awaited.begin(exchange_.clock.now());
    if (known != 0) log::info(log::Fields{{"actors", known}}, "{} actors are known from before; waiting for their workers", known);
} catch (const Error& error) {
    log::error(log::Fields{{"code", error.code}}, "the registry's file cannot be read: {}; names are not kept. End the system and remove it", error.text);
    ledger_ = nullptr;
}

std::optional<Ledger::Row> Bookkeeping::row_of(const std::string& name) const {
    const auto row = [](const std::string& node, std::uint64_t epoch, std::uint64_t born, const std::string& class_desc, const Declaration& declared) {
        Value fields = Value::Map{};
        declared.put_into(fields);
        return Ledger::Row{node, epoch, born, class_desc, fields.encoded()};
    };
    if (looks_spawned(name)) return std::nullopt;
    if (const auto* actor = exchange_.registry.find(name); actor != nullptr && actor->declared)
        return row(actor->session->address, actor->epoch, actor->born, exchange_.registry.class_desc(*actor), *actor->declared);
    if (const auto* actor = exchange_.fallen.find(name); actor != nullptr && !actor->removed)
        return row(actor->node, actor->epoch, actor->born, actor->class_desc, *actor->declared);
    return std::nullopt;
}

/// A share per round, the oldest first, so that a million names at once do not keep everybody waiting.
void Bookkeeping::on_round() {
    exchange_.states.next_round();
    auto& changed = exchange_.registry.changed();
    if (changed.size() > limits::changes_waiting_max) {
        exchange_.registry.watch_changes(false);  // until the disk takes something again
        is_stale_ = true;
    }
    if (changed.empty() && !is_stale_ && !exchange_.states.has_unwritten()) return;
    const auto now = exchange_.clock.now();
    if (due_ && now < *due_) return;
    due_.reset();
    try {
        if (is_stale_) begin_anew();
        const auto share = next_share();
        ledger_->write(changes_, exchange_.states.unwritten());
        exchange_.states.written();
        changed.erase(changed.begin(), changed.begin() + static_cast<std::ptrdiff_t>(share));
        if (!changed.empty()) due_ = now;
    } catch (const Error& error) {
        exchange_.states.refused(error);
        ++exchange_.counters.ledger_failures;
        due_ = now + limits::ledger_retry;
        if (const auto held_back = failures_.due(now))
            log::error(log::Fields{{"code", error.code}}, "names and states cannot be kept on disk: {}; trying on ({} like it before)", error.text, *held_back);
    }
}

void Bookkeeping::begin_anew() {
    ledger_->clear();
    is_stale_ = false;
    exchange_.registry.watch_changes(true);
    exchange_.registry.each([this](const std::string& name, const Registration&) { exchange_.registry.note_change(name); });
    for (const auto& [node, names] : exchange_.fallen.by_node())
        for (const auto& [born, name] : names) exchange_.registry.note_change(name);
}

std::size_t Bookkeeping::next_share() {
    const auto& changed = exchange_.registry.changed();
    std::size_t bytes = 0;
    changes_.clear();
    while (changes_.size() < std::min(changed.size(), limits::rows_per_round_max) && bytes < limits::row_bytes_per_round_max) {
        const auto& name = changed[changes_.size()];
        changes_.push_back({name, row_of(name)});
        if (const auto& row = changes_.back().row) bytes += row->declared.size() + row->class_desc.size();
    }
    return changes_.size();
}

}  // namespace peacepie::broker
