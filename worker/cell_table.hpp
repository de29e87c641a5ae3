// cell_table.hpp - the cells of this process and the handles that name them.
//
// One per process, any thread.  A handle is a slot's number and its tenant's generation; slots are never freed, so a stale
// handle is found out without a lock or a count.  A slot whose 32 767 generations are used up is not let again.
// Next: switchboard.hpp finds handles by name.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>

#include "worker/cell.hpp"

namespace peacepie::worker {

class CellTable {
public:
    [[nodiscard]] static CellTable& of_process();

    /// A cold cell for that actor, or null when the table is full.  Tell it to `create` next.
    [[nodiscard]] Cell* let(Worker& worker, std::string name, const ActorClass& actor_class, std::uint64_t epoch);
    /// The cell is empty.  Its name stays known to stale handles for a while, so that answers to an actor that moved away
    /// find it by name.
    void give_back(Cell& cell);

    /// The slot a handle points to; whether its tenant is still the same is seen when posting.
    [[nodiscard]] static Cell* slot(std::uint64_t handle) noexcept {
        const auto index = static_cast<std::uint32_t>(handle) - 1;
        if (index >= chunks_.size() * chunk_size) return nullptr;
        Cell* chunk = chunks_[index / chunk_size].load(std::memory_order_acquire);
        return chunk ? &chunk[index % chunk_size] : nullptr;
    }
    [[nodiscard]] static std::uint16_t generation(std::uint64_t handle) noexcept {
        return static_cast<std::uint16_t>(handle >> 32);
    }
    /// The name behind a handle, also after the actor left; empty when it is forgotten.
    [[nodiscard]] std::string name_of(std::uint64_t handle) const;

private:
    static constexpr std::size_t chunk_size = 1024;
    static constexpr std::size_t departed_max = 100'000;  // slots that keep a departed actor's name before they are let again

    mutable std::mutex lock_;
    static inline constinit std::array<std::atomic<Cell*>, 16'384> chunks_{};  // static: found without a look at the table
    std::uint32_t used_ = 0;
    std::deque<std::uint32_t> departed_;  // first in, first out: the longest departed slot is let again first
};

}  // namespace peacepie::worker
