// value.hpp - a MessagePack tree, for bodies without a type yet.
//
// An owning value; copy is deep.  Any thread, one at a time.  Map keys are text and keep their order; ext types and other
// keys are refused.  Decoding is bounded (limits.hpp) and throws Error, encoding cannot fail.
// Next: convert.hpp turns a Value into an author's type.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "wire/fault.hpp"

namespace peacepie {

class Value;

struct Binary {
    std::string bytes;
    bool operator==(const Binary&) const = default;
};

class Value {
public:
    using Array = std::vector<Value>;
    using Map = std::vector<std::pair<std::string, Value>>;

    Value() = default;
    Value(std::nullptr_t) {}
    template <class T>
        requires std::is_arithmetic_v<T>
    Value(T number) {
        if constexpr (std::is_same_v<T, bool>) data_ = number;
        else if constexpr (std::is_floating_point_v<T>) data_ = static_cast<double>(number);
        else if constexpr (std::is_unsigned_v<T>) set_unsigned(number);
        else data_ = static_cast<std::int64_t>(number);
    }
    Value(std::string text) : data_(std::move(text)) {}
    Value(std::string_view text) : data_(std::string(text)) {}
    Value(const char* text) : data_(std::string(text)) {}
    Value(Binary binary) : data_(std::move(binary)) {}
    Value(Array array) : data_(std::move(array)) {}
    Value(Map map) : data_(std::move(map)) {}

    /// Reads exactly one value.  Empty bytes are nil.  Throws Error bad_request or too_large.
    [[nodiscard]] static Value decode(std::string_view bytes);
    void encode(std::string& out) const;
    [[nodiscard]] std::string encoded() const;

    [[nodiscard]] bool is_nil() const noexcept { return std::holds_alternative<std::monostate>(data_); }
    [[nodiscard]] const bool* as_bool() const noexcept { return std::get_if<bool>(&data_); }
    [[nodiscard]] const std::int64_t* as_integer() const noexcept { return std::get_if<std::int64_t>(&data_); }
    [[nodiscard]] const std::uint64_t* as_large() const noexcept { return std::get_if<std::uint64_t>(&data_); }  ///< only values above int64
    [[nodiscard]] const double* as_double() const noexcept { return std::get_if<double>(&data_); }
    [[nodiscard]] const std::string* as_text() const noexcept { return std::get_if<std::string>(&data_); }
    [[nodiscard]] const Binary* as_binary() const noexcept { return std::get_if<Binary>(&data_); }
    [[nodiscard]] const Array* as_array() const noexcept { return std::get_if<Array>(&data_); }
    [[nodiscard]] const Map* as_map() const noexcept { return std::get_if<Map>(&data_); }
    [[nodiscard]] Array* as_array() noexcept { return std::get_if<Array>(&data_); }
    [[nodiscard]] Map* as_map() noexcept { return std::get_if<Map>(&data_); }

    /// The field of a map, or null when this is no map or has no such key.
    [[nodiscard]] const Value* find(std::string_view key) const noexcept;
    /// Sets a field; a nil value becomes a map first.  Throws Error bad_argument on another type.
    Value& set(std::string key, Value value);
    [[nodiscard]] const char* type_name() const noexcept;  ///< "nil", "bool", "int", "float", "text", "binary", "array", "map"

    bool operator==(const Value&) const = default;

private:
    void set_unsigned(std::uint64_t number) {
        if (number > static_cast<std::uint64_t>(INT64_MAX)) data_ = number;
        else data_ = static_cast<std::int64_t>(number);
    }
    std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string, Binary, Array, Map> data_;
};

}  // namespace peacepie
