// traffic.cpp - lines taken and given up.  Next: losses.cpp
#include "broker/traffic.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "log/log.hpp"

namespace peacepie::broker {

Traffic::Traffic(TrafficPage* page, std::int64_t pid) : page_(page), sums_(page ? &page->sums : &own_), pid_(pid) {
    if (sums_->layout != 0 && sums_->layout != TrafficPage::this_layout) std::memset(static_cast<void*>(page), 0, sizeof(TrafficPage));
    sums_->layout = TrafficPage::this_layout;
    sums_->lines = std::min<std::uint64_t>(sums_->lines, TrafficPage::lines_max);
}

std::span<TrafficPage::Line> Traffic::lines() noexcept {
    return page_ == nullptr ? std::span<TrafficPage::Line>() : std::span(page_->lines).first(sums_->lines);
}

Traffic::Earlier Traffic::take_up() {
    Earlier earlier{.pid = std::exchange(sums_->pid, pid_), .held = std::exchange(sums_->held, 0), .workers = {}};
    for (const auto& line : lines())
        if (line.numbers.stamp != 0) earlier.workers.push_back({std::string(line.node.data(), strnlen(line.node.data(), line.node.size())), line.numbers});
    return earlier;
}

void Traffic::begin(Session& worker) {
    if (page_ == nullptr || worker.address.size() >= TrafficPage::Line{}.node.size()) return;
    const auto used = lines();
    const auto free = std::ranges::find(used, 0u, [](const TrafficPage::Line& one) { return one.numbers.stamp; });
    if (free == used.end() && used.size() == TrafficPage::lines_max)
        return log::warning("{} has no line on the page: what is under way when this broker dies is not counted", worker.address);
    auto* const line = free != used.end() ? &*free : &page_->lines[sums_->lines++];
    line->node.fill(0);
    worker.address.copy(line->node.data(), worker.address.size());
    line->numbers = *worker.sends.numbers;
    worker.sends.numbers = &line->numbers;
}

void Traffic::end(Session& worker) noexcept {
    worker.sends.own = *worker.sends.numbers;
    worker.sends.numbers = &worker.sends.own;
}

void Traffic::give_up(std::uint64_t stamp) noexcept {
    for (auto& line : lines())
        if (line.numbers.stamp == stamp) line.numbers = {};
}

}  // namespace peacepie::broker
