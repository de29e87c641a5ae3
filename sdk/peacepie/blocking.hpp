// blocking.hpp - `co_await blocking(f)`: work that would hold up a thread, done elsewhere.
//
//     auto work = blocking([path] { return read_all(path); });   // on its way; copies what it needs
//     auto text = co_await work;                                 // an exception of f is thrown here
// The job is shared by the waiting frame and the thread that works; dropping the frame forgets the result.
// Next: abi.h, pp_blocking_extension.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "peacepie/waiter.hpp"

namespace peacepie {

/// The part that does not depend on the result.  Crosses to another thread and back; the worker's hand-over orders it.
struct Job {
    virtual ~Job() = default;
    virtual void work() = 0;
    Host host;
    std::uint64_t address = 0;
    Operation operation = 0;
    std::exception_ptr failure;
};

namespace detail {
/// Hands the job to the worker's pool; it completes `job->operation` in the end, whatever happens.
void run_elsewhere(std::shared_ptr<Job> job);
}  // namespace detail

template <class T>
class [[nodiscard("name it, then co_await the name")]] Blocking final : public Waiter {
public:
    template <class F>
    Blocking(Actor& actor, F f) : Waiter(actor), job_(std::make_shared<Doing<F>>(std::move(f))) {
        job_->host = host();
        job_->address = host().self();
        job_->operation = host().open();
        open(job_->operation);
        detail::run_elsewhere(job_);
    }

    [[nodiscard]] bool await_ready() const noexcept { return !is_open(); }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> frame) noexcept {
        waiting_ = Waiting::of(frame);
    }
    T await_resume() {
        if (job_->failure) std::rethrow_exception(job_->failure);
        if constexpr (!std::is_void_v<T>) return std::move(*job_->result);
    }

    Visit* ended(const Answer*) override { return waiting_.wake(); }

private:
    struct Outcome : Job {
        std::optional<std::conditional_t<std::is_void_v<T>, bool, T>> result;
    };
    template <class F>
    struct Doing final : Outcome {
        explicit Doing(F f) : f(std::move(f)) {}
        void work() override {
            if constexpr (std::is_void_v<T>) f();
            else this->result.emplace(f());
        }
        F f;
    };

    std::shared_ptr<Outcome> job_;
    Waiting waiting_;
};

}  // namespace peacepie
