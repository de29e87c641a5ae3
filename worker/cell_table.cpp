// cell_table.cpp - letting slots.  Next: switchboard.cpp.
#include "worker/cell_table.hpp"

#include "worker/nursery.hpp"
#include "worker/worker.hpp"

namespace peacepie::worker {

CellTable& CellTable::of_process() {
    static auto& table = *new CellTable;  // never destroyed: threads of plug-ins may outlive main
    return table;
}

/// With the lock: room for chunk_size more.
bool CellTable::carve(Range& range) {
    if (chunks_made_ == chunks_.size()) return false;
    const auto chunk = chunks_made_++;
    has_spawned_[chunk].store(&range == &spawned_, std::memory_order_release);
    chunks_[chunk].store(new Cell[chunk_size], std::memory_order_release);
    range = {chunk * std::uint32_t{chunk_size}, (chunk + 1) * std::uint32_t{chunk_size}};
    if (&range == &spawned_) spawned_chunks_.push_back(chunk);
    return true;
}

Cell* CellTable::let(Worker& worker, std::string name, const ActorClass& actor_class, std::uint64_t epoch) {
    std::lock_guard guard(lock_);
    std::uint32_t index;
    if (departed_.size() > departed_max) {
        index = departed_.front();
        departed_.pop_front();
    } else if (named_.next != named_.end || carve(named_)) {
        index = named_.next++;
    } else if (!departed_.empty()) {
        index = departed_.front();
        departed_.pop_front();
    } else {
        return nullptr;
    }
    Cell& cell = at(index);
    const auto generation = static_cast<std::uint16_t>(cell.mailbox_.generation() + 1);
    cell.begin(worker, std::move(name), actor_class, static_cast<std::uint64_t>(generation) << 32 | (index + 1), epoch);
    cell.mailbox_.begin(generation);
    return &cell;
}

Cell* CellTable::let_spawned(Worker& worker, const ActorClass& actor_class) {
    Magazine& magazine = magazine_;
    if (magazine.count == 0 && !refill(magazine)) return nullptr;
    const auto index = magazine.slots[--magazine.count];
    Cell& cell = at(index);
    const auto generation = static_cast<std::uint16_t>(cell.mailbox_.generation() + 1);
    const auto handle = worker.nursery().handle_of(generation, index);
    cell.begin(worker, worker.nursery().name_of(handle), actor_class, handle, worker.nursery().number());
    cell.mailbox_.begin(generation);
    return &cell;
}

bool CellTable::refill(Magazine& magazine) {
    std::lock_guard guard(lock_);
    while (magazine.count < magazine_size / 2 && !free_spawned_.empty()) {
        magazine.slots[magazine.count++] = free_spawned_.back();
        free_spawned_.pop_back();
    }
    while (magazine.count < magazine_size / 2 && (spawned_.next != spawned_.end || carve(spawned_)))
        magazine.slots[magazine.count++] = spawned_.next++;
    return magazine.count != 0;
}

void CellTable::spill(Magazine& magazine) {
    std::lock_guard guard(lock_);
    while (magazine.count > magazine_size / 2) free_spawned_.push_back(magazine.slots[--magazine.count]);
}

void CellTable::give_back(Cell& cell) {
    if (cell.mailbox_.generation() == Mailbox::generations_max) return;
    const auto index = static_cast<std::uint32_t>(cell.handle_) - 1;
    if (is_spawned(cell.handle_)) {
        Magazine& magazine = magazine_;
        if (magazine.count == magazine_size) spill(magazine);
        magazine.slots[magazine.count++] = index;
        return;
    }
    std::lock_guard guard(lock_);
    departed_.push_back(index);
}

/// The slot of a spawned actor may be let again between two looks: what was read counts only if the generation is the same
/// before and after.
const ActorClass* CellTable::class_of(std::uint64_t handle) noexcept {
    const Cell* cell = slot(handle);
    if (!cell || cell->mailbox_.living_tenant() != generation(handle)) return nullptr;
    const auto* found = cell->actor_class();
    std::atomic_thread_fence(std::memory_order_acquire);
    return cell->mailbox_.living_tenant() == generation(handle) ? found : nullptr;
}

std::string CellTable::name_of(std::uint64_t handle) const {
    if (is_spawned(handle)) return Nursery::name_behind(handle);
    std::lock_guard guard(lock_);  // against let(), which gives the slot another name
    const Cell* cell = slot(handle);
    if (!cell || cell->mailbox_.generation() != generation(handle)) return {};
    return cell->name_;
}

std::vector<std::uint64_t> CellTable::spawned_of(const Worker& worker) const {
    std::lock_guard guard(lock_);
    std::vector<std::uint64_t> all;
    for (const auto chunk : spawned_chunks_)
        for (std::uint32_t i = 0; i < chunk_size; ++i) {
            const Cell& cell = at(chunk * std::uint32_t{chunk_size} + i);
            const auto generation = cell.mailbox_.living_tenant();
            if (generation != 0 && cell.worker_ == &worker)
                all.push_back(worker.nursery().handle_of(generation, chunk * std::uint32_t{chunk_size} + i));
        }
    return all;
}

}  // namespace peacepie::worker
