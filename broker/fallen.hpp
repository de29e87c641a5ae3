// fallen.hpp - the actors whose process died and who are to be made again: by name, and by node in the order of creation.
//
// One per broker, in Exchange; its thread.  Pure data.  A name in it is free for whoever creates an actor of that name by hand;
// its entry stays until that actor is known to live, because a creation may be refused, or fail in its worker.
// Next: healing.hpp makes them again.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "broker/declaration.hpp"
#include "broker/down.hpp"
#include "wire/link.hpp"
#include "wire/text_hash.hpp"

namespace peacepie::broker {

struct FallenActor {
    std::string node;        ///< where it lived
    std::uint64_t born = 0;  ///< numbers creations: those of a node come back in this order
    std::uint64_t epoch = 0; ///< of its last life: who brings an earlier one brings what has moved on
    std::string class_desc;  ///< encoded
    DeclarationPointer declared;
    Down down = Down::worker_lost;  ///< how it ended
    int failures = 0;        ///< attempts to make it again
    std::string made_in;     ///< the worker that is making it right now; empty: none
    bool awaited = false;    ///< known from an earlier broker: its process may be running on and be back in a moment
    bool removed = false;    ///< not to be made again; when its process brings it after all, it is fenced
    Nanoseconds forget_at{0};///< of a removed one, or of one whose name was registered by hand: that may fail yet
};

class Fallen {
public:
    /// Names of one node, by creation.
    using Order = std::set<std::pair<std::uint64_t, std::string>>;

    /// A name that is in it already is replaced.
    void add(std::string_view name, FallenActor actor) {
        (void)take(name);
        by_node_[actor.node].emplace(actor.born, name);
        actors_.emplace(name, std::move(actor));
    }
    [[nodiscard]] FallenActor* find(std::string_view name) noexcept {
        const auto found = actors_.find(name);
        return found != actors_.end() ? &found->second : nullptr;
    }
    std::optional<FallenActor> take(std::string_view name) {
        const auto found = actors_.find(name);
        if (found == actors_.end()) return std::nullopt;
        auto actor = std::move(found->second);
        actors_.erase(found);
        const auto node = by_node_.find(actor.node);
        node->second.erase({actor.born, std::string(name)});
        if (node->second.empty()) by_node_.erase(node);
        return actor;
    }
    [[nodiscard]] const std::map<std::string, Order, std::less<>>& by_node() const noexcept { return by_node_; }
    [[nodiscard]] bool empty() const noexcept { return actors_.empty(); }

private:
    std::unordered_map<std::string, FallenActor, TextHash, std::equal_to<>> actors_;
    std::map<std::string, Order, std::less<>> by_node_;
};

}  // namespace peacepie::broker
