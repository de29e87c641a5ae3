// named.hpp - `named("key", value)`: an argument with its name.
//
// A value; any thread.
// Next: peacepie/handler.hpp reads arguments by name on the other side.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>

#include "wire/convert.hpp"

namespace peacepie {

struct Named {
    std::string name;
    Value value;
};

template <class T>
[[nodiscard]] Named named(std::string name, const T& value) {
    if constexpr (std::is_convertible_v<const T&, Value> && !std::is_class_v<T>) return {std::move(name), Value(value)};
    else if constexpr (std::is_convertible_v<const T&, std::string_view>)
        return {std::move(name), Value(std::string_view(value))};
    else return {std::move(name), convert<T>::to(value)};
}

/// The body a list of named arguments makes: a map, or nil for none.
template <class... Args>
[[nodiscard]] Value body_of(Args... args) {
    if constexpr (sizeof...(Args) == 0) return {};
    else {
        Value::Map map;
        map.reserve(sizeof...(Args));
        (map.emplace_back(std::move(args.name), std::move(args.value)), ...);
        return map;
    }
}

}  // namespace peacepie
