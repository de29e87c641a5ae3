// waiter.hpp - one open operation, and an actor's list of them.
//
// The list does not own; a Waiter leaves it in its destructor and cancels its operation, so that whatever is dropped
// (an Ask, a frame, an actor) leaves nothing behind.  One actor's turns only.
// Next: ask.hpp and sleep.hpp wait.
#pragma once

#include <coroutine>
#include <cstddef>
#include <memory>
#include <string_view>
#include <unordered_map>

#include "peacepie/host.hpp"
#include "peacepie/turn.hpp"

namespace peacepie {

/// What ended an operation, as views.
struct Answer {
    Kind kind = Kind::reply;
    Command command;
    std::string_view body;
    std::string sender;  ///< of an error
};

class Waiter {
public:
    explicit Waiter(Actor& actor) noexcept : actor_(actor) {}
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;
    virtual ~Waiter() { cancel(); }

    [[nodiscard]] bool is_open() const noexcept { return operation_ != 0; }

    /// The operation ended; null: time is up, or it is due.  Names the visit that can go on, if any, having set its `ready`.
    virtual Visit* ended(const Answer* answer) = 0;

protected:
    void open(Operation operation);  ///< joins the actor's list
    void cancel() noexcept;          ///< leaves it and cancels; harmless when closed
    [[nodiscard]] Actor& actor() const noexcept { return actor_; }
    [[nodiscard]] const Host& host() const noexcept;

private:
    friend class Waiters;
    Actor& actor_;
    Operation operation_ = 0;
    Waiter* next_ = nullptr;
    Waiter* previous_ = nullptr;
};

/// Oldest first, because answers mostly come in the order of the asks; with many open, an index by operation.
class Waiters {
public:
    void add(Waiter& waiter, Operation operation);
    void remove(Waiter& waiter) noexcept;
    /// The one that waits for it, no longer in the list; null when nobody does.
    [[nodiscard]] Waiter* take(Operation operation) noexcept;
    [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }

private:
    struct Index {
        std::unordered_map<Operation, Waiter*> by_operation;
    };
    static constexpr std::uint32_t indexed_above = 32;

    Waiter* first_ = nullptr;  // a ring: first_->previous_ is the last
    std::unique_ptr<Index> index_;
    std::uint32_t count_ = 0;
};

/// A frame that waits, and the visit it belongs to.
struct Waiting {
    Visit* visit = nullptr;
    std::coroutine_handle<> frame;

    template <class Promise>
    static Waiting of(std::coroutine_handle<Promise> frame) noexcept {
        return {frame.promise().visit, frame};
    }
    [[nodiscard]] explicit operator bool() const noexcept { return visit != nullptr; }
    /// Readies the frame; null when nobody waits.
    Visit* wake() noexcept {
        if (visit != nullptr) visit->ready = frame;
        return std::exchange(visit, nullptr);
    }
};

}  // namespace peacepie
