// tally.cpp - sums, and the change of a session.  Next: worker.cpp.
#include "worker/tally.hpp"

#include "worker/worker.hpp"

namespace peacepie::worker {

void Tally::begin_session(std::uint64_t stamp, std::uint64_t waiting_in_outbox) {
    std::lock_guard guard(lock_);
    auto& link = page_->link;
    const auto stamp_before = link.stamp.load(std::memory_order_relaxed);
    store(link.stamp, 0);  // should the process die just now, what follows belongs to no session
    store(link.stamp_before, 0);
    store(link.arrived_earlier, link.arrived_before.load(std::memory_order_relaxed));
    store(link.left_earlier, link.left_before.load(std::memory_order_relaxed));
    store(link.arrived_before, link.arrived.load(std::memory_order_relaxed));
    store(link.left_before, link.left.load(std::memory_order_relaxed) - waiting_in_outbox);
    store(link.stamp_before, stamp_before);
    store(link.stamp, stamp);
}

std::uint64_t Tally::entered() const noexcept {
    std::uint64_t sum = 0;
    for (const auto& line : page_->lines) sum += line.entered.load(std::memory_order_relaxed);
    return sum;
}

std::uint64_t Tally::ended() const noexcept {
    std::uint64_t sum = 0;
    for (const auto& line : page_->lines) sum += line.ended.load(std::memory_order_relaxed);
    return sum;
}

Value Tally::told() const {
    std::lock_guard guard(lock_);
    return unread().to_value();
}

/// What had its turn was handled, but for what was not; the mailboxes' part is what remains.
Value Worker::sends() const {
    const auto& sends = counters_.sends;
    const auto unread = tally_.unread();  // before the counters: an end that comes between is not missing among them
    const auto told = sends.letters_told.load(), letters = sends.letters.load();
    const auto moved_in = sends.moved_in.load(), came_back = sends.came_back.load();
    const auto beyond = [](std::uint64_t all, std::uint64_t part) { return all > part ? all - part : 0; };  // they change while they are read
    const auto others = sends.not_handled.load() + sends.expired.load() + sends.to_head.load() + sends.dead_letters.load() + sends.withdrawn.load();
    return Value::Map{{"said", beyond(tally_.entered(), moved_in + came_back + letters)}, {"from_broker", tally_.arrived()}, {"moved_in", moved_in},
                      {"came_back", came_back}, {"handled", beyond(tally_.ended(), others)}, {"not_handled", sends.not_handled.load()},
                      {"expired", sends.expired.load()}, {"to_broker", beyond(tally_.left(), told)}, {"to_head", sends.to_head.load()},
                      {"dead_letters", sends.dead_letters.load()}, {"withdrawn", sends.withdrawn.load()}, {"waiting", beyond(unread.waiting, letters - told)}};
}

}  // namespace peacepie::worker
