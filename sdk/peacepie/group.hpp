// group.hpp - Group<T>: many asks at once.
//
//     Group<Addresses> casts;
//     casts += create_actors(...);              // each is on its way at once
//     auto hired = co_await casts.within(10s);  // all, in the order they were added, or one Error naming who failed
// Owns its asks; `within` takes them over.  One actor's turns only.
// Next: system.hpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "peacepie/ask.hpp"

namespace peacepie {

/// Waits until a number of asks are settled, or until its time is up.
class Gather final : public Waiter {
public:
    Gather(Actor& actor, std::vector<AskState*> asks);
    ~Gather();

    [[nodiscard]] bool is_complete() const noexcept { return open_asks_ == 0; }
    void wait(Waiting waiting, Seconds span);
    Visit* one_settled() noexcept;
    Visit* ended(const Answer* answer) override;

private:
    std::vector<AskState*> asks_;
    std::size_t open_asks_ = 0;
    Waiting waiting_;
};

/// Collects what went wrong in a group, a bounded number of times in words.
class Failures {
public:
    void add(const Error& error);
    void throw_if_any(std::size_t of) const;

private:
    std::size_t count_ = 0;
    std::string code_;  ///< of the first
    std::string texts_;
};

template <class T>
class [[nodiscard("the group is awaited, not only limited")]] Gathered {
public:
    using Results = std::conditional_t<std::is_void_v<T>, void, std::vector<std::conditional_t<std::is_void_v<T>, int, T>>>;

    Gathered(std::vector<Ask<T>> asks, Seconds span) : asks_(std::move(asks)), span_(span) {
        std::vector<AskState*> states;
        for (const Ask<T>& ask : asks_) states.push_back(&ask.state());
        if (!states.empty()) gather_ = std::make_unique<Gather>(states.front()->owner(), std::move(states));
    }

    [[nodiscard]] bool await_ready() const noexcept { return !gather_ || gather_->is_complete(); }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> frame) {
        gather_->wait(Waiting::of(frame), span_);
    }
    Results await_resume() {
        gather_.reset();
        Failures failures;
        if constexpr (std::is_void_v<T>) {
            for (Ask<T>& ask : asks_) collect(failures, [&ask] { ask.await_resume(); });
            failures.throw_if_any(asks_.size());
        } else {
            Results results;
            results.reserve(asks_.size());
            for (Ask<T>& ask : asks_) collect(failures, [&ask, &results] { results.push_back(ask.await_resume()); });
            failures.throw_if_any(asks_.size());
            return results;
        }
    }

private:
    template <class Take>
    static void collect(Failures& failures, Take take) {
        try {
            take();
        } catch (const Error& error) {
            failures.add(error);
        }
    }

    std::vector<Ask<T>> asks_;
    Seconds span_;
    std::unique_ptr<Gather> gather_;  // declared last: leaves the asks before they go
};

template <class T = void>
class Group {
public:
    Group& operator+=(Ask<T> ask) {
        asks_.push_back(std::move(ask));
        return *this;
    }
    [[nodiscard]] std::size_t size() const noexcept { return asks_.size(); }
    /// Waits for all, at most `span`; what is open then counts as `expired`.  The group is empty afterwards.
    [[nodiscard]] Gathered<T> within(Seconds span) { return Gathered<T>(std::exchange(asks_, {}), span); }

private:
    std::vector<Ask<T>> asks_;
};

/// One list of many.
template <class T>
[[nodiscard]] std::vector<T> joined(std::vector<std::vector<T>> lists) {
    std::vector<T> all;
    for (auto& list : lists) std::move(list.begin(), list.end(), std::back_inserter(all));
    return all;
}

}  // namespace peacepie
