// symbols.cpp - the table of command names.  Next: generic_commands.hpp.
#include "worker/symbols.hpp"

#include "worker/generic_commands.hpp"

namespace peacepie::worker {

Symbols& Symbols::of_process() {
    static Symbols symbols;
    return symbols;
}

Symbols::Symbols() {
    for (auto name : generic_command_names) (void)intern(name);
}

std::uint32_t Symbols::intern(std::string_view text) {
    if (const auto known = find(text)) return known;
    if (text.empty() || text.size() > limits::command_size_max) return 0;
    std::unique_lock guard(lock_);
    if (numbers_.size() >= limits::symbols_max) return 0;
    auto [place, is_new] = numbers_.emplace(text, static_cast<std::uint32_t>(numbers_.size() + 1));
    if (is_new) texts_[place->second].store(&place->first, std::memory_order_release);
    return place->second;
}

std::uint32_t Symbols::find(std::string_view text) const {
    // What was found last, per thread: a symbol never changes, and the lock costs more than the rest of a message's way in.
    struct Known {
        std::string_view text;
        std::uint32_t symbol = 0;
    };
    constexpr std::size_t known_max = 64;
    static thread_local constinit std::array<Known, known_max> known{};
    Known& last = known[hash_of_ends(text) % known_max];
    if (last.symbol != 0 && last.text == text) return last.symbol;
    std::shared_lock guard(lock_);
    const auto place = numbers_.find(text);
    if (place == numbers_.end()) return 0;
    last = {place->first, place->second};
    return place->second;
}

std::string_view Symbols::text(std::uint32_t symbol) const noexcept {
    if (symbol >= texts_.size()) return {};
    const auto* text = texts_[symbol].load(std::memory_order_acquire);
    return text ? std::string_view(*text) : std::string_view();
}

}  // namespace peacepie::worker
