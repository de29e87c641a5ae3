// losses.cpp - what is known of a session that ended, and what is learned later.  Next: departure.cpp
#include "broker/losses.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "log/log.hpp"
#include "wire/limits.hpp"

namespace peacepie::broker {

namespace {

std::uint64_t beyond(std::uint64_t more, std::uint64_t less) noexcept {
    return std::min(more > less ? more - less : 0, limits::sends_lost_max);  // a worker may say any number
}

}  // namespace

Loss Loss::of(std::string_view node, const SendNumbers& sends, std::string_view reason, std::int64_t now) {
    Loss loss{.node = std::string(node), .pid = sends.pid, .stamp = sends.stamp, .reason = std::string(reason), .time = now};
    loss.passed = sends.passed;
    loss.received = sends.received;
    loss.ended = sends.ended;
    return loss;
}

std::string Loss::numbers() const {
    if (ended >= passed) return {};
    return ended + 1 == passed ? fmt::format("number {}", passed) : fmt::format("numbers {} to {}", ended + 1, passed);
}

std::string Loss::text() const {
    const auto which = numbers();
    return fmt::format("{}{} message{} lost with {} (pid {}){}{}: {}", at_most ? "at most " : "", count(), count() == 1 ? " was" : "s were", node, pid,
                       which.empty() ? "" : ", among ", which, reason);
}

Value Loss::to_value() const {
    Value value = Value::Map{};
    value.set("node", node).set("pid", pid).set("count", count()).set("at_most", at_most).set("inside", inside).set("to", to).set("from", from);
    if (ended < passed) value.set("first", ended + 1).set("last", passed);
    return value.set("reason", log::escaped(reason)).set("time", time).set("text", log::escaped(text()));
}

void Losses::told(Session& worker, const Value& body) {
    const auto unread = Unread::from_value(body);
    if (!unread) return;
    auto& sends = *worker.sends.numbers;
    const bool is_of_now = unread->stamp == sends.stamp;  // else it was said before the welcome
    if (is_of_now && sends.are_final == 0) {
        sends.arrived = unread->arrived, sends.left = unread->left, sends.waiting = unread->waiting;
        if (unread->waiting == 0) sends.ended = std::max(sends.ended, std::min(unread->arrived, sends.passed));
    }
    const auto& before = unread->before;
    if (before.stamp == 0) return;
    for (auto& loss : losses_) {  // it lives, with all that was inside
        if (!loss.is_open || loss.node != worker.address || loss.pid != worker.pid || loss.stamp == sends.stamp) continue;
        if (loss.stamp == before.stamp) settle(loss, 0, before.arrived, before.left, Known::exactly);
        else if (is_of_now) settle(loss, 0, loss.passed - loss.to, loss.received + loss.from, Known::as_far_as_ever);  // it has had two since
    }
}

void Losses::take_up(std::int64_t now) {
    const auto earlier = traffic_.take_up();
    counters_.lost = traffic_.lost();
    if (earlier.held != 0) {
        Loss loss{.node = "broker", .pid = earlier.pid, .reason = "it ended with what it held for actors on the move or not back yet", .time = now};
        loss.inside = std::min(earlier.held, limits::sends_lost_max);
        keep(std::move(loss));
    }
    for (const auto& [node, numbers] : earlier.workers) {
        auto loss = Loss::of(node, numbers, "the broker ended", now);
        settle(loss, numbers.waiting, numbers.arrived, numbers.left, numbers.are_final != 0 ? Known::exactly : Known::so_far);
        keep(std::move(loss));
    }
}

void Losses::on_end(Session& worker, std::string_view reason, std::int64_t now) {
    const auto& sends = worker.sends;
    if (!sends.are_told) return;
    Traffic::end(worker);
    const auto& told = sends.own;
    auto loss = Loss::of(worker.address, told, sends.how.empty() ? reason : std::string_view(sends.how), now);
    settle(loss, told.waiting, told.arrived, told.left, sends.said_goodbye || told.are_final != 0 ? Known::exactly : Known::so_far);
    if (loss.count() == 0 && !loss.is_open) return traffic_.give_up(loss.stamp);
    if (loss.count() != 0 && loss.is_open) log::warning(log::Fields{{"node", loss.node}, {"messages", loss.count()}}, "{}", loss.text());
    keep(std::move(loss));
}

void Losses::on_page(Session& worker, const Unread& page, std::string_view how) {
    auto& sends = *worker.sends.numbers;
    const bool has_read_its_welcome = page.stamp == sends.stamp;
    sends.arrived = has_read_its_welcome ? page.arrived : 0;
    sends.left = has_read_its_welcome ? page.left : 0;
    sends.waiting = page.waiting;
    sends.are_final = 1;
    worker.sends.how = how;
    settle_earlier(worker.address, worker.pid, page);
}

void Losses::on_page(std::string_view node, std::int64_t pid, const Unread& page, std::string_view reason, std::int64_t now) {
    const auto is_its_last = [&](const Loss& loss) { return loss.node == node && loss.pid == pid && loss.stamp == page.stamp; };
    const auto is_open = [&](const Loss& loss) { return loss.node == node && loss.pid == pid && loss.is_open; };
    auto last = std::find_if(losses_.rbegin(), losses_.rend(), is_its_last);
    if (last != losses_.rend() && !last->is_open) return;  // it has said goodbye
    if (last == losses_.rend()) last = std::find_if(losses_.rbegin(), losses_.rend(), is_open);
    if (last != losses_.rend()) {
        last->reason = reason;
        settle(*last, page.waiting, page);
        return settle_earlier(node, pid, page);
    }
    if (page.waiting == 0) return;
    Loss loss{.node = std::string(node), .pid = pid, .stamp = page.stamp, .reason = std::string(reason), .time = now};
    settle(loss, page.waiting, 0, 0, Known::exactly);  // it died while this broker did not know it
    keep(std::move(loss));
}

// It went on after each of them, with all that was inside.
void Losses::settle_earlier(std::string_view node, std::int64_t pid, const Unread& page) {
    for (auto& loss : losses_)
        if (loss.is_open && loss.node == node && loss.pid == pid) settle(loss, 0, page);
}

void Losses::settle(Loss& loss, std::uint64_t inside, const Unread& page) {
    if (loss.stamp == page.stamp) settle(loss, inside, page.arrived, page.left, Known::exactly);
    else if (loss.stamp == page.before.stamp) settle(loss, inside, page.before.arrived, page.before.left, Known::exactly);
    else settle(loss, inside, loss.passed - loss.to, loss.received + loss.from, Known::as_far_as_ever);
}

void Losses::settle(Loss& loss, std::uint64_t inside, std::uint64_t arrived, std::uint64_t left, Known known) {
    const auto before = loss.count();
    loss.inside = std::min(inside, limits::sends_lost_max);
    loss.to = beyond(loss.passed, arrived);
    loss.from = beyond(left, loss.received);
    if (loss.inside == 0) loss.ended = std::max(loss.ended, loss.passed - loss.to);
    loss.at_most = known != Known::exactly;
    loss.is_open = known == Known::so_far;
    if (!loss.is_kept) return;
    counters_.lost += loss.count() - before;
    if (!loss.is_open) close(loss);
}

void Losses::close(const Loss& loss) {
    traffic_.add_lost(loss.count());
    traffic_.give_up(loss.stamp);
    if (loss.count() != 0) log::warning(log::Fields{{"node", loss.node}, {"messages", loss.count()}}, "{}", loss.text());
}

void Losses::keep(Loss loss) {
    loss.is_kept = true;
    counters_.lost += loss.count();
    if (!loss.is_open) close(loss);
    losses_.push_back(std::move(loss));
    if (losses_.size() <= limits::losses_max) return;
    const auto none = std::ranges::find_if(losses_, [](const Loss& one) { return one.count() == 0; });
    const auto forgotten = none != losses_.end() ? none : losses_.begin();
    if (forgotten->is_open) close(*forgotten);  // what is forgotten stays counted
    losses_.erase(forgotten);
}

}  // namespace peacepie::broker
