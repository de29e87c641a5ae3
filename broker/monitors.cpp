// monitors.cpp - three maps kept alike.  Next: departure.cpp
#include "broker/monitors.hpp"

#include <vector>

#include "log/log.hpp"

namespace peacepie::broker {

std::uint64_t Monitors::add(std::string_view actor, std::string_view watcher) {
    if (!exchange_.bounds.allows(Bound::monitors, monitors_.size() + 1)) throw Error(Fault::unavailable, "too many monitors; end some");
    while (monitors_.contains(++last_ref_)) {
    }
    insert(last_ref_, actor, watcher);
    return last_ref_;
}

void Monitors::bring(std::uint64_t ref, std::string_view actor, std::string_view watcher, Peer peer) {
    if (ref > last_ref_ || monitors_.contains(ref) || due_.contains(ref)) return;
    const auto fired = fired_.find(ref);
    if (fired != fired_.end() && fired->second.to == peer) return;  // on its way
    if (!exchange_.bounds.allows(Bound::monitors, monitors_.size() + 1)) return log::warning({}, "too many monitors: one that {} had is given up", watcher);
    insert(ref, actor, watcher);
    if (fired != fired_.end()) return fire(ref, fired->second.end.reason);
    const auto parked = parked_.extract(ref);
    const auto since = ref <= first_ref_ ? Nanoseconds{0} : parked ? parked.mapped() : exchange_.clock.now();
    if (const auto end = ends_.find(actor); end != ends_.end() && end->second.at >= since) return fire(ref, end->second.reason);
    unsettled_.insert(ref);
}

void Monitors::on_time() {
    const auto now = exchange_.clock.now();
    const auto is_past = [now](Nanoseconds at) { return now - at > limits::ends_remembered; };
    std::erase_if(ends_, [&](const auto& end) { return is_past(end.second.at); });
    std::erase_if(parked_, [&](const auto& one) { return is_past(one.second); });
    std::erase_if(fired_, [&](const auto& one) { return is_past(one.second.end.at); });
    std::erase_if(due_, [&](const auto& one) { return tell(one.first, one.second.monitor, one.second.end) || is_past(one.second.end.at); });
}

void Monitors::note_end(std::string_view actor, Down reason) {
    if (ends_.size() < limits::ends_remembered_max || ends_.contains(actor)) ends_.insert_or_assign(std::string(actor), End{exchange_.clock.now(), reason});
}

void Monitors::on_made(const std::string& actor, Down before) {
    if (exchange_.clock.now() - begun_ < limits::ends_remembered) note_end(actor, before);
    const auto found = of_actor_.find(actor);
    if (found == of_actor_.end()) return;
    const auto refs = found->second;
    for (const auto ref : refs)
        if (unsettled_.contains(ref)) fire(ref, before);
}

void Monitors::settle(const std::function<Fate(const std::string& actor)>& fate) {
    const auto all = unsettled_;
    for (const auto ref : all) {
        const auto is = fate(monitors_.at(ref).actor);
        if (std::holds_alternative<Unknown>(is)) continue;
        unsettled_.erase(ref);
        if (const auto* down = std::get_if<Down>(&is)) fire(ref, *down);
    }
}

void Monitors::insert(std::uint64_t ref, std::string_view actor, std::string_view watcher) {
    monitors_.emplace(ref, Monitor{std::string(actor), std::string(watcher)});
    of_actor_[std::string(actor)].insert(ref);
    of_watcher_[std::string(watcher)].insert(ref);
}

bool Monitors::remove(std::uint64_t ref, std::string_view watcher) {
    const auto found = monitors_.find(ref);
    if (found == monitors_.end() || found->second.watcher != watcher) return false;
    return drop(ref), true;
}

void Monitors::on_down(std::string_view actor, Down reason) {
    note_end(actor, reason);
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
    for (const auto ref : refs) {
        drop(ref);
        if (parked_.size() < limits::ends_remembered_max) parked_.emplace(ref, exchange_.clock.now());
    }
}

void Monitors::fire(std::uint64_t ref, Down reason) {
    const auto monitor = monitors_.at(ref);
    drop(ref);
    const End end{exchange_.clock.now(), reason};
    if (!tell(ref, monitor, end)) due_.emplace(ref, Due{monitor, end});
}

/// False: its watcher has no home at the moment.
bool Monitors::tell(std::uint64_t ref, const Monitor& monitor, End end) {
    const auto* way = exchange_.way_to(monitor.watcher);
    if (way == nullptr && (exchange_.may_come_back(monitor.watcher) || exchange_.fallen.find(monitor.watcher) != nullptr)) return false;
    Value body = Value::Map{};
    body.set("ref", ref).set("actor", monitor.actor).set("reason", text_of(end.reason));
    const auto bytes = body.encoded();
    exchange_.deliver_surely({.command = "down", .recipient = monitor.watcher, .body = bytes});
    if (way != nullptr && fired_.size() < limits::ends_remembered_max) fired_.insert_or_assign(ref, Fired{end, way->peer});
    return true;
}

void Monitors::drop(std::uint64_t ref) {
    const auto monitor = monitors_.at(ref);
    forget(of_actor_, monitor.actor, ref);
    forget(of_watcher_, monitor.watcher, ref);
    unsettled_.erase(ref);
    monitors_.erase(ref);
}

void Monitors::forget(Refs& refs, const std::string& key, std::uint64_t ref) {
    const auto found = refs.find(key);
    found->second.erase(ref);
    if (found->second.empty()) refs.erase(found);
}

}  // namespace peacepie::broker
