// cell_table.cpp - letting slots.  Next: switchboard.cpp.
#include "worker/cell_table.hpp"

namespace peacepie::worker {

CellTable& CellTable::of_process() {
    static auto& table = *new CellTable;  // never destroyed: threads of plug-ins may outlive main
    return table;
}

Cell* CellTable::let(Worker& worker, std::string name, const ActorClass& actor_class, std::uint64_t epoch) {
    std::lock_guard guard(lock_);
    std::uint32_t index;
    if (departed_.size() > departed_max || (used_ == chunks_.size() * chunk_size && !departed_.empty())) {
        index = departed_.front();
        departed_.pop_front();
    } else if (used_ < chunks_.size() * chunk_size) {
        index = used_++;
        auto& chunk = chunks_[index / chunk_size];
        if (!chunk.load(std::memory_order_relaxed)) chunk.store(new Cell[chunk_size], std::memory_order_release);
    } else {
        return nullptr;
    }
    Cell& cell = chunks_[index / chunk_size].load(std::memory_order_relaxed)[index % chunk_size];
    const auto generation = static_cast<std::uint16_t>(cell.mailbox_.generation() + 1);
    cell.begin(worker, std::move(name), actor_class, static_cast<std::uint64_t>(generation) << 32 | (index + 1), epoch);
    cell.mailbox_.begin(generation);
    return &cell;
}

void CellTable::give_back(Cell& cell) {
    if (cell.mailbox_.generation() == Mailbox::generations_max) return;
    std::lock_guard guard(lock_);
    departed_.push_back(static_cast<std::uint32_t>(cell.handle_) - 1);
}

std::string CellTable::name_of(std::uint64_t handle) const {
    std::lock_guard guard(lock_);  // against let(), which gives the slot another name
    const Cell* cell = slot(handle);
    if (!cell || cell->mailbox_.generation() != generation(handle)) return {};
    return cell->name_;
}

}  // namespace peacepie::worker
