// withheld.hpp - the names of processes that are lost but may run on behind a network that is cut: nobody else gets them yet.
//
// Such a process stops its actors by itself before node_patience is over (worker/session.cpp); until then its names are free for nobody
// but the process itself, and another process under its name is given none of its actors.  That it is dead, as its launcher knows, or
// back, ends it at once.  Spawned names are not in it: nobody else can have them.
// One per broker, in Exchange; its thread.  Pure.
// Why so: sdk/docs/decisions/0026-cut-off.md.
// Next: departure.cpp and door.cpp fill and empty it, head_parts.cpp and healing.cpp ask.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "wire/limits.hpp"
#include "wire/link.hpp"
#include "wire/text_hash.hpp"

namespace peacepie::broker {

class Withheld {
public:
    struct Silent {
        std::string node;
        std::int64_t pid = 0;
        std::string secret, secret_before;  ///< of its session: who knows one is that process
        Nanoseconds until{0};
        std::vector<std::string> names;
    };

    /// False: there is no room for its names, and they are free at once.
    bool add(Silent silent) {
        if (silent_.size() >= limits::sessions_max || names_.size() + silent.names.size() > limits::withheld_names_max) return false;
        const auto& added = silent_.emplace_back(std::move(silent));
        for (const auto& name : added.names) names_.insert_or_assign(name, &added);
        return true;
    }
    /// Some process of that node may run on.
    [[nodiscard]] bool holds(std::string_view node, Nanoseconds now) const {
        return std::ranges::any_of(silent_, [&](const Silent& one) { return one.node == node && now < one.until; });
    }
    /// Who may still have an actor of that name; null: nobody.
    [[nodiscard]] const Silent* find(std::string_view name, Nanoseconds now) const {
        if (names_.empty()) return nullptr;
        const auto found = names_.find(name);
        return found != names_.end() && now < found->second->until ? found->second : nullptr;
    }
    [[nodiscard]] bool empty() const noexcept { return silent_.empty(); }
    /// Its process is back.  False: it is none of these.
    bool on_hello(std::string_view node, std::string_view session) {
        return !session.empty() && release_if([&](const Silent& one) { return one.node == node && (session == one.secret || session == one.secret_before); });
    }
    /// Its process is dead.  False: it is none of these.
    bool on_death(std::string_view node, std::int64_t pid) {
        return release_if([&](const Silent& one) { return one.node == node && one.pid == pid; });
    }
    void on_time(Nanoseconds now) {
        release_if([&](const Silent& one) { return now >= one.until; });
    }
    /// The broker stood still for so long: who wanted to say something meanwhile could not.
    void postpone(Nanoseconds span) {
        for (auto& one : silent_) one.until += span;
    }

private:
    template <class Is>
    bool release_if(Is is) {
        return 0 != std::erase_if(silent_, [&](const Silent& one) {
            if (!is(one)) return false;
            for (const auto& name : one.names)
                if (const auto of = names_.find(name); of != names_.end() && of->second == &one) names_.erase(of);
            return true;
        });
    }

    std::list<Silent> silent_;  // each stays where it is
    std::unordered_map<std::string, const Silent*, TextHash, std::equal_to<>> names_;
};

}  // namespace peacepie::broker
