// spawned_name.hpp - the name of an actor that another actor spawned: `~NURSERY~NUMBER`.
//
// The broker gives each worker the number of a nursery; the worker gives its spawned actors numbers within it.  So such a
// name is unique in the system without a question to the broker, and it tells where the actor was born
// (decisions/0016-spawned-actors.md).  Pure functions; any thread.
// Next: address.hpp takes it wherever a name may stand.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace peacepie {

struct SpawnedName {
    std::uint64_t nursery = 0;
    std::uint64_t number = 0;

    static constexpr std::uint64_t number_max = (1ull << 48) - 1;

    /// Nothing when `text` is no name of that kind, in the one form that text() writes.
    [[nodiscard]] static std::optional<SpawnedName> parse(std::string_view text) noexcept;
    [[nodiscard]] std::string text() const;
};

[[nodiscard]] inline bool looks_spawned(std::string_view name) noexcept { return !name.empty() && name.front() == '~'; }

}  // namespace peacepie
