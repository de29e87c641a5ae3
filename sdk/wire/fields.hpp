// fields.hpp - reads a field of what a peer said, whatever it said: a field that is missing or of another type is as good as none.
//
// Pure functions, any thread.  Who must have a field, and say so where it is wrong, converts it instead (convert.hpp).
// Next: client/describe.cpp reads a manual with these.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wire/value.hpp"

namespace peacepie {

[[nodiscard]] inline std::string text_in(const Value& body, std::string_view key, std::string_view otherwise = {}) {
    const Value* field = body.find(key);
    return field != nullptr && field->as_text() != nullptr ? *field->as_text() : std::string(otherwise);
}

/// 0 when there is none.
[[nodiscard]] inline std::int64_t integer_in(const Value& body, std::string_view key) {
    const Value* field = body.find(key);
    return field != nullptr && field->as_integer() != nullptr ? *field->as_integer() : 0;
}

/// Lives in the body; empty when there is none.
[[nodiscard]] inline const Value::Array& list_in(const Value& body, std::string_view key) {
    static const Value::Array none;
    const Value* field = body.find(key);
    return field != nullptr && field->as_array() != nullptr ? *field->as_array() : none;
}

}  // namespace peacepie
