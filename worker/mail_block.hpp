// mail_block.hpp - the memory of mails: blocks of three sizes from pools, larger ones from the heap.
//
// Pure but for the pools of the thread.  Inline: two of each message's dozen calls would be these.
// Next: mail.hpp is what lies in a block.
#pragma once

#include <cstddef>
#include <new>

#include "wire/pool.hpp"

namespace peacepie::worker::mail_block {

/// Many messages at once are many pages: a stream of 1 KiB is 1.17 times as fast in a process that has not yet touched them.
void like_huge(void* slab, std::size_t size) noexcept;

// Most messages are a name and a number: they fit the smallest class.
inline constexpr std::size_t small = 128, medium = 256, large = 1280;

[[nodiscard]] inline void* take(std::size_t size) {
    if (size <= small) return Pool<small, like_huge>::take();
    if (size <= medium) return Pool<medium, like_huge>::take();
    if (size <= large) return Pool<large, like_huge>::take();
    return ::operator new(size);
}

inline void give(void* block, std::size_t size) noexcept {
    if (size <= small) Pool<small, like_huge>::give(block);
    else if (size <= medium) Pool<medium, like_huge>::give(block);
    else if (size <= large) Pool<large, like_huge>::give(block);
    else ::operator delete(block);
}

}  // namespace peacepie::worker::mail_block
