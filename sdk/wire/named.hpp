// named.hpp - `named("key", value)`: an argument with its name.
//
// On its way into a body it is a view: the value is copied once, into the bytes.  Where one is kept it becomes a Named, which
// owns both.  Any thread.
// Next: peacepie/body.hpp writes it, peacepie/handler.hpp reads arguments by name on the other side.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "wire/convert.hpp"

namespace peacepie {

struct Named {
    std::string name;
    Value value;
};

/// T is a reference for what lives elsewhere, and a value for a temporary.
template <class T>
struct NamedView {
    std::string_view name;
    T value;

    using Type = std::remove_cvref_t<T>;
    [[nodiscard]] Value as_value() const {
        if constexpr (std::is_convertible_v<const Type&, Value> && !std::is_class_v<Type>) return Value(value);
        else if constexpr (std::is_convertible_v<const Type&, std::string_view>) return Value(std::string_view(value));
        else return convert<Type>::to(value);
    }
    operator Named() const { return {std::string(name), as_value()}; }
};

/// For the expression it stands in: `name` and an lvalue `value` are not copied.  To keep one, make it a Named:
/// `Named kept = named("x", value);`
template <class T>
[[nodiscard]] auto named(std::string_view name, T&& value) {
    using Held = std::conditional_t<std::is_lvalue_reference_v<T>, const std::remove_reference_t<T>&, std::remove_cvref_t<T>>;
    return NamedView<Held>{name, std::forward<T>(value)};
}

/// The body a list of named arguments makes: a map, or nil for none.
template <class... Args>
[[nodiscard]] Value body_of(const Args&... args) {
    if constexpr (sizeof...(Args) == 0) return {};
    else {
        Value::Map map;
        map.reserve(sizeof...(Args));
        const auto append = [&map](Named each) { map.emplace_back(std::move(each.name), std::move(each.value)); };
        (append(args), ...);
        return map;
    }
}

}  // namespace peacepie
