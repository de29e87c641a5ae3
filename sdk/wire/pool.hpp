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

/// `like_huge`, if there is one, is told of slabs that had better be a huge page of the kernel's: the first touch of a small page costs
/// 0.5 us, and 11 on some virtual machines.
template <std::size_t Size, void (*like_huge)(void* slab, std::size_t size) noexcept = nullptr>
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
    static constexpr std::size_t slab_size = 64 << 10, huge_page = 2 << 20;
    static constexpr std::size_t slabs_before_huge = 32;  // a process that does little has no use for two MiB of each size

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
            magazine.loaded = depot_ != nullptr ? depot_ : carve();
            if (depot_ != nullptr) depot_ = depot_->next_magazine;
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
    /// With the depot locked: a full magazine from the slab, one at a time, so that nobody waits while a large slab is touched.
    static Block* carve() {
        if (slab_left_ == 0) take_slab();
        --slab_left_;
        Block* chain = nullptr;
        for (std::size_t i = magazine_size; i-- > 0;) {
            auto block = reinterpret_cast<Block*>(slab_ + i * Size);
            block->next = chain;
            chain = block;
        }
        slab_ += magazine_size * Size;
        return chain;
    }
    static void take_slab() {
        constexpr std::size_t magazine_bytes = magazine_size * Size;
        const bool is_huge = like_huge != nullptr && slabs_ >= slabs_before_huge;
        const std::size_t size = is_huge ? huge_page : std::max<std::size_t>(1, slab_size / magazine_bytes) * magazine_bytes;
        slab_ = static_cast<char*>(::operator new(size, std::align_val_t{is_huge ? huge_page : 64}));
        slab_left_ = size / magazine_bytes;
        if (is_huge) like_huge(slab_, size);
        else ++slabs_;
    }

    static inline constinit thread_local Magazine magazine_{};
    static inline std::mutex depot_lock_;
    static inline Block* depot_ = nullptr;
    static inline char* slab_ = nullptr;       // what is left of the last one, in magazines
    static inline std::size_t slab_left_ = 0;
    static inline std::size_t slabs_ = 0;      // small ones so far
};

}  // namespace peacepie
