// watches.cpp - two maps kept alike.  Next: session.cpp.
#include "worker/watches.hpp"

#include <algorithm>
#include <optional>

namespace peacepie::worker {

namespace {

constexpr std::size_t rows_per_word = 10'000;  // of 300 bytes at most: 3 MiB

std::optional<std::uint64_t> ref_in(const Value& body) {
    const Value* ref = body.find("ref");
    if (ref == nullptr || !ref->as_integer() || *ref->as_integer() < 0) return std::nullopt;
    return static_cast<std::uint64_t>(*ref->as_integer());
}

}  // namespace

void Watches::hear(const Envelope& word) {
    const bool begins = word.kind == Kind::reply && word.command == "monitored";
    if (!begins && (word.kind != Kind::send || word.command != "down") && (word.kind != Kind::reply || word.command != "demonitored")) return;
    try {
        const auto body = Value::decode(word.body);
        const auto ref = ref_in(body);
        const Value* actor = body.find("actor");
        std::lock_guard guard(lock_);
        if (!ref) return;
        if (begins && actor && actor->as_text()) return add(*ref, word.recipient, *actor->as_text());
        const auto known = by_ref_.find(*ref);
        if (known == by_ref_.end()) return;
        const auto watcher = by_watcher_.find(known->second.watcher);
        std::erase(watcher->second, *ref);
        if (watcher->second.empty()) by_watcher_.erase(watcher);
        by_ref_.erase(known);
        empty_.store(by_ref_.empty(), std::memory_order_relaxed);
    } catch (const Error&) {  // whoever it is for finds out what is wrong with it
    }
}

void Watches::add(std::uint64_t ref, std::string_view watcher, std::string_view actor) {
    if (by_ref_.size() >= limits::monitors_max || !by_ref_.try_emplace(ref, Watch{std::string(watcher), std::string(actor)}).second) return;
    by_watcher_[std::string(watcher)].push_back(ref);
    empty_.store(false, std::memory_order_relaxed);
}

Value Watches::of(std::string_view watcher) const {
    if (empty()) return {};
    std::lock_guard guard(lock_);
    const auto found = by_watcher_.find(watcher);
    if (found == by_watcher_.end()) return {};
    Value::Array rows;
    for (const auto ref : found->second) rows.push_back(Value::Array{ref, by_ref_.at(ref).actor});
    return rows;
}

void Watches::take_in(const std::string& watcher, const Value& rows) {
    if (rows.as_array() == nullptr) return;
    std::lock_guard guard(lock_);
    for (const auto& row : *rows.as_array()) {
        const auto& parts = row.as_array() ? *row.as_array() : Value::Array{};
        if (parts.size() == 2 && parts[0].as_integer() && parts[1].as_text()) add(static_cast<std::uint64_t>(*parts[0].as_integer()), watcher, *parts[1].as_text());
    }
}

void Watches::forget(const std::string& watcher) {
    std::lock_guard guard(lock_);
    const auto found = by_watcher_.find(watcher);
    if (found == by_watcher_.end()) return;
    for (const auto ref : found->second) by_ref_.erase(ref);
    by_watcher_.erase(found);
    empty_.store(by_ref_.empty(), std::memory_order_relaxed);
}

std::vector<std::string> Watches::told() const {
    std::vector<std::string> bodies;
    std::lock_guard guard(lock_);
    Value::Array rows;
    const auto end_word = [&] { bodies.push_back(Value(Value::Map{{"monitors", std::exchange(rows, {})}}).encoded()); };
    for (const auto& [ref, watch] : by_ref_) {
        rows.push_back(Value::Array{ref, watch.actor, watch.watcher});
        if (rows.size() == rows_per_word) end_word();
    }
    if (!rows.empty()) end_word();
    return bodies;
}

}  // namespace peacepie::worker
