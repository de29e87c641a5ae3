// slots.hpp - the arguments of a handler as they stand in a body, before they have their types.
//
// Views of the body and values of their own; in the actor's turn.  A body of numbers and texts is read without building a
// tree: that was half of what a message with one number cost.
// Next: slots.cpp reads, handler.hpp gives the types.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "wire/value.hpp"

namespace peacepie {

struct Handler;

/// One named argument.
struct Slot {
    enum class Is : std::uint8_t { absent, integer, text, binary, value };

    Is is = Is::absent;
    std::int64_t integer = 0;
    std::string_view bytes;  ///< of a text or a binary: a view of the body
    Value value;             ///< of anything else

    /// As a tree, whatever it is.
    [[nodiscard]] Value take() {
        if (is == Is::integer) return Value(integer);
        if (is == Is::text) return Value(bytes);
        if (is == Is::binary) return Value(Binary{std::string(bytes)});
        return std::move(value);
    }
};

/// Fills one slot for each argument of the handler, in its order.  Throws Error bad_argument for a field it does not know
/// or a body that is no map, bad_request for one that is no MessagePack, too_large beyond the limits.
void read_slots(const Handler& handler, std::string_view body, std::span<Slot> slots);

}  // namespace peacepie
