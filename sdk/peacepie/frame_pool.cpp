// frame_pool.cpp - one Pool for each class of sizes.
//
// Next: task.hpp.
#include "peacepie/frame_pool.hpp"

#include <array>
#include <utility>

#include "wire/pool.hpp"

namespace peacepie {
namespace {

// Fine steps where most frames and actors are, coarse ones where a few large frames would otherwise take a pool each.
constexpr std::size_t fine = 32, fine_max = 512, coarse = 128, coarse_max = 2048;
constexpr std::size_t fine_classes = fine_max / fine;
constexpr std::size_t classes = fine_classes + (coarse_max - fine_max) / coarse;

constexpr std::size_t class_of(std::size_t size) noexcept {
    return size <= fine_max ? (size - 1) / fine : fine_classes + (size - fine_max - 1) / coarse;
}
constexpr std::size_t size_of(std::size_t place) noexcept {
    return place < fine_classes ? (place + 1) * fine : fine_max + (place - fine_classes + 1) * coarse;
}

struct Blocks {
    void* (*take)();
    void (*give)(void*) noexcept;
};

template <std::size_t... Places>
constexpr std::array<Blocks, classes> pools_of(std::index_sequence<Places...>) noexcept {
    return {Blocks{&Pool<size_of(Places)>::take, &Pool<size_of(Places)>::give}...};
}

constexpr auto pools = pools_of(std::make_index_sequence<classes>{});

}  // namespace

void* take_block(std::size_t size) {
    return size <= coarse_max ? pools[class_of(size)].take() : ::operator new(size);
}

void give_block(void* block, std::size_t size) noexcept {
    if (size <= coarse_max) pools[class_of(size)].give(block);
    else ::operator delete(block);
}

}  // namespace peacepie
