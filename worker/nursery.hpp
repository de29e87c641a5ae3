// nursery.hpp - actors that actors spawn: created here and now, without a word to the broker.
//
//     name    ~NURSERY~NUMBER     the nursery's number comes from the broker with the first welcome, the other from the slot
//
// Such a name is unique in the system and tells where its actor was born, so the broker keeps no entry for it until the
// actor leaves home for the first time (decisions/0016-spawned-actors.md).  Creating one costs a fortieth of create_actors.
// One per worker; spawn and the names from any thread, set_number once by the admin.
// Next: cell_table.hpp has the slots.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "peacepie/abi.h"
#include "worker/plugin.hpp"

namespace peacepie::worker {

class Cell;
class Worker;

class Nursery {
public:
    explicit Nursery(Worker& worker);

    /// The broker's number.  Only the first counts: names may have been given by it.
    void set_number(std::uint64_t number) noexcept;
    [[nodiscard]] std::uint64_t number() const noexcept;

    /// A new actor of a class of the parent's library, constructed and with its parameters; its first turn calls `start`.
    /// Returns its handle.  Throws Error: unavailable before the first welcome or when the process is ending, no_space, or
    /// what the constructor or the parameters said.
    [[nodiscard]] std::uint64_t spawn(const Cell& parent, const pp_actor_type& type, std::string_view parameters);

    /// The handle of a name given here whose actor lives, or 0.
    [[nodiscard]] std::uint64_t find(std::string_view name) const noexcept;
    [[nodiscard]] std::uint64_t handle_of(std::uint16_t generation, std::uint32_t index) const noexcept;
    [[nodiscard]] std::string name_of(std::uint64_t handle) const;
    /// The same for any nursery of this process.
    [[nodiscard]] static std::string name_behind(std::uint64_t handle);

    void close() noexcept { closed_.store(true, std::memory_order_relaxed); }  ///< the worker is ending

private:
    Worker& worker_;
    const std::uint32_t place_;  // among the nurseries of this process: a simulation has many
    std::atomic<bool> closed_{false};
};

}  // namespace peacepie::worker
