// task.hpp - Task<T>: a coroutine of an actor.
//
// Starts when awaited (a handler's: when called by the seam) and is owned by whoever holds the Task: dropping it drops
// everything suspended below it and cancels what that waits for.  One actor's turns only.
//
// Nothing is resumed from inside another resume: awaiting and ending only name the next frame in `Visit::ready`, and
// visit.cpp resumes it from a loop.  So depth costs no stack, at -O0 as well.
// Next: visit.cpp, the loop.
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

#include "peacepie/frame_pool.hpp"
#include "peacepie/turn.hpp"

namespace peacepie {

template <class T = void>
class Task;

/// What every frame knows: whose visit it is part of and who waits for it.
struct FrameBase : Pooled {
    Visit* visit = nullptr;
    std::coroutine_handle<> parent;
    std::exception_ptr failure;

    struct AtEnd {
        [[nodiscard]] bool await_ready() const noexcept { return false; }
        template <class Promise>
        void await_suspend(std::coroutine_handle<Promise> ended) const noexcept {
            FrameBase& frame = ended.promise();
            if (frame.parent) frame.visit->ready = frame.parent;
        }
        void await_resume() const noexcept {}
    };

    [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }
    [[nodiscard]] AtEnd final_suspend() const noexcept { return {}; }
    void unhandled_exception() noexcept { failure = std::current_exception(); }
};

template <class T>
struct Frame : FrameBase {
    std::optional<T> result;

    [[nodiscard]] Task<T> get_return_object() noexcept;
    template <class Given>
    void return_value(Given&& given) {
        result.emplace(std::forward<Given>(given));
    }
    T take() {
        if (failure) std::rethrow_exception(std::exchange(failure, nullptr));
        return std::move(*result);
    }
};

template <>
struct Frame<void> : FrameBase {
    [[nodiscard]] Task<void> get_return_object() noexcept;
    void return_void() const noexcept {}
    void take() {
        if (failure) std::rethrow_exception(std::exchange(failure, nullptr));
    }
};

template <class T>
class [[nodiscard("a Task runs when it is awaited")]] Task {
public:
    using promise_type = Frame<T>;
    using Handle = std::coroutine_handle<promise_type>;

    /// Without a frame: over at once.  Only for Task<>.
    Task() noexcept
        requires std::is_void_v<T>
    = default;
    explicit Task(Handle frame) noexcept : frame_(frame) {}
    Task(Task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
    Task& operator=(Task&& other) noexcept {
        std::swap(frame_, other.frame_);
        return *this;
    }
    ~Task() {
        if (frame_) frame_.destroy();
    }

    [[nodiscard]] bool await_ready() const noexcept { return !frame_ || frame_.done(); }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> parent) noexcept {
        FrameBase& above = parent.promise();
        frame_.promise().visit = above.visit;
        frame_.promise().parent = parent;
        above.visit->ready = frame_;
    }
    T await_resume() {
        if constexpr (std::is_void_v<T>) {
            if (frame_) frame_.promise().take();
        } else {
            return frame_.promise().take();
        }
    }

    /// For the seam: the frame, no longer owned here.
    [[nodiscard]] Handle release() noexcept { return std::exchange(frame_, nullptr); }

private:
    Handle frame_;
};

template <class T>
Task<T> Frame<T>::get_return_object() noexcept {
    return Task<T>(std::coroutine_handle<Frame<T>>::from_promise(*this));
}

inline Task<void> Frame<void>::get_return_object() noexcept {
    return Task<void>(std::coroutine_handle<Frame<void>>::from_promise(*this));
}

}  // namespace peacepie
