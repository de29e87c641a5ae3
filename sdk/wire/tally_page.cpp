// tally_page.cpp - reading a page while it is written.  Next: worker/tally.hpp writes.
#include "wire/tally_page.hpp"

#include <algorithm>

namespace peacepie {

/// Ends first, then entries: what happens in between makes too much wait and never too little.
Unread Unread::of(const TallyPage& page, std::size_t lines) noexcept {
    const auto& link = page.link;
    Unread unread;
    unread.stamp = link.stamp.load(std::memory_order_acquire);
    const auto arrived = link.arrived.load(std::memory_order_acquire), left = link.left.load(std::memory_order_acquire);
    unread.arrived = arrived - link.arrived_before.load(std::memory_order_relaxed);
    unread.left = left - link.left_before.load(std::memory_order_relaxed);
    unread.before.stamp = link.stamp_before.load(std::memory_order_relaxed);
    unread.before.arrived = link.arrived_before.load(std::memory_order_relaxed) - link.arrived_earlier.load(std::memory_order_relaxed);
    unread.before.left = link.left_before.load(std::memory_order_relaxed) - link.left_earlier.load(std::memory_order_relaxed);
    std::uint64_t out = left, in = 0;
    for (std::size_t i = 0; i < std::min(lines, TallyPage::lines_max); ++i) out += page.lines[i].ended.load(std::memory_order_acquire);
    for (std::size_t i = 0; i < std::min(lines, TallyPage::lines_max); ++i) in += page.lines[i].entered.load(std::memory_order_acquire);
    unread.waiting = in + link.arrived.load(std::memory_order_acquire) - out;
    return unread;
}

Value Unread::to_value() const {
    Value value = Value::Map{{"session", stamp}, {"waiting", waiting}, {"arrived", arrived}, {"left", left}};
    if (before.stamp != 0) value.set("before", Value::Map{{"session", before.stamp}, {"arrived", before.arrived}, {"left", before.left}});
    return value;
}

namespace {

bool read_number(const Value& map, std::string_view key, std::uint64_t& into) {
    const Value* field = map.find(key);
    if (field == nullptr || field->as_integer() == nullptr || *field->as_integer() < 0) return false;
    into = static_cast<std::uint64_t>(*field->as_integer());
    return true;
}

}  // namespace

std::optional<Unread> Unread::from_value(const Value& value) {
    Unread unread;
    const auto read = [](const Value& map, auto& session) {
        return read_number(map, "session", session.stamp) && read_number(map, "arrived", session.arrived) && read_number(map, "left", session.left);
    };
    if (!read(value, unread) || !read_number(value, "waiting", unread.waiting)) return std::nullopt;
    if (const Value* before = value.find("before"); before == nullptr || !read(*before, unread.before)) unread.before = {};
    return unread;
}

std::uint64_t letters_in(const Value& report) noexcept {
    const Value *letters = report.find("letters"), *more = report.find("more");
    std::uint64_t count = letters != nullptr && letters->as_array() ? letters->as_array()->size() : 0;
    if (more == nullptr || !more->as_map()) return count;
    for (const auto& [reason, others] : *more->as_map()) count += others.as_integer() ? static_cast<std::uint64_t>(std::max<std::int64_t>(*others.as_integer(), 0)) : 0;
    return count;
}

std::uint64_t stamp_of(std::string_view secret) noexcept {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char byte : secret) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
    return hash >> 1 | 1;  // a number that every reader of MessagePack has
}

}  // namespace peacepie
