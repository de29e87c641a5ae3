// result.hpp - a value or an Error, for those who do not want an exception.
//
// A value.  `attempt(...)` makes it.
// Next: ask.hpp has attempt.
#pragma once

#include <optional>
#include <utility>
#include <variant>

#include "wire/fault.hpp"

namespace peacepie {

template <class T>
class [[nodiscard]] Result {
public:
    Result(T value) : outcome_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : outcome_(std::in_place_index<1>, std::move(error)) {}

    [[nodiscard]] explicit operator bool() const noexcept { return outcome_.index() == 0; }
    /// Throws the error when there is no value.
    [[nodiscard]] T& value() {
        if (!*this) throw std::get<1>(outcome_);
        return std::get<0>(outcome_);
    }
    [[nodiscard]] T& operator*() { return value(); }
    [[nodiscard]] T* operator->() { return &value(); }
    /// Only when there is no value.
    [[nodiscard]] const Error& error() const { return std::get<1>(outcome_); }

private:
    std::variant<T, Error> outcome_;
};

template <>
class [[nodiscard]] Result<void> {
public:
    Result() = default;
    Result(Error error) : error_(std::move(error)) {}

    [[nodiscard]] explicit operator bool() const noexcept { return !error_; }
    void value() const {
        if (error_) throw *error_;
    }
    [[nodiscard]] const Error& error() const { return *error_; }

private:
    std::optional<Error> error_;
};

}  // namespace peacepie
