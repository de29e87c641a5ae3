// slots.cpp - one pass over a body's map.  Next: handler.hpp.
#include "peacepie/slots.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "peacepie/actor_class.hpp"
#include "wire/closest.hpp"
#include "wire/limits.hpp"
#include "wire/scan.hpp"

namespace peacepie {
namespace {

using scan::Cursor;

constexpr std::size_t none = ~std::size_t{0};

std::size_t fields_of(Cursor& cursor) {
    const int tag = cursor.peek();
    if (tag < 0) return none;
    ++cursor.at;
    if ((tag & 0xf0) == 0x80) return static_cast<std::size_t>(tag & 0x0f);
    if (tag == 0xde) return cursor.big_endian(2);
    if (tag == 0xdf) return cursor.big_endian(4);
    return none;
}

std::int64_t signed_of(std::uint64_t bits, int width) noexcept {
    const int unused = 64 - 8 * width;
    return static_cast<std::int64_t>(bits << unused) >> unused;
}

/// The value at the cursor, or absent where it is none that can stand in a slot.
Slot slot_at(Cursor& cursor) {
    const int tag = cursor.peek();
    const auto value = [](auto&& of) { return Slot{Slot::Is::value, 0, {}, Value(of)}; };
    const auto integer = [](std::int64_t of) { return Slot{Slot::Is::integer, of, {}, {}}; };
    if (tag < 0) return {};
    if ((tag & 0xe0) == 0xa0 || (tag >= 0xd9 && tag <= 0xdb)) return {Slot::Is::text, 0, cursor.text(), {}};
    if (tag >= 0xc4 && tag <= 0xc6) return {Slot::Is::binary, 0, cursor.binary(), {}};
    if (tag < 0x80 || (tag >= 0xcc && tag <= 0xcf)) {
        const auto number = cursor.unsigned_integer();
        return std::in_range<std::int64_t>(number) ? integer(static_cast<std::int64_t>(number)) : value(number);
    }
    const auto* begin = cursor.at++;
    if (tag >= 0xe0) return integer(static_cast<std::int64_t>(tag) - 0x100);
    switch (tag) {
        case 0xc0: return value(nullptr);
        case 0xc2: return value(false);
        case 0xc3: return value(true);
        case 0xca: return value(std::bit_cast<float>(static_cast<std::uint32_t>(cursor.big_endian(4))));
        case 0xcb: return value(std::bit_cast<double>(cursor.big_endian(8)));
        case 0xd0: case 0xd1: case 0xd2: case 0xd3: {
            const int width = 1 << (tag - 0xd0);
            return integer(signed_of(cursor.big_endian(static_cast<std::size_t>(width)), width));
        }
        default: break;
    }
    cursor.at = begin;  // a list or a map: a tree after all
    std::size_t elements = 2 * limits::body_elements_max;  // keys count here; decode() is the judge
    cursor.skip(limits::body_depth_max, elements);
    if (!cursor.ok) return {};
    return value(Value::decode({reinterpret_cast<const char*>(begin), static_cast<std::size_t>(cursor.at - begin)}));
}

[[noreturn]] void refuse_unknown(const Handler& handler, std::string_view name) {
    std::vector<std::string> known;
    for (const Argument& each : handler.arguments) known.push_back(each.name);
    throw Error(Fault::bad_argument, handler.name + " has no argument " + std::string(name) + did_you_mean(name, known));
}

}  // namespace

void read_slots(const Handler& handler, std::string_view body, std::span<Slot> slots) {
    if (body.empty()) return;
    Cursor cursor(body);
    if (body.size() == 1 && cursor.nil()) return;
    auto left = fields_of(cursor);
    bool is_whole = left != none;
    for (; is_whole && left > 0; --left) {
        const auto name = cursor.text();
        Slot slot = slot_at(cursor);
        is_whole = cursor.ok && slot.is != Slot::Is::absent;
        if (!is_whole) break;
        const auto place = std::ranges::find(handler.arguments, name, &Argument::name);
        if (place == handler.arguments.end()) refuse_unknown(handler, name);
        auto& here = slots[static_cast<std::size_t>(place - handler.arguments.begin())];
        if (here.is == Slot::Is::absent) here = std::move(slot);  // of equal keys the first
    }
    if (is_whole && cursor.left() == 0) return;
    const Value wrong = Value::decode(body);  // knows best what is wrong with it
    if (wrong.as_map() == nullptr)
        throw Error(Fault::bad_argument, handler.name + " takes a map of named arguments, not " + wrong.type_name());
    throw Error(Fault::bad_request, "the body is not MessagePack with text keys and without ext types");
}

}  // namespace peacepie
