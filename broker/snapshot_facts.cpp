// snapshot_facts.cpp - walks over the fields of one map.  Next: snapshot_facts.hpp
#include "broker/snapshot_facts.hpp"

#include <cstdint>

#include "wire/codec.hpp"
#include "wire/limits.hpp"
#include "wire/scan.hpp"

namespace peacepie::broker {

namespace {

std::uint32_t map_head(scan::Cursor& cursor) {
    const int tag = cursor.peek();
    if ((tag & 0xf0) != 0x80 && tag != 0xde && tag != 0xdf) return cursor.fail(), 0;
    ++cursor.at;
    if (tag == 0xde) return static_cast<std::uint32_t>(cursor.big_endian(2));
    if (tag == 0xdf) return static_cast<std::uint32_t>(cursor.big_endian(4));
    return static_cast<std::uint32_t>(tag & 0x0f);
}

std::optional<std::size_t> number(std::string_view bytes) {
    scan::Cursor cursor(bytes);
    const auto value = cursor.unsigned_integer();
    if (!cursor.ok) return std::nullopt;
    return value;
}

std::string_view binary(std::string_view bytes) {
    scan::Cursor cursor(bytes);
    const auto content = cursor.binary();
    return cursor.ok ? content : std::string_view();
}

std::size_t array_length(std::string_view bytes) {
    scan::Cursor cursor(bytes);
    const auto length = cursor.array();
    return cursor.ok ? length : 0;
}

}  // namespace

std::optional<SnapshotFacts> read_snapshot_facts(std::string_view snapshot) {
    if (check_body(snapshot) || snapshot.empty()) return std::nullopt;
    SnapshotFacts facts;
    std::optional<std::size_t> said_bytes, said_messages;
    scan::Cursor cursor(snapshot);
    std::size_t elements = limits::body_elements_max;
    for (auto fields = map_head(cursor); fields > 0 && cursor.ok; --fields) {
        const auto key = cursor.text();
        const auto before = cursor.rest();
        cursor.skip(limits::body_depth_max, elements);
        const auto value = before.substr(0, before.size() - cursor.left());
        if (key == "state") facts.state_bytes = value.size();
        if (key == "mailbox") facts.moved_messages = array_length(value), facts.mailbox = binary(value);
        if (key == "state_bytes") said_bytes = number(value);
        if (key == "moved_messages") said_messages = number(value);
    }
    if (!cursor.ok) return std::nullopt;
    facts.state_bytes = said_bytes.value_or(facts.state_bytes);
    facts.moved_messages = said_messages.value_or(facts.moved_messages);
    return facts;
}

}  // namespace peacepie::broker
