// slots.hpp - the arguments of a handler as they stand in a body, before they have their types.
//
// Views of the body and values of their own; in the actor's turn.  A body of numbers and texts is read without building a
// tree: that was half of what a message with one number cost.  One that our own senders wrote, with all arguments in their
// order, is read into the arguments themselves, without slots: 10 ns of a hop of the ring.
// Next: slots.cpp reads, handler.hpp gives the types.
#pragma once

#include <concepts>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "peacepie/actor_class.hpp"
#include "wire/scan.hpp"
#include "wire/value.hpp"

namespace peacepie {

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

/// What has one usual form in a body, so that it needs no slot.
template <class T>
inline constexpr bool is_read_in_place = std::same_as<T, std::string> || std::same_as<T, Binary> || std::integral<T>;

template <class Arguments>
inline constexpr bool are_read_in_place = false;
template <class... Args>
inline constexpr bool are_read_in_place<std::tuple<Args...>> = sizeof...(Args) < 16 && (is_read_in_place<Args> && ...);

/// Whether the next item is the text `name`, of fewer than 32 bytes; steps over it if so.
[[nodiscard]] inline bool step_over(scan::Cursor& cursor, std::string_view name) noexcept {
    const auto size = name.size();
    if (size >= 32 || cursor.left() <= size || *cursor.at != (0xa0 | size)) return false;
    if (std::memcmp(cursor.at + 1, name.data(), size) != 0) return false;
    cursor.at += size + 1;
    return true;
}

/// Reads a value in the form in which it usually comes; false: the slots must do.
template <class T>
[[nodiscard]] bool read_in_place(scan::Cursor& cursor, T& into) {
    const int tag = cursor.peek();
    if constexpr (std::same_as<T, std::string>) {
        if ((tag & 0xe0) != 0xa0 && (tag < 0xd9 || tag > 0xdb)) return false;
        into = cursor.text();
    } else if constexpr (std::same_as<T, Binary>) {
        if (tag < 0xc4 || tag > 0xc6) return false;
        into.bytes = cursor.binary();
    } else if constexpr (std::same_as<T, bool>) {
        if (tag != 0xc2 && tag != 0xc3) return false;
        into = *cursor.at++ == 0xc3;
    } else {
        if (tag < 0 || (tag >= 0x80 && (tag < 0xcc || tag > 0xcf))) return false;
        const auto number = cursor.unsigned_integer();
        if (!std::in_range<T>(number)) return false;
        into = static_cast<T>(number);
    }
    return cursor.ok;
}

/// True: the body had just these arguments, in their order, and `into` has them.
template <class... Args>
[[nodiscard]] bool read_in_order(const Handler& handler, std::string_view body, std::tuple<Args...>& into) {
    scan::Cursor cursor(body);
    if (cursor.left() == 0 || *cursor.at++ != (0x80 | sizeof...(Args))) return false;
    const bool are_read = [&]<std::size_t... I>(std::index_sequence<I...>) {
        return ((step_over(cursor, handler.arguments[I].name) && read_in_place(cursor, std::get<I>(into))) && ...);
    }(std::index_sequence_for<Args...>{});
    return are_read && cursor.left() == 0;
}

}  // namespace peacepie
