// cell_table.hpp - the cells of this process and the handles that name them.
//
// One per process, any thread.  A handle is a slot's number and its tenant's generation; slots are never freed, so a stale
// handle is found out without a lock or a count.  A slot whose 32 767 generations are used up is not let again.
//
//     63      49   48    47           32 31        0
//     [ nursery ][ s ][ generation ][ slot + 1 ]        s: spawned, and in which nursery of this process
//
// Spawned actors have chunks of their own: they come and go on every thread at once, so their free slots lie in magazines
// of a thread, and their names are computed from the handle instead of being looked up.
// Next: switchboard.hpp finds handles by name, nursery.hpp spawns.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "worker/cell.hpp"

namespace peacepie::worker {

class CellTable {
public:
    static constexpr std::uint64_t spawned_bit = 1ull << 48;
    static constexpr unsigned nursery_shift = 49;
    static constexpr std::uint32_t nurseries_max = 1u << 15;

    [[nodiscard]] static CellTable& of_process();

    /// A cold cell for that actor, or null when the table is full.  Tell it to `create` next.
    [[nodiscard]] Cell* let(Worker& worker, std::string name, const ActorClass& actor_class, std::uint64_t epoch);
    /// A cold cell for a spawned actor, or null.  Any thread.
    [[nodiscard]] Cell* let_spawned(Worker& worker, const ActorClass& actor_class);
    /// The cell is empty.  A chosen name stays known to stale handles for a while, so that answers to an actor that moved
    /// away find it by name.
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
    [[nodiscard]] static bool is_spawned(std::uint64_t handle) noexcept { return (handle & spawned_bit) != 0; }
    /// Whether the actor behind that handle lives in its cell; an actor that spawned ones may outlive the answer.
    [[nodiscard]] static bool is_tenant(std::uint64_t handle) noexcept {
        const Cell* cell = slot(handle);
        return cell && cell->mailbox_.living_tenant() == generation(handle);
    }
    [[nodiscard]] static bool is_spawned_slot(std::uint32_t index) noexcept {
        return index < chunks_.size() * chunk_size && has_spawned_[index / chunk_size].load(std::memory_order_acquire);
    }
    /// The class of that actor, or null when it has left.  Any thread.
    [[nodiscard]] static const ActorClass* class_of(std::uint64_t handle) noexcept;
    /// The name behind a handle, also after the actor left; empty when it is forgotten.
    [[nodiscard]] std::string name_of(std::uint64_t handle) const;

    /// All spawned actors of that worker that live now, the oldest slots first.
    [[nodiscard]] std::vector<std::uint64_t> spawned_of(const Worker& worker) const;

private:
    static constexpr std::size_t chunk_size = 1024;
    static constexpr std::size_t departed_max = 100'000;  // slots that keep a departed actor's name before they are let again
    static constexpr std::uint32_t magazine_size = 128;

    struct Range {  // of slots that were never let
        std::uint32_t next = 0, end = 0;
    };
    struct Magazine {
        std::uint32_t count;
        std::array<std::uint32_t, magazine_size> slots;
    };
    [[nodiscard]] static Cell& at(std::uint32_t index) noexcept {
        return chunks_[index / chunk_size].load(std::memory_order_relaxed)[index % chunk_size];
    }
    [[nodiscard]] bool carve(Range& range);
    [[nodiscard]] bool refill(Magazine& magazine);
    void spill(Magazine& magazine);

    mutable std::mutex lock_;
    static inline constinit std::array<std::atomic<Cell*>, 16'384> chunks_{};  // static: found without a look at the table
    static inline constinit std::array<std::atomic<bool>, 16'384> has_spawned_{};  // by chunk
    static inline constinit thread_local Magazine magazine_{};  // with its thread end up to 128 slots: loops live as long as we
    std::uint32_t chunks_made_ = 0;
    Range named_, spawned_;
    std::vector<std::uint32_t> spawned_chunks_;
    std::vector<std::uint32_t> free_spawned_;
    std::deque<std::uint32_t> departed_;  // first in, first out: the longest departed slot is let again first
};

}  // namespace peacepie::worker
