// frame_pool.hpp - memory for actors, coroutine frames and what belongs to one running handler.
//
// Size classes of 32 bytes up to 512 and of 128 up to 2 KiB, each a Pool; larger blocks come from the heap.  A block may be freed on
// another thread than it was taken on.
// Next: task.hpp puts coroutines there, actor.hpp actors.
#pragma once

#include <cstddef>
#include <new>

namespace peacepie {

[[nodiscard]] void* take_block(std::size_t size);
void give_block(void* block, std::size_t size) noexcept;

/// Base of what lives in the pool.  The most derived type must be the one deleted.
struct Pooled {
    static void* operator new(std::size_t size) { return take_block(size); }
    static void operator delete(void* block, std::size_t size) noexcept { give_block(block, size); }
    // What wants more alignment than the heap gives by itself comes from the heap.
    static void* operator new(std::size_t size, std::align_val_t alignment) { return ::operator new(size, alignment); }
    static void operator delete(void* block, std::size_t size, std::align_val_t alignment) noexcept { ::operator delete(block, size, alignment); }
};

}  // namespace peacepie
