// roster.cpp - sessions by peer, by address, by host.  Next: session.hpp
#include "broker/roster.hpp"

#include <algorithm>

#include "wire/address.hpp"
#include "wire/limits.hpp"
#include "wire/spawned_name.hpp"

namespace peacepie::broker {

Session* Roster::find(Peer peer) noexcept {
    if (last_found_ != nullptr && last_found_->peer == peer) return last_found_;
    const auto found = sessions_.find(peer);
    if (found == sessions_.end()) return nullptr;
    return last_found_ = found->second.get();
}

Session* Roster::find(std::string_view address) noexcept {
    const auto found = by_address_.find(address);
    return found == by_address_.end() ? nullptr : found->second;
}

Session* Roster::find_node(std::string_view node) {
    const auto full = node_of(node);
    if (!full) return nullptr;
    const auto found = workers_.find(*full);
    return found == workers_.end() ? nullptr : found->second;
}

Session* Roster::birthplace_of(std::string_view name) noexcept {
    const auto spawned = SpawnedName::parse(name);
    if (!spawned) return nullptr;
    const auto found = by_nursery_.find(spawned->nursery);
    return found == by_nursery_.end() ? nullptr : found->second;
}

bool Roster::give_nursery(Session& worker, std::uint64_t nursery) {
    if (!by_nursery_.emplace(nursery, &worker).second) return false;
    worker.nursery = nursery;
    return true;
}

Session& Roster::add(Peer peer, Role role, std::string address) {
    auto made = std::make_unique<Session>(peer, role);
    Session& session = *made;
    session.address = std::move(address);
    sessions_[peer] = std::move(made);
    by_address_[session.address] = &session;
    if (role == Role::worker) workers_[session.address] = &session;
    if (session.owes_heartbeats()) beating_.push_back(&session);
    return session;
}

void Roster::remove(Session& session) {
    by_address_.erase(session.address);
    if (session.role == Role::worker) workers_.erase(session.address);
    if (session.nursery != 0) by_nursery_.erase(session.nursery);
    std::erase(beating_, &session);
    if (last_found_ == &session) last_found_ = nullptr;
    sessions_.erase(session.peer);
}

std::vector<Session*> Roster::launchers() const {
    std::vector<Session*> found;
    for (Session* session : beating_)
        if (session->role == Role::launcher) found.push_back(session);
    return found;
}

bool Roster::has_launcher(std::string_view host) const noexcept {
    return std::ranges::any_of(beating_, [host](const Session* session) { return session->role == Role::launcher && session->host == host; });
}

bool Roster::take_prime(std::string_view host, std::string_view node, bool claims_it) {
    const auto reserved = primes_.find(host);
    if (reserved != primes_.end()) return reserved->second == node;
    if (!claims_it && is_claimed_process(process_of(node))) return false;
    primes_.emplace(host, node);
    return true;
}

void Roster::release_prime(const Session& session) {
    const auto reserved = primes_.find(session.host);
    if (reserved != primes_.end() && reserved->second == session.address) primes_.erase(reserved);
}

Session* Roster::prime_of(std::string_view host) noexcept {
    const auto reserved = primes_.find(host);
    if (reserved == primes_.end()) return nullptr;
    const auto found = workers_.find(reserved->second);
    return found == workers_.end() ? nullptr : found->second;
}

Session* Roster::any_prime() noexcept {
    for (const auto& [host, node] : primes_)
        if (const auto found = workers_.find(node); found != workers_.end()) return found->second;
    return nullptr;
}

void Roster::silence(Peer peer) {
    if (!silenced_.insert(peer).second) return;
    silenced_in_order_.push_back(peer);
    if (silenced_in_order_.size() <= limits::closed_peers_max) return;
    silenced_.erase(silenced_in_order_.front());
    silenced_in_order_.pop_front();
}

bool is_claimed_process(std::string_view process) noexcept {
    constexpr std::string_view prefix = "process_";
    if (!process.starts_with(prefix) || process.size() == prefix.size()) return false;
    return std::all_of(process.begin() + prefix.size(), process.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace peacepie::broker
