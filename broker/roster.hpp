// roster.hpp - who is here: every session by connection and by address, and which worker is a host's first.
//
// Owns the sessions.  Pure: no socket, no clock of its own; the broker's thread.
// Next: door.hpp adds them, departure.hpp removes them.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "broker/session.hpp"
#include "wire/text_hash.hpp"

namespace peacepie::broker {

class Roster {
public:
    [[nodiscard]] Session* find(Peer peer) noexcept;
    [[nodiscard]] Session* find(std::string_view address) noexcept;
    /// A worker by its node, long or short form.
    [[nodiscard]] Session* find_node(std::string_view node);

    /// The worker in which that actor was spawned, while it is here; null for any other name.
    [[nodiscard]] Session* birthplace_of(std::string_view name) noexcept;
    /// False when another worker has that nursery.
    bool give_nursery(Session& worker, std::uint64_t nursery);

    /// The peer has no session yet and the address is free.
    Session& add(Peer peer, Role role, std::string address);
    void remove(Session& session);

    [[nodiscard]] std::size_t size() const noexcept { return sessions_.size(); }
    /// Sorted by node.
    [[nodiscard]] const std::map<std::string, Session*, std::less<>>& workers() const noexcept { return workers_; }
    [[nodiscard]] std::vector<Session*> launchers() const;
    /// One of those that may have started that host's processes.
    [[nodiscard]] bool has_launcher(std::string_view host) const noexcept;
    /// Workers and launchers; clients owe nothing.
    [[nodiscard]] const std::vector<Session*>& beating() const noexcept { return beating_; }

    /// A host's first worker is its PRIME and stays it while away, because its launcher starts it again under its name.
    /// A worker named `process_N` was made by a PRIME and never becomes one.
    [[nodiscard]] bool take_prime(std::string_view host, std::string_view node, bool claims_it);
    void release_prime(const Session& session);
    [[nodiscard]] Session* prime_of(std::string_view host) noexcept;
    [[nodiscard]] Session* any_prime() noexcept;

    /// A peer whose session was closed for its manners: met with silence until it says hello.
    void silence(Peer peer);
    [[nodiscard]] bool is_silenced(Peer peer) const { return silenced_.contains(peer); }
    void hear_again(Peer peer) { silenced_.erase(peer); }

private:
    std::unordered_map<Peer, std::unique_ptr<Session>> sessions_;
    std::unordered_map<std::string, Session*, TextHash, std::equal_to<>> by_address_;
    std::map<std::string, Session*, std::less<>> workers_;
    std::unordered_map<std::uint64_t, Session*> by_nursery_;
    std::vector<Session*> beating_;
    std::map<std::string, std::string, std::less<>> primes_;  // host -> node
    std::unordered_set<Peer> silenced_;
    std::deque<Peer> silenced_in_order_;
    Session* last_found_ = nullptr;
};

/// `process_3` and the like.
[[nodiscard]] bool is_claimed_process(std::string_view process) noexcept;

}  // namespace peacepie::broker
