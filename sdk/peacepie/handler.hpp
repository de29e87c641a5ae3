// handler.hpp - from a body to the author's member function and back.
//
// One instantiation of `invoke_method` per handler type; no state; in the actor's turn.
// A handler without arguments never looks at the body.  One with arguments refuses a body with other fields, so that a
// misspelt optional argument is not lost in silence.
// Next: seam.cpp calls `invoke`; visit.cpp runs what is a Task.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "peacepie/actor_class.hpp"
#include "peacepie/slots.hpp"
#include "peacepie/task.hpp"

namespace peacepie {

struct Overlapping {};
struct WholeBody {};
struct About {
    const char* text;
};

namespace detail {

[[noreturn]] void refuse_argument(const Argument& argument, const std::string& why);

/// Sends the reply when somebody asked.
void answer(Actor& actor, const Turn& turn, const Reply& reply);
/// Runs a task as a visit of this actor, until it ends or waits.
void begin_visit(Actor& actor, const Turn& turn, std::coroutine_handle<> root, FrameBase& frame,
                 Reply (*take)(std::coroutine_handle<>), bool overlapping);

template <class T>
inline constexpr bool is_task = false;
template <class T>
inline constexpr bool is_task<Task<T>> = true;
template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

inline Reply reply_of() { return Reply("done"); }
inline Reply reply_of(Reply reply) { return reply; }
template <class T>
    requires(!std::is_same_v<T, Reply>)
Reply reply_of(const T& value) {
    return Reply("done", convert<T>::to(value));
}

template <class T>
Reply take_result(std::coroutine_handle<> frame) {
    auto& promise = std::coroutine_handle<Frame<T>>::from_address(frame.address()).promise();
    if constexpr (std::is_void_v<T>) {
        promise.take();
        return reply_of();
    } else {
        return reply_of(promise.take());
    }
}

template <class T>
void run_task(Actor& actor, const Turn& turn, Task<T> task, bool overlapping) {
    auto frame = task.release();
    if (!frame) return answer(actor, turn, reply_of());  // Task<>{}: nothing to do
    begin_visit(actor, turn, frame, frame.promise(), &take_result<T>, overlapping);
}

/// Calls and turns whatever comes back into an answer.
template <class R, class Call>
void call_and_answer(Actor& actor, const Handler& handler, const Turn& turn, Call&& call) {
    if constexpr (is_task<R>) {
        run_task(actor, turn, call(), handler.overlapping);
    } else if constexpr (std::is_void_v<R>) {
        call();
        if (turn.kind == Kind::ask) answer(actor, turn, reply_of());
    } else {
        const R result = call();
        if (turn.kind != Kind::ask) return;
        if constexpr (std::is_same_v<R, Reply>) answer(actor, turn, result);
        else answer(actor, turn, reply_of(result));
    }
}

template <class T>
T argument(const Argument& wanted, Slot& given) {
    if constexpr (std::is_same_v<T, std::string>) {
        if (given.is == Slot::Is::text) return std::string(given.bytes);
    } else if constexpr (std::is_same_v<T, Binary>) {
        if (given.is == Slot::Is::binary) return {std::string(given.bytes)};
    } else if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
        if (given.is == Slot::Is::integer && std::in_range<T>(given.integer)) return static_cast<T>(given.integer);
    }
    if (given.is == Slot::Is::absent) {
        if constexpr (is_optional<T>) return std::nullopt;
        else refuse_argument(wanted, "is missing");
    }
    try {
        return convert<T>::from(given.take());
    } catch (const Error& error) {
        refuse_argument(wanted, error.text);
    }
}

template <class Method>
struct MethodTraits;
template <class T, class R, class... Args>
struct MethodTraits<R (T::*)(Args...)> {
    using Class = T;
    using Result = R;
    using Arguments = std::tuple<std::decay_t<Args>...>;
    static constexpr std::size_t arity = sizeof...(Args);
    static constexpr bool by_value = (!std::is_reference_v<Args> && ...);
};
template <class T, class R, class... Args>
struct MethodTraits<R (T::*)(Args...) const> : MethodTraits<R (T::*)(Args...)> {};
template <class T, class R, class... Args>
struct MethodTraits<R (T::*)(Args...) noexcept> : MethodTraits<R (T::*)(Args...)> {};
template <class T, class R, class... Args>
struct MethodTraits<R (T::*)(Args...) const noexcept> : MethodTraits<R (T::*)(Args...)> {};

template <class Arguments>
[[gnu::noinline]] Arguments read_in_slots(const Handler& handler, std::string_view body) {
    std::array<Slot, std::tuple_size_v<Arguments>> slots;
    if (handler.whole_body) slots[0] = {Slot::Is::value, 0, {}, Value::decode(body)};
    else read_slots(handler, body, slots);
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
        return Arguments{argument<std::tuple_element_t<I, Arguments>>(handler.arguments[I], slots[I])...};
    }(std::make_index_sequence<std::tuple_size_v<Arguments>>{});
}

template <class Method>
void invoke_method(Actor& actor, const Handler& handler, Turn& turn) {
    using Traits = MethodTraits<Method>;
    using R = typename Traits::Result;
    static_assert(Traits::by_value || !is_task<R>, "a coroutine takes its arguments by value: references die at its first wait");
    const auto method = handler.kept<Method>();
    auto& self = static_cast<typename Traits::Class&>(actor);
    if constexpr (Traits::arity == 0) {
        call_and_answer<R>(actor, handler, turn, [&] { return (self.*method)(); });
    } else {
        const auto call_with = [&](auto& arguments) {
            turn.body = {};
            call_and_answer<R>(actor, handler, turn, [&] {
                return std::apply([&](auto&... each) { return (self.*method)(std::move(each)...); }, arguments);
            });
        };
        if constexpr (are_read_in_place<typename Traits::Arguments>) {
            typename Traits::Arguments arguments;
            if (!handler.whole_body && read_in_order(handler, turn.body, arguments)) return call_with(arguments);
        }
        auto arguments = read_in_slots<typename Traits::Arguments>(handler, turn.body);
        call_with(arguments);
    }
}

inline void describe_into(Handler& handler, const char* name) { handler.arguments.push_back({name, {}, false}); }
inline void describe_into(Handler& handler, Overlapping) { handler.overlapping = true; }
inline void describe_into(Handler& handler, About about) { handler.text = about.text; }
inline void describe_into(Handler& handler, WholeBody) {
    handler.arguments.push_back({"body", {}, true});
    handler.whole_body = true;
}

template <class Words>
inline constexpr bool is_option = std::is_same_v<Words, Overlapping> || std::is_same_v<Words, About>;
template <class... Words>
inline constexpr std::size_t names_in = (std::size_t(!is_option<Words>) + ... + 0);

template <class Arguments>
void describe_types(Handler& handler) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        ((handler.arguments[I].type = convert<std::tuple_element_t<I, Arguments>>::name(),
          handler.arguments[I].optional |= is_optional<std::tuple_element_t<I, Arguments>>),
         ...);
    }(std::make_index_sequence<std::tuple_size_v<Arguments>>{});
}

template <class Method, class... Words>
[[nodiscard]] Handler handler_of(std::string name, Method method, Words... words) {
    using Traits = MethodTraits<Method>;
    static_assert(names_in<Words...> == Traits::arity, "on(): give one name for each argument of the handler, in order");
    Handler handler;
    handler.name = std::move(name);
    handler.invoke = &invoke_method<Method>;
    handler.keep(method);
    (describe_into(handler, words), ...);
    describe_types<typename Traits::Arguments>(handler);
    return handler;
}

}  // namespace detail
}  // namespace peacepie
