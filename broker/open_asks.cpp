// open_asks.cpp - a hash table whose nodes hang on a wheel of deadlines.  Next: open_asks.hpp
#include "broker/open_asks.hpp"

#include <algorithm>

namespace peacepie::broker {

OpenAsks::Node*& OpenAsks::spoke_of(Nanoseconds deadline) noexcept {
    return wheel_[static_cast<std::size_t>(tick_of(deadline)) % spokes];
}

void OpenAsks::link(Node& node) noexcept {
    Node*& first = spoke_of(node.second.deadline);
    node.second.before = nullptr;
    node.second.after = first;
    if (first != nullptr) first->second.before = &node;
    first = &node;
}

void OpenAsks::unlink(Node& node) noexcept {
    Ask& ask = node.second;
    if (ask.before != nullptr) ask.before->second.after = ask.after;
    else spoke_of(ask.deadline) = ask.after;
    if (ask.after != nullptr) ask.after->second.before = ask.before;
}

OpenAsks::Opened OpenAsks::open(std::string_view asker, std::uint64_t mid, std::string_view recipient, Peer at,
                                Nanoseconds deadline, bool from_client) {
    auto found = table_.find(KeyView{asker, mid});
    if (found != table_.end()) {
        if (from_client) return Opened::mid_in_use;
        unlink(*found);
    } else {
        if (table_.size() >= most_) return Opened::table_full;
        found = table_.emplace(Key{std::string(asker), mid}, Ask{}).first;
    }
    Ask& ask = found->second;
    ask.recipient = recipient;
    ask.at = at;
    ask.deadline = deadline;
    ask.from_client = from_client;
    link(*found);
    return Opened::yes;
}

bool OpenAsks::close(std::string_view asker, std::uint64_t mid) {
    const auto found = table_.find(KeyView{asker, mid});
    if (found == table_.end()) return false;
    unlink(*found);
    table_.erase(found);
    return true;
}

bool OpenAsks::is_open(std::string_view asker, std::uint64_t mid) const {
    return table_.find(KeyView{asker, mid}) != table_.end();
}

bool OpenAsks::is_open_at(std::string_view asker, std::uint64_t mid, Peer at) const {
    const auto found = table_.find(KeyView{asker, mid});
    return found != table_.end() && found->second.at == at;
}

void OpenAsks::take(Node& node, std::vector<Unanswered>& into) {
    into.push_back({node.first.asker, node.first.mid, node.second.recipient, node.second.from_client});
    unlink(node);
    table_.erase(table_.find(KeyView{into.back().asker, into.back().mid}));
}

std::vector<Unanswered> OpenAsks::take_late(Nanoseconds now) {
    std::vector<Unanswered> late;
    const auto tick = tick_of(now);
    // A spoke is looked at again one tick later, because a deadline may lie later within its own tick.
    const auto from = std::max(swept_to_, tick - static_cast<std::int64_t>(spokes) + 1);
    for (auto at = from; at <= tick; ++at) {
        if (at < 0) continue;
        for (Node* node = wheel_[static_cast<std::size_t>(at) % spokes]; node != nullptr;) {
            Node* const next = node->second.after;
            if (node->second.deadline <= now) take(*node, late);
            node = next;
        }
    }
    swept_to_ = tick;
    return late;
}

std::vector<Unanswered> OpenAsks::take_lost(const std::function<bool(std::string_view, Peer)>& is_lost) {
    std::vector<Unanswered> lost;
    std::vector<Node*> found;
    for (auto& node : table_)
        if (is_lost(node.second.recipient, node.second.at)) found.push_back(&node);
    for (Node* node : found) take(*node, lost);
    return lost;
}

}  // namespace peacepie::broker
