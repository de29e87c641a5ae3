// waiter.cpp - the list of open operations.
//
// Next: seam.cpp takes a waiter out when its operation has ended.
#include "peacepie/waiter.hpp"

#include "peacepie/inside.hpp"

namespace peacepie {

const Host& Waiter::host() const noexcept { return Inside::host(actor_); }

void Waiter::open(Operation operation) { Inside::waiters(actor_).add(*this, operation); }

void Waiter::cancel() noexcept {
    if (operation_ == 0) return;
    const Operation operation = operation_;
    Inside::waiters(actor_).remove(*this);
    host().cancel(operation);
}

void Waiters::add(Waiter& waiter, Operation operation) {
    if (++count_ > indexed_above && !index_) {
        index_ = std::make_unique<Index>();
        Waiter* each = first_;
        do index_->by_operation.emplace(each->operation_, each);
        while ((each = each->next_) != first_);
    }
    if (index_) index_->by_operation.emplace(operation, &waiter);
    waiter.operation_ = operation;
    if (first_ == nullptr) {
        first_ = waiter.next_ = waiter.previous_ = &waiter;
        return;
    }
    waiter.next_ = first_;
    waiter.previous_ = std::exchange(first_->previous_, &waiter);
    waiter.previous_->next_ = &waiter;
}

void Waiters::remove(Waiter& waiter) noexcept {
    if (index_) index_->by_operation.erase(waiter.operation_);
    if (--count_ == 0) {
        first_ = nullptr;
        index_.reset();
    } else {
        waiter.previous_->next_ = waiter.next_;
        waiter.next_->previous_ = waiter.previous_;
        if (first_ == &waiter) first_ = waiter.next_;
    }
    waiter.operation_ = 0;
}

Waiter* Waiters::take(Operation operation) noexcept {
    Waiter* found = nullptr;
    if (index_) {
        if (auto place = index_->by_operation.find(operation); place != index_->by_operation.end()) found = place->second;
    } else if (Waiter* each = first_; each != nullptr) {
        do
            if (each->operation_ == operation) found = each;
        while (found == nullptr && (each = each->next_) != first_);
    }
    if (found != nullptr) remove(*found);
    return found;
}

}  // namespace peacepie
