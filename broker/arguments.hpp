// arguments.hpp - reads a command's arguments out of its body; what is missing or wrong is named.
//
// Free functions that throw Error bad_argument; any thread.
// Next: head.cpp is the user.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/address.hpp"
#include "wire/convert.hpp"
#include "wire/value.hpp"

namespace peacepie::broker {

[[nodiscard]] inline std::optional<std::string> optional_text_of(const Value& body, std::string_view key) {
    const auto* field = body.find(key);
    if (field == nullptr || field->is_nil()) return std::nullopt;
    if (const auto* text = field->as_text()) return *text;
    throw Error(Fault::bad_argument, std::string(key) + ": expected text, got " + field->type_name());
}

[[nodiscard]] inline std::string text_of(const Value& body, std::string_view key) {
    if (auto text = optional_text_of(body, key)) return std::move(*text);
    throw Error(Fault::bad_argument, std::string(key) + " is missing; give {" + std::string(key) + ": …}");
}

/// True only for true.
[[nodiscard]] inline bool flag_of(const Value& body, std::string_view key) noexcept {
    const auto* field = body.find(key);
    return field != nullptr && field->as_bool() != nullptr && *field->as_bool();
}

[[noreturn]] inline void refuse_name(std::string_view key) {
    throw Error(Fault::bad_argument, std::string(key) + ": a name is 1 to 128 of A-Z a-z 0-9 _ - and begins with no -");
}

/// One part of a name, by the grammar.
[[nodiscard]] inline std::string name_of(const Value& body, std::string_view key) {
    auto name = text_of(body, key);
    if (is_name(name)) return name;
    refuse_name(key);
}

/// What an actor is called: chosen, or given when it was spawned.
[[nodiscard]] inline std::string entity_of(const Value& body, std::string_view key) {
    auto name = text_of(body, key);
    if (is_entity(name)) return name;
    refuse_name(key);
}

[[nodiscard]] inline std::vector<std::string> entities_of(const Value& body, std::string_view key) {
    const auto* field = body.find(key);
    const auto* items = field != nullptr ? field->as_array() : nullptr;
    if (items == nullptr) throw Error(Fault::bad_argument, std::string(key) + ": expected a list of names");
    std::vector<std::string> names;
    names.reserve(items->size());
    for (const auto& item : *items) {
        const auto* text = item.as_text();
        if (text == nullptr || !is_entity(*text))
            refuse_name(key);
        names.push_back(*text);
    }
    return names;
}

/// Which life of a name; 0 when nothing is said.  Numbers grow from the greatest that was heard of, so none may be near the end.
[[nodiscard]] inline std::uint64_t epoch_of(const Value& body, std::string_view key) {
    const auto* field = body.find(key);
    if (field == nullptr || field->is_nil()) return 0;
    const auto* number = field->as_integer();
    if (number == nullptr || *number < 0 || *number >= std::int64_t{1} << 62)
        throw Error(Fault::bad_argument, std::string(key) + " must be a whole number from 0 to 2^62 - 1");
    return static_cast<std::uint64_t>(*number);
}

/// An address as text or as {system, node, entity}.
[[nodiscard]] inline Address address_of(const Value& body, std::string_view key) {
    const auto* field = body.find(key);
    if (field == nullptr || field->is_nil())
        throw Error(Fault::bad_argument, std::string(key) + " is missing; give {" + std::string(key) + ": …}");
    return convert<Address>::from(*field);
}

/// A node in long or short form; "first.main" is "first.main.admin".
[[nodiscard]] inline std::string node_in(const Value& body, std::string_view key) {
    auto address = address_of(body, key);
    if (!address.node.empty()) return std::move(address.node);
    throw Error(Fault::bad_argument, std::string(key) + ": expected a node like first.main.admin");
}

[[nodiscard]] inline std::size_t count_of(const Value& body, std::string_view key, std::size_t most) {
    const auto* field = body.find(key);
    const auto* number = field != nullptr ? field->as_integer() : nullptr;
    if (number == nullptr || *number < 1 || static_cast<std::uint64_t>(*number) > most)
        throw Error(Fault::bad_argument, std::string(key) + " must be a whole number from 1 to " + std::to_string(most));
    return static_cast<std::size_t>(*number);
}

}  // namespace peacepie::broker
