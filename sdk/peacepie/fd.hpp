// fd.hpp - `co_await readable(fd)`, `co_await writable(fd)`: for actors that own sockets.
//
// The descriptor stays the author's: end the waiting (drop it) before closing the descriptor.  Lives in the frame that
// awaits it.  One actor's turns only.
// Next: abi.h, pp_fd_extension.
#pragma once

#include <optional>

#include "peacepie/waiter.hpp"

namespace peacepie {

class [[nodiscard("nothing is watched until it is awaited")]] Watch final : public Waiter {
public:
    enum class For : std::uint8_t { reading, writing };
    Watch(Actor& actor, int fd, For purpose) noexcept : Waiter(actor), fd_(fd), purpose_(purpose) {}

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> frame) {
        open(purpose_ == For::reading ? host().watch_readable(fd_) : host().watch_writable(fd_));
        waiting_ = Waiting::of(frame);
    }
    void await_resume() const {
        if (refusal_) throw *refusal_;
    }

    Visit* ended(const Answer* answer) override {
        if (answer != nullptr && answer->kind == Kind::error)
            refusal_.emplace(std::string(answer->command.text()), "the descriptor cannot be watched");
        return waiting_.wake();
    }

private:
    int fd_;
    For purpose_;
    Waiting waiting_;
    std::optional<Error> refusal_;
};

}  // namespace peacepie
