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

/// Reads the value at the cursor; the slot stays absent where it is none that can stand in one.
void read_slot(Cursor& cursor, Slot& slot) {
    const int tag = cursor.peek();
    const auto integer = [&slot](std::int64_t number) {
        slot.is = Slot::Is::integer;
        slot.integer = number;
    };
    const auto value = [&slot](auto&& of) {
        slot.is = Slot::Is::value;
        slot.value = Value(of);
    };
    if (tag < 0) return;
    if ((tag & 0xe0) == 0xa0 || (tag >= 0xd9 && tag <= 0xdb)) {
        slot.is = Slot::Is::text;
        slot.bytes = cursor.text();
        return;
    }
    if (tag >= 0xc4 && tag <= 0xc6) {
        slot.is = Slot::Is::binary;
        slot.bytes = cursor.binary();
        return;
    }
    if (tag < 0x80 || (tag >= 0xcc && tag <= 0xcf)) {
        const auto number = cursor.unsigned_integer();
        if (std::in_range<std::int64_t>(number)) integer(static_cast<std::int64_t>(number));
        else value(number);
        return;
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
    if (!cursor.ok) return;
    value(Value::decode({reinterpret_cast<const char*>(begin), static_cast<std::size_t>(cursor.at - begin)}));
}

/// Of the argument with that name, or how many there are.  They mostly come in the order they were declared in.
std::size_t place_of(const Handler& handler, std::string_view name, std::size_t guess) {
    const auto& arguments = handler.arguments;
    if (guess < arguments.size() && arguments[guess].name == name) return guess;
    return static_cast<std::size_t>(std::ranges::find(arguments, name, &Argument::name) - arguments.begin());
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
    bool is_whole = left != none && cursor.ok;
    Slot spare;
    for (std::size_t place = 0; is_whole && left > 0; --left, ++place) {
        const auto name = cursor.text();
        place = place_of(handler, name, place);
        const bool is_first = place < slots.size() && slots[place].is == Slot::Is::absent;  // of equal keys the first counts
        Slot& slot = is_first ? slots[place] : spare = Slot{};
        read_slot(cursor, slot);
        is_whole = cursor.ok && slot.is != Slot::Is::absent;
        if (is_whole && place >= slots.size()) refuse_unknown(handler, name);
    }
    if (is_whole && cursor.left() == 0) return;
    const Value wrong = Value::decode(body);  // knows best what is wrong with it
    if (wrong.as_map() == nullptr)
        throw Error(Fault::bad_argument, handler.name + " takes a map of named arguments, not " + wrong.type_name());
    throw Error(Fault::bad_request, "the body is not MessagePack with text keys and without ext types");
}

}  // namespace peacepie
