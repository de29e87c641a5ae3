// monitors.cpp - three maps kept alike.  Next: departure.cpp
#include "broker/monitors.hpp"

#include <vector>

namespace peacepie::broker {

std::uint64_t Monitors::add(std::string_view actor, std::string_view watcher) {
    if (!exchange_.bounds.allows(Bound::monitors, monitors_.size() + 1)) throw Error(Fault::unavailable, "too many monitors; end some");
    const auto ref = ++last_ref_;
    monitors_.emplace(ref, Monitor{std::string(actor), std::string(watcher)});
    of_actor_[std::string(actor)].insert(ref);
    of_watcher_[std::string(watcher)].insert(ref);
    return ref;
}

bool Monitors::remove(std::uint64_t ref, std::string_view watcher) {
    const auto found = monitors_.find(ref);
    if (found == monitors_.end() || found->second.watcher != watcher) return false;
    return drop(ref), true;
}

void Monitors::on_down(std::string_view actor, Down reason) {
    if (monitors_.empty()) return;
    on_watcher_gone(actor);
    const auto found = of_actor_.find(actor);
    if (found == of_actor_.end()) return;
    const auto refs = found->second;
    for (const auto ref : refs) fire(ref, reason);
}

void Monitors::on_watcher_gone(std::string_view address) {
    const auto found = of_watcher_.find(address);
    if (found == of_watcher_.end()) return;
    const auto refs = found->second;
    for (const auto ref : refs) drop(ref);
}

void Monitors::fire(std::uint64_t ref, Down reason) {
    const auto monitor = monitors_.at(ref);
    drop(ref);
    Value body = Value::Map{};
    body.set("ref", ref).set("actor", monitor.actor).set("reason", text_of(reason));
    const auto bytes = body.encoded();
    exchange_.deliver_surely({.command = "down", .recipient = monitor.watcher, .body = bytes});
}

void Monitors::drop(std::uint64_t ref) {
    const auto monitor = monitors_.at(ref);
    forget(of_actor_, monitor.actor, ref);
    forget(of_watcher_, monitor.watcher, ref);
    monitors_.erase(ref);
}

void Monitors::forget(Refs& refs, const std::string& key, std::uint64_t ref) {
    const auto found = refs.find(key);
    found->second.erase(ref);
    if (found->second.empty()) refs.erase(found);
}

}  // namespace peacepie::broker
