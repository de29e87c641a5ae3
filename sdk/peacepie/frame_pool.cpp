// frame_pool.cpp - free lists per thread, without a lock.
//
// The lists are plain data (no constructor to guard on each access); a second thread-local, touched only when a list gets
// its first block, empties them when the thread ends.
// Next: task.hpp.
#include "peacepie/frame_pool.hpp"

#include <array>
#include <cstdint>

namespace peacepie {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool pooled = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool pooled = false;
#else
constexpr bool pooled = true;
#endif
#else
constexpr bool pooled = true;
#endif

constexpr std::size_t step = 64;
constexpr std::size_t classes = 32;      // up to 2 KiB: frames of real handlers
constexpr std::uint32_t kept_max = 128;  // per class and thread; beyond it blocks go back to the heap

struct Block {
    Block* next;
};

struct List {
    Block* first = nullptr;
    std::uint32_t kept = 0;
};

enum class Phase : std::uint8_t { untouched, in_use, closed };

constinit thread_local std::array<List, classes> lists{};
constinit thread_local Phase phase = Phase::untouched;

struct Emptier {
    Emptier() { phase = Phase::in_use; }
    ~Emptier() {
        phase = Phase::closed;  // what is freed after us goes straight to the heap
        for (List& list : lists)
            while (list.first != nullptr) ::operator delete(std::exchange(list.first, list.first->next));
    }
    void touch() const noexcept {}
};

thread_local Emptier emptier;

std::size_t class_of(std::size_t size) noexcept { return (size - 1) / step; }

}  // namespace

void* take_block(std::size_t size) {
    const std::size_t place = class_of(size);
    if (!pooled || place >= classes) return ::operator new(size);
    List& list = lists[place];
    if (list.first == nullptr) return ::operator new((place + 1) * step);
    --list.kept;
    return std::exchange(list.first, list.first->next);
}

void give_block(void* block, std::size_t size) noexcept {
    const std::size_t place = class_of(size);
    if (!pooled || place >= classes || phase == Phase::closed || lists[place].kept == kept_max) {
        ::operator delete(block);
        return;
    }
    if (phase == Phase::untouched) emptier.touch();
    List& list = lists[place];
    list.first = ::new (block) Block{list.first};
    ++list.kept;
}

}  // namespace peacepie
