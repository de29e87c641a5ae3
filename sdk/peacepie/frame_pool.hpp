// frame_pool.hpp - memory for coroutine frames and what belongs to one running handler.
//
// Size classes of 64 bytes up to 2 KiB, a bounded free list per thread and class; larger blocks come from the heap.  A
// block may be freed on another thread than it was taken on.  With a sanitizer every block comes from the heap, so that it
// can watch it.
// Next: task.hpp puts coroutines there.
#pragma once

#include <cstddef>
#include <new>
#include <utility>

namespace peacepie {

[[nodiscard]] void* take_block(std::size_t size);
void give_block(void* block, std::size_t size) noexcept;

/// Base of what lives in the pool.  The most derived type must be the one deleted.
struct Pooled {
    static void* operator new(std::size_t size) { return take_block(size); }
    static void operator delete(void* block, std::size_t size) noexcept { give_block(block, size); }
};

}  // namespace peacepie
