// snapshot_facts.hpp - reads from an encoded snapshot what the answer to a move tells, without opening the rest.
//
// A snapshot may be 16 MiB and passes through the broker in the pause of a move, so it is skimmed, never decoded.
// Pure; any thread.
// Next: moves.cpp
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace peacepie::broker {

struct SnapshotFacts {
    std::size_t state_bytes = 0;       ///< the field of that name, else the size of the field `state`, encoded
    std::size_t moved_messages = 0;    ///< the field of that name, else the elements of the field `mailbox`
    std::string_view mailbox;          ///< the field of that name as a batch of envelopes, a view into the snapshot; empty when it is none
};

/// Nothing when the bytes are not one well-formed map within the limits.
[[nodiscard]] std::optional<SnapshotFacts> read_snapshot_facts(std::string_view snapshot);

}  // namespace peacepie::broker
