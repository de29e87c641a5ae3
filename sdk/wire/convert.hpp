// convert.hpp - T <-> Value: the customisation point for own types.
//
// Specialise `convert<T>` with `name()`, `to(const T&)` and `from(const Value&)` (which throws Error bad_argument) and T
// may be a parameter, a state, an argument or a result.  Pure; any thread.
// Next: named.hpp gives converted values their names.
#pragma once

#include <chrono>
#include <concepts>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "wire/address.hpp"
#include "wire/value.hpp"

namespace peacepie {

/// A length of time in seconds; `0.1` on the wire is 100 ms.
using Seconds = std::chrono::duration<double>;

template <class T>
struct convert;

namespace detail {
[[noreturn]] inline void wrong_type(const char* wanted, const Value& got) {
    throw Error(Fault::bad_argument, std::string("expected ") + wanted + ", got " + got.type_name());
}
}  // namespace detail

template <>
struct convert<Value> {
    static std::string name() { return "any"; }
    static Value to(const Value& value) { return value; }
    static Value from(const Value& value) { return value; }
};

template <>
struct convert<bool> {
    static std::string name() { return "bool"; }
    static Value to(bool flag) { return flag; }
    static bool from(const Value& value) {
        if (auto flag = value.as_bool()) return *flag;
        detail::wrong_type("bool", value);
    }
};

template <std::integral T>
struct convert<T> {
    static std::string name() { return "int"; }
    static Value to(T number) { return number; }
    static T from(const Value& value) {
        if (auto number = value.as_integer()) {
            if (std::in_range<T>(*number)) return static_cast<T>(*number);
        } else if (auto large = value.as_large()) {
            if (std::in_range<T>(*large)) return static_cast<T>(*large);
        } else if (auto real = value.as_double(); real && *real > -9e15 && *real < 9e15 &&
                                                  *real == static_cast<double>(static_cast<std::int64_t>(*real))) {
            if (std::in_range<T>(static_cast<std::int64_t>(*real))) return static_cast<T>(*real);
        } else {
            detail::wrong_type("int", value);
        }
        throw Error(Fault::bad_argument, "the number does not fit");
    }
};

template <std::floating_point T>
struct convert<T> {
    static std::string name() { return "float"; }
    static Value to(T number) { return number; }
    static T from(const Value& value) {
        if (auto real = value.as_double()) return static_cast<T>(*real);
        if (auto number = value.as_integer()) return static_cast<T>(*number);
        if (auto large = value.as_large()) return static_cast<T>(*large);
        detail::wrong_type("float", value);
    }
};

template <>
struct convert<std::string> {
    static std::string name() { return "text"; }
    static Value to(const std::string& text) { return text; }
    static std::string from(const Value& value) {
        if (auto text = value.as_text()) return *text;
        detail::wrong_type("text", value);
    }
};

template <>
struct convert<Binary> {
    static std::string name() { return "binary"; }
    static Value to(const Binary& binary) { return binary; }
    static Binary from(const Value& value) {
        if (auto binary = value.as_binary()) return *binary;
        detail::wrong_type("binary", value);
    }
};

template <class Rep, class Period>
struct convert<std::chrono::duration<Rep, Period>> {
    using Duration = std::chrono::duration<Rep, Period>;
    static std::string name() { return "seconds"; }
    static Value to(Duration span) {
        const double seconds = std::chrono::duration_cast<Seconds>(span).count();
        const auto whole = static_cast<std::int64_t>(seconds);
        return static_cast<double>(whole) == seconds ? Value(whole) : Value(seconds);
    }
    static Duration from(const Value& value) {
        const double seconds = convert<double>::from(value);
        if (!(seconds >= 0 && seconds <= 1e9)) throw Error(Fault::bad_argument, "seconds must lie between 0 and 1e9");
        return std::chrono::duration_cast<Duration>(Seconds(seconds));
    }
};

template <class T>
struct convert<std::optional<T>> {
    static std::string name() { return convert<T>::name() + "?"; }
    static Value to(const std::optional<T>& maybe) { return maybe ? convert<T>::to(*maybe) : Value(); }
    static std::optional<T> from(const Value& value) {
        if (value.is_nil()) return std::nullopt;
        return convert<T>::from(value);
    }
};

template <class T>
struct convert<std::vector<T>> {
    static std::string name() { return "list of " + convert<T>::name(); }
    static Value to(const std::vector<T>& items) {
        Value::Array array;
        array.reserve(items.size());
        for (const auto& item : items) array.push_back(convert<T>::to(item));
        return array;
    }
    static std::vector<T> from(const Value& value) {
        auto array = value.as_array();
        if (!array) detail::wrong_type("list", value);
        std::vector<T> items;
        items.reserve(array->size());
        for (const auto& item : *array) items.push_back(convert<T>::from(item));
        return items;
    }
};

template <class T>
struct convert<std::map<std::string, T>> {
    static std::string name() { return "map of " + convert<T>::name(); }
    static Value to(const std::map<std::string, T>& items) {
        Value::Map map;
        for (const auto& [key, item] : items) map.emplace_back(key, convert<T>::to(item));
        return map;
    }
    static std::map<std::string, T> from(const Value& value) {
        auto map = value.as_map();
        if (!map) detail::wrong_type("map", value);
        std::map<std::string, T> items;
        for (const auto& [key, item] : *map) items.try_emplace(key, convert<T>::from(item));  // of equal keys the first, as in find
        return items;
    }
};

/// Accepts the text form and the seed's `{system, node, entity}`.
template <>
struct convert<Address> {
    static std::string name() { return "address"; }
    static Value to(const Address& address) { return address.text(); }
    static Address from(const Value& value);
};

}  // namespace peacepie
