// actor_commands.hpp - creating, removing and finding this worker's actors.
//
// Part of the admin, used in its turns.  A name is claimed at the broker before anything is built and freed when nothing
// came of it; of many names all come to life or none does.
// Next: order.hpp is what cells are told.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "worker/cradles.hpp"
#include "worker/declared.hpp"
#include "worker/plugin.hpp"
#include "worker/request.hpp"

namespace peacepie::worker {

class Admin;
class Cell;
struct Order;

class ActorCommands {
public:
    explicit ActorCommands(Admin& admin);

    /// The names of those the broker has registered, the last created first.
    [[nodiscard]] std::vector<std::string> registered_names() const;
    /// [{name, epoch, class_desc, declared}] of those that still live here: takes names from the back as long as a message carries more.
    [[nodiscard]] Value roll(std::vector<std::string>& names, DeclaredList& declared) const;
    /// Drops the actor without a word: it lives elsewhere.
    void discard(const std::string& name);
    /// Stops every actor, the last created first; `then` when all are gone or patience has ended.
    void stop_all(std::function<void()> then);

    /// Another broker: what it was told of durable actors may have been lost with the one before.
    void keep_states_again();

    /// A moved-in actor is this worker's from now on; a moved-out one no longer.
    void took_in(std::uint64_t cell, DeclaredPointer declared);
    void gave_away(std::uint64_t cell);
    [[nodiscard]] std::uint64_t cell_of(const std::string& name) const;
    /// How many live here, the spawned ones included.
    [[nodiscard]] std::size_t count() const;
    /// What a cell gives back that has ended by itself.  Any thread.
    [[nodiscard]] std::unique_ptr<Order> farewell(const std::string& name, std::uint64_t cell, bool failed);

private:
    struct Resident {
        std::uint64_t cell = 0;
        std::string name;
        const ActorClass* actor_class = nullptr;
        [[nodiscard]] explicit operator bool() const noexcept { return cell != 0; }
    };
    /// One create_actor or create_actors on its way.
    struct Birth {
        RequestPointer request;
        bool single;
        const ActorClass* actor_class;
        std::string parameters;
        DeclaredPointer declared;
        bool durable = false;
        bool is_healing = false;    ///< HEAD asks: it will ask again when this fails
        bool is_permanent = false;
        Value set_aside;    ///< {name: [message …]}
        Value::Array kept;  ///< of each, what is left of an earlier life; empty: nothing
        std::vector<std::string> names;
        std::vector<std::uint64_t> epochs, cells;  ///< cells: of the cradles first, 0 where there is none
        std::size_t waiting = 0;
        std::string code, text;
    };
    using BirthPointer = std::shared_ptr<Birth>;
    void take_back_claims(const std::vector<std::string>& names);

    void create(const RequestPointer& request, bool single);
    [[nodiscard]] DeclaredPointer shared(std::string declared);
    /// The broker says no, or nothing.
    void refused(const BirthPointer& birth, std::string_view code, std::string_view text);
    void build(const BirthPointer& birth);
    void one_is_built(const BirthPointer& birth, std::size_t which, const Order& order);
    void all_are_built(const BirthPointer& birth);
    void fail(const BirthPointer& birth, std::string_view code, std::string_view text);
    void remove(const RequestPointer& request);
    void end(const std::string& name, int tries_left);
    void find(const RequestPointer& request);
    void load_package(const RequestPointer& request);
    void give_order(const Cell& cell, std::unique_ptr<Order> order);
    void recreate(const RequestPointer& request);
    enum class Removal : std::uint8_t { with_process, for_group, for_good };  ///< for good: with what was kept of it
    void stop(std::uint64_t cell, const std::string& name, Removal removal, std::function<void(const Order&)> then);
    [[nodiscard]] Resident resident(std::string_view name) const;  ///< false when it does not live here
    /// Those the broker has registered, the last created first.
    [[nodiscard]] std::vector<const Cell*> registered() const;
    void unregister(const std::vector<std::string>& names, Removal removal = Removal::with_process);

    Admin& admin_;
    Cradles cradles_{admin_};
    std::unordered_multiset<std::string> claimed_;  // names of which the broker has not answered yet
    std::unordered_set<std::string> doubtful_;      // names whose claim was not answered in time and may yet be granted
    DeclaredPointer last_declared_;                 // actors created one by one are often alike
    std::size_t stopping_ = 0;
    std::function<void()> all_stopped_;
};

}  // namespace peacepie::worker
