// symbols.hpp - command names as small numbers, so that a hop hashes no text.
//
// One table per process, any thread.  Plug-ins intern what they declare and send; names that only come from outside are
// looked up, never added, so a stranger cannot fill the table.
// Next: generic_commands.hpp has the first numbers.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "wire/limits.hpp"
#include "wire/text_hash.hpp"

namespace peacepie::worker {

class Symbols {
public:
    [[nodiscard]] static Symbols& of_process();

    /// The number of a name, made when new; 0 when the table is full or the name too long.
    [[nodiscard]] std::uint32_t intern(std::string_view text);
    /// The number of a known name, else 0.
    [[nodiscard]] std::uint32_t find(std::string_view text) const;
    /// The name of a number, or nothing.  Lives as long as the process.
    [[nodiscard]] std::string_view text(std::uint32_t symbol) const noexcept;

private:
    Symbols();

    mutable std::shared_mutex lock_;
    std::unordered_map<std::string, std::uint32_t, TextHash, std::equal_to<>> numbers_;
    std::array<std::atomic<const std::string*>, limits::symbols_max + 1> texts_{};
};

}  // namespace peacepie::worker
