// nursery.cpp - spawning, and the arithmetic between names and handles.  Next: cell_table.cpp.
#include "worker/nursery.hpp"

#include <algorithm>
#include <array>

#include "wire/fault.hpp"
#include "wire/spawned_name.hpp"
#include "worker/cell_table.hpp"
#include "worker/host_seam.hpp"
#include "worker/worker.hpp"

namespace peacepie::worker {

namespace {

constexpr unsigned slot_bits = 24;  // CellTable has no more

std::array<std::atomic<std::uint64_t>, CellTable::nurseries_max> numbers{};

std::uint32_t next_place() noexcept {
    static std::atomic<std::uint32_t> last{0};
    return last.fetch_add(1, std::memory_order_relaxed) % CellTable::nurseries_max;
}

/// Slot in the low bits, so that the first actors have short names.
std::uint64_t number_in(std::uint64_t handle) noexcept {
    return static_cast<std::uint64_t>(CellTable::generation(handle) - 1) << slot_bits | (static_cast<std::uint32_t>(handle) - 1);
}

const ActorClass& class_in(const Plugin& plugin, const pp_actor_type& type) {
    const auto found = std::ranges::find(plugin.classes(), &type, &ActorClass::type);
    if (found != plugin.classes().end()) return *found;
    throw Error(Fault::unavailable, std::string("the package ") + std::string(plugin.package()) + " does not offer a class " + type.name +
                                        "; name it in PEACEPIE_PLUGIN");
}

}  // namespace

Nursery::Nursery(Worker& worker) : worker_(worker), place_(next_place()) { numbers[place_].store(0, std::memory_order_relaxed); }

void Nursery::set_number(std::uint64_t number) noexcept {
    std::uint64_t none = 0;
    numbers[place_].compare_exchange_strong(none, number, std::memory_order_release, std::memory_order_relaxed);
}

std::uint64_t Nursery::number() const noexcept { return numbers[place_].load(std::memory_order_acquire); }

std::uint64_t Nursery::spawn(const Cell& parent, const pp_actor_type& type, std::string_view parameters) {
    if (number() == 0 || closed_.load(std::memory_order_relaxed))
        throw Error(Fault::unavailable, "this process is ending and spawns no actors");
    const ActorClass& actor_class = class_in(*parent.actor_class()->plugin, type);
    Cell* cell = CellTable::of_process().let_spawned(worker_, actor_class);
    if (!cell) throw Error(Fault::no_space, "this process holds as many actors as it can");
    const auto handle = cell->handle();
    cell->be_born(parameters);
    worker_.executor().schedule_newborn(*cell);
    return handle;
}

std::uint64_t Nursery::find(std::string_view name) const noexcept {
    if (!looks_spawned(name)) return 0;
    const auto spawned = SpawnedName::parse(name);
    if (!spawned || spawned->nursery != number()) return 0;
    const auto generation = (spawned->number >> slot_bits) + 1;
    const auto index = static_cast<std::uint32_t>(spawned->number & ((1u << slot_bits) - 1));
    if (generation > Mailbox::generations_max || !CellTable::is_spawned_slot(index)) return 0;  // made up
    const auto handle = handle_of(static_cast<std::uint16_t>(generation), index);
    return CellTable::is_tenant(handle) ? handle : 0;
}

std::uint64_t Nursery::handle_of(std::uint16_t generation, std::uint32_t index) const noexcept {
    return static_cast<std::uint64_t>(place_) << CellTable::nursery_shift | CellTable::spawned_bit |
           static_cast<std::uint64_t>(generation) << 32 | (std::uint64_t{index} + 1);
}

std::string Nursery::name_of(std::uint64_t handle) const { return SpawnedName{number(), number_in(handle)}.text(); }

std::string Nursery::name_behind(std::uint64_t handle) {
    const auto number = numbers[handle >> CellTable::nursery_shift].load(std::memory_order_acquire);
    return SpawnedName{number, number_in(handle)}.text();
}

}  // namespace peacepie::worker
