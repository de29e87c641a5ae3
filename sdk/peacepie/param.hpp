// param.hpp - Param<T> and State<T>: one declaration, many readers.
//
//     Param<Seconds> period{this, "period", 1s, "time between greetings"};   // set from outside, read inside
//     State<int>     index{this, "index", 0};                                // set inside, not from outside
// Both are members of an actor, travel with it and survive a restart; what is not declared does not.  Each is little more
// than its T: names, texts and conversions are kept once per class.  In the actor's turns only.
// Next: actor_class.hpp keeps the declarations, generic.cpp and snapshot.cpp read them.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "peacepie/actor_class.hpp"

namespace peacepie {

namespace detail {

/// Whether the sample is being made; counts the declaration either way.
[[nodiscard]] bool is_recorded() noexcept;
void record(Field field);
[[nodiscard]] std::uint32_t offset_in(const Actor* owner, const void* member) noexcept;
void mark_changed(void* member, std::uint32_t offset) noexcept;

template <class Holder, class T>
void declare(Field::Kind kind, Actor* owner, Holder* holder, const char* name, const T& initial, const char* text) {
    if (!is_recorded()) return;
    Field field;
    field.kind = kind;
    field.name = name;
    field.type = convert<T>::name();
    field.text = text;
    field.initial = convert<T>::to(initial);
    field.offset = offset_in(owner, holder);
    field.get = [](const void* from) { return convert<T>::to(static_cast<const Holder*>(from)->value_); };
    field.set = [](void* into, const Value& value) { static_cast<Holder*>(into)->value_ = convert<T>::from(value); };
    field.check = [](const Value& value) { (void)convert<T>::from(value); };
    record(std::move(field));
}

}  // namespace detail

template <class T>
class Param {
public:
    Param(Actor* owner, const char* name, T initial = {}, const char* text = "") : value_(std::move(initial)) {
        detail::declare(Field::Kind::param, owner, this, name, value_, text);
    }
    Param(const Param&) = delete;
    Param& operator=(const Param&) = delete;

    [[nodiscard]] const T& operator*() const noexcept { return value_; }
    [[nodiscard]] const T* operator->() const noexcept { return &value_; }

private:
    template <class Holder, class U>
    friend void detail::declare(Field::Kind, Actor*, Holder*, const char*, const U&, const char*);
    T value_;
};

template <class T>
class State {
public:
    State(Actor* owner, const char* name, T initial = {}, const char* text = "")
        : value_(std::move(initial)), offset_(detail::offset_in(owner, this)) {
        detail::declare(Field::Kind::state, owner, this, name, value_, text);
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    /// Write access marks the actor as changed since it was last saved.
    [[nodiscard]] T& operator*() noexcept { return changed(); }
    [[nodiscard]] T* operator->() noexcept { return &changed(); }
    [[nodiscard]] const T& operator*() const noexcept { return value_; }
    [[nodiscard]] const T* operator->() const noexcept { return &value_; }
    [[nodiscard]] const T& read() const noexcept { return value_; }

private:
    template <class Holder, class U>
    friend void detail::declare(Field::Kind, Actor*, Holder*, const char*, const U&, const char*);
    T& changed() noexcept {
        detail::mark_changed(this, offset_);
        return value_;
    }
    T value_;
    std::uint32_t offset_;
};

}  // namespace peacepie
