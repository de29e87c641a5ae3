// cradles.hpp - cells of actors that the broker is just being asked for: what it sends them before they are built waits there.
//
// The broker has the name from the moment it answers, and mail may come right behind that answer.  Two creations may want the same
// name, because one that an earlier broker was asked for still waits for its answer: they share the cell, and whoever is allowed takes it.
// Part of ActorCommands; the admin's turns.
// Next: creation.cpp lays and takes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>

namespace peacepie::worker {

class Admin;
class Cell;
struct ActorClass;

class Cradles {
public:
    explicit Cradles(Admin& admin) : admin_(admin) {}

    /// The handle of a cell where mail for that name waits; 0 when somebody of that name lives here, or moves in.
    [[nodiscard]] std::uint64_t lay(const std::string& name, const ActorClass& actor_class);
    /// The cell is the caller's from now on; nullptr when there is none that fits.
    [[nodiscard]] Cell* take(const std::string& name, const ActorClass& actor_class);
    /// One that had it laid will not have the name.  When nobody else waits for it, its mail goes back to the broker.
    void give_up(const std::string& name, std::uint64_t cell);

private:
    struct Cradle {
        std::uint64_t cell;
        std::size_t wanted;  ///< by so many
    };
    Admin& admin_;
    std::unordered_map<std::string, Cradle> cradles_;
};

}  // namespace peacepie::worker
