// migration.hpp - one worker's half of a move; the broker (relocation.hpp) leads.
//
// As target, per entity:   cold ─load─▶ loaded ─start─▶ (lives here)        cancel_move at any point: dropped
//                                          └─start with errors─▶ on probation ─settle─▶ (lives here)   withdraw: dropped
// As source, per entity:   (lives here) ─await_fence, freeze─▶ frozen ─discard─▶ (gone)   resume: lives on
//
// Notes before you change anything.
//  1. Every step names entity and epoch; a step of another epoch is refused, so a late one does no harm.
//  2. The source's instance is destroyed only by discard, that is after the commit.
//  3. From load on, mail from the broker goes to the new cell: after the commit it follows right behind start.
//  4. The target binds the name at start, behind a fence: decisions/0005-fence-after-a-move.md.
// Part of the admin, used in its turns.  Only HEAD may say these words.
// Next: cell_life.cpp does the work.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "worker/declared.hpp"
#include "worker/request.hpp"

namespace peacepie::worker {

class Admin;

class Migration {
public:
    explicit Migration(Admin& admin);
    /// For a hello: what is on the way from here or to here, [{entity, epoch, source, target, declared, …}].  A frozen actor is in this
    /// list and not among the others.
    [[nodiscard]] Value::Array moving(DeclaredList& declared);
    [[nodiscard]] bool is_frozen(const std::string& name) const;
    [[nodiscard]] bool is_coming(const std::string& name) const { return incoming_.contains(name); }
    /// The broker that welcomed us leads none of our moves: what it was brought waits for its word, the rest is called off.
    void broker_has_changed();

private:
    struct Incoming {
        std::uint64_t epoch;
        std::uint64_t cell;
        std::string source;
        DeclaredPointer declared = nullptr;
        bool loaded = false;
        bool brought = false;  ///< in the last hello
        bool on_probation = false;
        bool could_not_start = false;
    };
    struct Outgoing {
        std::uint64_t epoch;
        std::uint64_t cell;
        std::string target;
        bool frozen = false;
        bool brought = false;
    };

    void expect_welcomed() const;  ///< throws Error unavailable
    [[nodiscard]] std::uint64_t source_of(const std::string& entity);  ///< its cell; throws Error
    void prepare_move(const RequestPointer& request);
    void load(const RequestPointer& request);
    void start(const RequestPointer& request);
    void cancel_move(const RequestPointer& request);
    void await_fence(const RequestPointer& request);
    void freeze(const RequestPointer& request);
    void resume(const RequestPointer& request);
    void discard(const RequestPointer& request);
    void settle(const RequestPointer& request);
    void withdraw(const RequestPointer& request);
    void settle(const std::string& entity, const Incoming& here);
    void give_up(const std::string& entity, std::uint64_t cell, std::string_view why);

    [[nodiscard]] Incoming* incoming(const RequestPointer& request);
    [[nodiscard]] Outgoing* outgoing(const RequestPointer& request);

    Admin& admin_;
    std::map<std::string, Incoming, std::less<>> incoming_;
    std::map<std::string, Outgoing, std::less<>> outgoing_;
};

}  // namespace peacepie::worker
