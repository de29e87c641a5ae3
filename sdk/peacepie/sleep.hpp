// sleep.hpp - `co_await sleep(1s)`: the handler waits, the thread does not.
//
// Lives in the frame that awaits it; dropped with it.  One actor's turns only.
// Next: fd.hpp waits for a socket the same way.
#pragma once

#include <chrono>

#include "peacepie/waiter.hpp"
#include "wire/convert.hpp"

namespace peacepie {

class [[nodiscard("nothing sleeps until it is awaited")]] Sleep final : public Waiter {
public:
    Sleep(Actor& actor, Seconds span) noexcept : Waiter(actor), span_(span) {}

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> frame) {
        open(host().wait(std::chrono::duration_cast<std::chrono::nanoseconds>(span_)));
        waiting_ = Waiting::of(frame);
    }
    void await_resume() const noexcept {}

    Visit* ended(const Answer*) override { return waiting_.wake(); }

private:
    Seconds span_;
    Waiting waiting_;
};

}  // namespace peacepie
