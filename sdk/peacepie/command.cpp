// command.cpp - one table per library: literal -> the worker's handle.
//
// Readers take no lock: an entry is immutable and stays for the life of the library.  The table is bounded; a literal
// that finds no room is looked up by the worker each time.
// Next: host.hpp asks the worker.
#include "peacepie/command.hpp"

#include <array>
#include <atomic>
#include <memory>

#include "peacepie/host.hpp"

namespace peacepie {
namespace {

struct Known {
    std::string_view text;
    std::uint32_t hash;
    std::uint32_t handle;
};

constexpr std::size_t table_size = 2048;  // far more literals than one package has
constexpr std::size_t probes_max = 8;

constinit std::array<std::atomic<const Known*>, table_size> known{};

std::uint32_t remember(const Host& host, std::string_view text, std::uint32_t hash, std::size_t free_place) {
    const std::uint32_t handle = host.command(text);
    if (handle == 0) return 0;
    auto entry = std::make_unique<const Known>(Known{text, hash, handle});
    const Known* expected = nullptr;
    // When another thread was first, its entry serves as well and ours is dropped.
    if (known[free_place].compare_exchange_strong(expected, entry.get(), std::memory_order_acq_rel)) (void)entry.release();
    return handle;
}

/// Beyond the first place of its hash, or when that holds another file's copy of the literal.
[[gnu::noinline]] std::uint32_t search(const Host& host, std::string_view text, std::uint32_t hash) {
    for (std::size_t i = 0; i < probes_max; ++i) {
        const std::size_t place = (hash + i) % table_size;
        const Known* entry = known[place].load(std::memory_order_acquire);
        if (entry == nullptr) return remember(host, text, hash, place);
        if (entry->hash == hash && entry->text == text) return entry->handle;
    }
    return host.command(text);
}

}  // namespace

std::uint32_t Command::handle(const Host& host) const {
    if (kind_ != Kind::literal) return 0;
    const Known* entry = known[hash_ % table_size].load(std::memory_order_acquire);
    // The same literal of one source file has one address: most need no more than this look, and no registers are saved for more.
    if (entry != nullptr && entry->hash == hash_ && entry->text.data() == text_.data()) return entry->handle;
    return search(host, text_, hash_);
}

}  // namespace peacepie
