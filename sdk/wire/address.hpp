// address.hpp - who: `[system!][host.process/]entity`, an admin is `host.process.admin`.
//
// Pure functions and a value; any thread.  The grammar is strict so that a name can stand in a log line, a file name and
// a page without escaping (decisions/0002-names.md).
// Next: envelope.hpp carries addresses as text; spawned_name.hpp has the one name that is not chosen.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace peacepie {

/// One part of a name: 1 to 128 of `A-Z a-z 0-9 _ -`, not starting with `-`.
[[nodiscard]] bool is_name(std::string_view text) noexcept;
/// What an actor may be called: a name, or `~NURSERY~NUMBER` of one that was spawned.
[[nodiscard]] bool is_entity(std::string_view text) noexcept;
/// `host.process.admin`
[[nodiscard]] bool is_node(std::string_view text) noexcept;

struct Address {
    std::string system;  ///< empty: this system
    std::string node;    ///< `host.process.admin`; empty: wherever the entity lives
    std::string entity;  ///< empty: the node's admin itself

    /// Reads the text form; also `host.process` for `host.process.admin`.  Nothing when it breaks the grammar.
    [[nodiscard]] static std::optional<Address> parse(std::string_view text);
    /// The shortest text form that names the same.
    [[nodiscard]] std::string text() const;
    /// What the broker looks up: the entity's name, or the node when there is no entity.  A node beside an entity is a
    /// hint only, because a name is unique in the system and the actor may have moved.
    [[nodiscard]] std::string_view key() const noexcept { return entity.empty() ? node : entity; }

    auto operator<=>(const Address&) const = default;
};

/// `first.main` and `first.main.admin` -> `first.main.admin`; `first.launcher` is itself; nothing when it is neither.
[[nodiscard]] std::optional<std::string> node_of(std::string_view text);
[[nodiscard]] std::string node_name(std::string_view host, std::string_view process);
[[nodiscard]] std::string_view host_of(std::string_view node) noexcept;     ///< `first.main.admin` -> `first`
[[nodiscard]] std::string_view process_of(std::string_view node) noexcept;  ///< `first.main.admin` -> `main`

}  // namespace peacepie
