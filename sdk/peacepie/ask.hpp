// ask.hpp - Ask<T>: a question, sent when made and awaited when needed.
//
// Owns its waiting: dropping it cancels, and a late answer dies quietly.  One actor's turns only; it may be kept in a
// member and awaited by a later handler, once.
// Next: group.hpp waits for many, system.hpp has the typed verbs.
#pragma once

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "peacepie/recipient.hpp"
#include "peacepie/reply.hpp"
#include "peacepie/result.hpp"
#include "peacepie/waiter.hpp"

namespace peacepie {

class Gather;

/// A text kept in place, cut when it is too long: an ask allocates nothing for the sake of an error that may never come.
class Label {
public:
    Label& operator+=(std::string_view text) noexcept {
        const std::size_t size = std::min(text.size(), sizeof text_ - size_);
        std::copy_n(text.data(), size, text_ + size_);
        size_ = static_cast<std::uint8_t>(size_ + size);
        return *this;
    }
    [[nodiscard]] std::string text() const { return {text_, size_}; }

private:
    char text_[79];
    std::uint8_t size_ = 0;
};

/// The part of an Ask that does not depend on its type and does not move while the answer is on its way.
class AskState final : public Waiter, public Pooled {
public:
    /// Sends.  Throws Error bad_argument when `to` names nobody, too_large when the body is.
    AskState(Actor& actor, const To& to, const Command& command, std::string_view body, std::chrono::nanoseconds timeout);

    [[nodiscard]] bool is_settled() const noexcept { return settled_; }
    [[nodiscard]] Actor& owner() const noexcept { return actor(); }
    void limit(std::chrono::nanoseconds span);
    void expire();                              ///< settles it with the fault `expired`, unless it is settled
    void tell(Gather* gather) noexcept { gather_ = gather; }
    void wait(Waiting waiting);
    [[nodiscard]] Reply take();                 ///< once settled; throws the Error that was the answer

    Visit* ended(const Answer* answer) override;

private:
    class Limit final : public Waiter {
    public:
        explicit Limit(AskState& state) noexcept : Waiter(state.actor()), state_(state) {}
        using Waiter::cancel;
        void arm(std::chrono::nanoseconds span) { open(host().wait(span)); }
        Visit* ended(const Answer*) override {
            state_.expire();
            return state_.settle();
        }

    private:
        AskState& state_;
    };

    Visit* settle() noexcept;  ///< whom to wake

    std::chrono::nanoseconds timeout_;
    Label question_;  ///< "tick to dancer_01", for error texts
    Limit limit_{*this};
    Waiting waiting_;
    Gather* gather_ = nullptr;
    Reply answer_{"expired"};
    std::string body_;
    std::string from_;
    bool settled_ = false;
    bool is_error_ = false;
};

template <class T = Reply>
class [[nodiscard("an Ask that is dropped is cancelled")]] Ask {
public:
    using Read = T (*)(Reply);  ///< the typed result of an answer; throws Error when it is a refusal
    Ask(std::unique_ptr<AskState> state, Read read) noexcept : state_(std::move(state)), read_(read) {}

    /// Gives up after `span`, which may only shorten the time it was sent with (10 s): for longer, `ask_within`.
    Ask within(Seconds span) && {
        state().limit(std::chrono::duration_cast<std::chrono::nanoseconds>(span));
        return std::move(*this);
    }

    [[nodiscard]] bool await_ready() const { return state().is_settled(); }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> frame) {
        state().wait(Waiting::of(frame));
    }
    T await_resume() {
        const auto settled = std::exchange(state_, nullptr);
        return read_(settled->take());
    }

    /// For Group.
    [[nodiscard]] AskState& state() const {
        if (!state_) throw Error(Fault::bad_request, "this ask was awaited before; ask again");
        return *state_;
    }

private:
    std::unique_ptr<AskState> state_;
    Read read_;
};

/// An Ask whose failure is a value.
template <class T>
class [[nodiscard("nothing is attempted until it is awaited")]] Attempt {
public:
    explicit Attempt(Ask<T> ask) noexcept : ask_(std::move(ask)) {}

    [[nodiscard]] bool await_ready() const { return ask_.await_ready(); }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> frame) {
        ask_.await_suspend(frame);
    }
    Result<T> await_resume() {
        try {
            if constexpr (std::is_void_v<T>) {
                ask_.await_resume();
                return {};
            } else {
                return ask_.await_resume();
            }
        } catch (const Error& error) {
            return error;
        }
    }

private:
    Ask<T> ask_;
};

template <class T>
[[nodiscard]] Attempt<T> attempt(Ask<T>&& ask) {
    return Attempt<T>(std::move(ask));
}
template <class T>
[[nodiscard]] Attempt<T> attempt(Ask<T>& ask) {
    return Attempt<T>(std::move(ask));
}

}  // namespace peacepie
