// pool.hpp - fixed-size blocks from thread-local magazines, for what a message hop or a new actor allocates.
//
// Any thread takes, any thread gives back; whole magazines move between threads.  Blocks come from the system once and are
// kept: glibc's malloc in this place costs 5x on fan-in, and a lock of its arena whenever one thread takes what another gives
// back (performance notes in tests/bench).  Each library that is loaded has its own.  Under a sanitizer every block is an own
// allocation, so that a use after free is seen.
// Next: worker/mail.hpp and peacepie/frame_pool.hpp are what lives in the blocks.
#pragma once

#include <algorithm>
#include <cstddef>
#include <mutex>
#include <new>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PEACEPIE_PLAIN_BLOCKS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define PEACEPIE_PLAIN_BLOCKS 1
#endif
#endif
#ifndef PEACEPIE_PLAIN_BLOCKS
#define PEACEPIE_PLAIN_BLOCKS 0
#endif

namespace peacepie {

template <std::size_t Size>
class Pool {
public:
    static void* take() {
        if constexpr (PEACEPIE_PLAIN_BLOCKS) return ::operator new(Size);
        Magazine& magazine = magazine_;
        if (magazine.count == 0) refill(magazine);
        Block* block = magazine.loaded;
        magazine.loaded = block->next;
        --magazine.count;
        __builtin_prefetch(magazine.loaded, 1);  // of many that are taken in a row, each would be waited for
        return block;
    }
    static void give(void* memory) noexcept {
        if constexpr (PEACEPIE_PLAIN_BLOCKS) return ::operator delete(memory);
        Magazine& magazine = magazine_;
        if (magazine.count == magazine_size) spill(magazine);
        auto block = static_cast<Block*>(memory);
        block->next = magazine.loaded;
        magazine.loaded = block;
        ++magazine.count;
    }

private:
    static constexpr std::size_t magazine_size = std::min<std::size_t>(128, (64 << 10) / Size);
    static constexpr std::size_t slab_magazines = std::max<std::size_t>(1, (64 << 10) / (Size * magazine_size));

    struct Block {
        Block* next;
        Block* next_magazine;
    };
    static_assert(Size >= sizeof(Block) && magazine_size > 1);

    struct Magazine {
        Block* loaded = nullptr;
        std::size_t count = 0;
        Block* spare = nullptr;  // a full one, so that a thread at the edge does not go to the depot each time
    };
    /// Gives a thread's full magazines back when it ends.  Apart from them, because a thread_local with a destructor is
    /// reached through a call.
    struct Returner {
        ~Returner() {
            if (magazine_.spare) store(magazine_.spare);
            if (magazine_.count == magazine_size) store(magazine_.loaded);
            // A part-filled one stays with the process: less than one magazine per thread that ended.
            magazine_ = {};
        }
    };

    __attribute__((noinline)) static void refill(Magazine& magazine) {
        static thread_local Returner returner;
        (void)returner;
        if (magazine.spare) {
            magazine.loaded = magazine.spare;
            magazine.spare = nullptr;
        } else {
            std::lock_guard lock(depot_lock_);
            if (!depot_) carve();
            magazine.loaded = depot_;
            depot_ = depot_->next_magazine;
        }
        magazine.count = magazine_size;
    }
    __attribute__((noinline)) static void spill(Magazine& magazine) noexcept {
        static thread_local Returner returner;
        (void)returner;
        if (magazine.spare) store(magazine.spare);
        magazine.spare = magazine.loaded;
        magazine.loaded = nullptr;
        magazine.count = 0;
    }
    static void store(Block* full) noexcept {
        std::lock_guard lock(depot_lock_);
        full->next_magazine = depot_;
        depot_ = full;
    }
    /// With the depot locked: a new slab, cut into full magazines.
    static void carve() {
        auto slab = static_cast<char*>(::operator new(Size * magazine_size * slab_magazines, std::align_val_t{64}));
        for (std::size_t m = 0; m < slab_magazines; ++m) {
            Block* chain = nullptr;
            for (std::size_t i = magazine_size; i-- > 0;) {
                auto block = reinterpret_cast<Block*>(slab + (m * magazine_size + i) * Size);
                block->next = chain;
                chain = block;
            }
            chain->next_magazine = depot_;
            depot_ = chain;
        }
    }

    static inline constinit thread_local Magazine magazine_{};
    static inline std::mutex depot_lock_;
    static inline Block* depot_ = nullptr;
};

}  // namespace peacepie
