// world.hpp - what a Stage is made of: staged actors, their mail, their open operations, time.
//
// Single-threaded.  A Cast member is a logical actor and keeps its name, mail and prints; a Life is one instance of it
// and is what the plug-in knows as pp_cell.  Only one World exists at a time, because some calls of abi.h name none.
// Next: world.cpp makes and moves, turns.cpp runs, staged_host.cpp is the table for plug-ins, staged_admin.cpp the admins.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "peacepie/abi.h"
#include "wire/envelope.hpp"
#include "wire/fault.hpp"
#include "wire/value.hpp"

namespace peacepie::staged {

using Operation = std::uint64_t;

struct Mail {
    Kind kind = Kind::send;
    std::uint64_t mid = 0;
    std::uint64_t deadline = 0;
    std::string command;
    std::string recipient;
    std::string sender;
    std::string body;
    Operation alarm = 0;  ///< no message: an alarm that is due
};

struct Member;

struct Life {
    Member* member;
    const pp_actor_type* type;
    void* self = nullptr;
    std::string node;
    bool busy = true;  ///< until started
    bool started = false;
    std::set<std::string, std::less<>> overlapping;  ///< commands that wait for no suspended handler
    std::optional<Error> failure;
};

struct Arrived {
    Operation operation;
    std::optional<Mail> answer;
};

struct Member {
    std::uint64_t handle;
    std::string name;
    std::string class_name;
    std::unique_ptr<Life> life;
    std::deque<Mail> box;
    std::deque<Arrived> answers;
    std::vector<std::string> printed;
    std::set<std::pair<std::string, std::string>> observers;  ///< command, who
    bool in_turn = false;
    bool unborn = false;   ///< spawned, not started yet
    bool retires = false;  ///< ends once no handler is suspended
};

struct Open {
    enum class For : std::uint8_t { ask, wait, alarm, call, watch };
    For purpose;
    Life* life;
    std::uint64_t mid = 0;
    std::uint64_t due = 0;
    int fd = -1;
    short events = 0;
};

class World {
public:
    World();
    ~World();
    [[nodiscard]] static World& current();

    // Actors and processes.
    Member& create(const pp_actor_type& type, const std::string& name, const std::string& node, const Value& params);
    void remove(const std::string& name);
    /// What an actor in `node` spawns; it starts in a turn of its own.
    Member& spawn(const pp_actor_type& type, const std::string& node, std::string_view parameters);
    void retire(Member& member);
    /// Returns the size of the state that moved.
    std::size_t move(Member& member, const pp_actor_type& type, const std::string& node, const std::string& from_version);
    [[nodiscard]] Member* find(std::string_view address);
    [[nodiscard]] Member& get(std::string_view address);  ///< throws Error no_such_actor
    [[nodiscard]] std::string state_of(Member& member);
    std::map<std::string, std::unique_ptr<Member>, std::less<>> members;
    std::map<std::string, const pp_actor_type*> classes;  ///< "package/class"
    std::vector<std::string> nodes{"first.main.admin"};
    std::string open_process();
    [[nodiscard]] bool has_node(std::string_view node) const;
    void close_process(const std::string& node);

    // Mail.
    void post(Mail mail);
    void answer(const Mail& ask, Kind kind, std::string_view command, const Value& body);
    /// From outside: what comes back is in `outside` under the mid.
    std::uint64_t ask_from_outside(Mail mail);
    std::map<std::uint64_t, std::optional<Mail>> outside;

    // Operations.
    Operation open(Open entry);
    void cancel(Operation operation) noexcept;
    void complete(Operation operation);
    [[nodiscard]] std::uint64_t next_mid() noexcept { return ++last_mid_; }
    void run_later(void (*work)(void*), void* with) { jobs_.emplace_back(work, with); }

    // Time and order.
    void run();                        ///< until nothing is left to do now
    bool run_to_next(std::uint64_t limit);  ///< one step of time, at most to `limit`; false when nothing is due by then
    void shuffle(std::uint64_t seed) { order_.emplace(seed); }
    std::uint64_t now = 1'000'000'000;
    std::string version;  ///< of the code under test: what a saved state says it comes from

    // What tests look at.
    std::vector<std::string> printed, logged, failures;

private:
    bool step();
    [[nodiscard]] Member* next_ready();
    void deliver(Member& member, const Mail& mail);
    void resume(Member& member, const Arrived& arrived);
    [[nodiscard]] Mail take_mail(Member& member);
    [[nodiscard]] static bool has_work(const Member& member);
    void notify(Member& member, const Mail& mail);
    bool poll_watches();
    bool run_jobs();
    void settle_ask(const Mail& answer);
    void fire(Operation operation);
    bool fire_due();
    [[nodiscard]] std::unique_ptr<Life> make_life(Member& member, const pp_actor_type& type, const std::string& node);
    void start(Life& life, bool moved, const std::optional<std::string>& state, const std::string& from_version);
    void end_life(std::unique_ptr<Life> life);  ///< last words, then discard
    void discard(std::unique_ptr<Life> life);   ///< destroys the instance and what it had open
    void begin(Member& member);  ///< the first turn of a spawned one
    void settle(Member& member);  ///< runs, time too, until no handler is suspended

    std::map<Operation, Open> operations_;
    std::set<std::pair<std::uint64_t, Operation>> timers_;
    std::map<std::uint64_t, Operation> asks_;  ///< mid -> operation
    std::deque<std::pair<void (*)(void*), void*>> jobs_;
    std::deque<Mail> for_admins_;
    std::optional<std::mt19937_64> order_;
    std::deque<Member*> ready_;  ///< in order; a member may be in it twice or in vain
    Operation last_operation_ = 0;
    std::uint64_t last_mid_ = 0;
    std::uint64_t last_handle_ = 0;
    std::uint64_t last_spawned_ = 0;
    int last_process_ = -1;
};

/// What an admin or a worker answers, for the commands a Stage knows.  staged_admin.cpp
void answer_as_admin(World& world, const Mail& mail);
/// The worker's own commands to any actor: true when it was one.
bool answer_as_worker(World& world, Member& member, const Mail& mail);
[[nodiscard]] const pp_host& staged_host() noexcept;
[[nodiscard]] std::uint32_t staged_command(std::string_view text);

}  // namespace peacepie::staged
