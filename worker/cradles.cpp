// cradles.cpp - cells before their actors.  Next: creation.cpp.
#include "worker/cradles.hpp"

#include <memory>

#include "worker/admin.hpp"
#include "worker/cell_table.hpp"
#include "worker/worker.hpp"

namespace peacepie::worker {

std::uint64_t Cradles::lay(const std::string& name, const ActorClass& actor_class) {
    auto& worker = admin_.worker();
    if (const auto place = cradles_.find(name); place != cradles_.end()) {
        if (CellTable::slot(place->second.cell)->actor_class() != &actor_class) return 0;
        ++place->second.wanted;
        return place->second.cell;
    }
    if (worker.switchboard().find(name) != 0 || worker.switchboard().find_expected(name) != 0) return 0;
    Cell* cell = CellTable::of_process().let(worker, name, actor_class, 0);
    if (!cell) return 0;
    cradles_.emplace(name, Cradle{cell->handle(), 1});
    worker.switchboard().expect(cell->name(), cell->handle());
    return cell->handle();
}

Cell* Cradles::take(const std::string& name, const ActorClass& actor_class) {
    const auto place = cradles_.find(name);
    if (place == cradles_.end()) return nullptr;
    Cell* cell = CellTable::slot(place->second.cell);
    if (cell->actor_class() != &actor_class) return nullptr;
    cradles_.erase(place);
    return cell;
}

void Cradles::give_up(const std::string& name, std::uint64_t cell) {
    const auto place = cradles_.find(name);
    if (cell == 0 || place == cradles_.end() || place->second.cell != cell || --place->second.wanted > 0) return;
    cradles_.erase(place);
    auto order = std::make_unique<Order>(Order::Verb::discard, nullptr);
    order->cell = cell;
    admin_.worker().give_order(std::move(order));
    admin_.worker().executor().schedule(*CellTable::slot(cell));  // a new cell counts as awake
}

}  // namespace peacepie::worker
