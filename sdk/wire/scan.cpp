// scan.cpp - the MessagePack format table, as far as a header needs it.  Next: codec.cpp.
#include "wire/scan.hpp"

#include <array>

namespace peacepie::scan {

std::uint64_t Cursor::large_unsigned_integer() noexcept {
    const int tag = peek();
    if (tag < 0) return fail(), 0;
    ++at;
    if (tag >= 0xcc && tag <= 0xcf) return big_endian(std::size_t{1} << (tag - 0xcc));
    if (tag >= 0xd0 && tag <= 0xd3) {  // signed widths are fine as long as the number is not negative
        const std::size_t width = std::size_t{1} << (tag - 0xd0);
        const std::uint64_t number = big_endian(width);
        if (ok && (number >> (8 * width - 1)) == 0) return number;
    }
    return fail(), 0;
}

std::string_view Cursor::long_text() noexcept {
    const int tag = peek();
    if (tag < 0) return fail(), std::string_view{};
    ++at;
    if (tag >= 0xd9 && tag <= 0xdb) {
        const auto size = big_endian(std::size_t{1} << (tag - 0xd9));
        return take(size);
    }
    return fail(), std::string_view{};
}

std::string_view Cursor::binary() noexcept {
    const int tag = peek();
    if (tag < 0xc4 || tag > 0xc6) return fail(), std::string_view{};
    ++at;
    const auto size = big_endian(std::size_t{1} << (tag - 0xc4));
    return take(size);
}

std::uint32_t Cursor::array() noexcept {
    const int tag = peek();
    if (tag < 0) return fail(), 0;
    ++at;
    if ((tag & 0xf0) == 0x90) return static_cast<std::uint32_t>(tag & 0x0f);
    if (tag == 0xdc) return static_cast<std::uint32_t>(big_endian(2));
    if (tag == 0xdd) return static_cast<std::uint32_t>(big_endian(4));
    return fail(), 0;
}

void Cursor::skip(std::size_t depth, std::size_t& elements) noexcept {
    const int tag = peek();
    if (tag < 0 || depth == 0 || elements == 0) {
        fail();
        return;
    }
    --elements;
    ++at;
    std::uint64_t children = 0;
    if (tag < 0x80 || tag >= 0xe0) return;                              // fixint
    else if (tag < 0x90) children = 2u * static_cast<unsigned>(tag & 0x0f);  // fixmap
    else if (tag < 0xa0) children = static_cast<unsigned>(tag & 0x0f);  // fixarray
    else if (tag < 0xc0) {  // fixstr
        take(static_cast<std::uint64_t>(tag & 0x1f));
        return;
    }
    else switch (tag) {
        case 0xc0: case 0xc2: case 0xc3: return;
        case 0xc4: case 0xd9: take(big_endian(1)); return;
        case 0xc5: case 0xda: take(big_endian(2)); return;
        case 0xc6: case 0xdb: take(big_endian(4)); return;
        case 0xca: take(4); return;
        case 0xcb: take(8); return;
        case 0xcc: case 0xcd: case 0xce: case 0xcf: take(std::uint64_t{1} << (tag - 0xcc)); return;
        case 0xd0: case 0xd1: case 0xd2: case 0xd3: take(std::uint64_t{1} << (tag - 0xd0)); return;
        case 0xdc: children = big_endian(2); break;
        case 0xdd: children = big_endian(4); break;
        case 0xde: children = 2 * big_endian(2); break;
        case 0xdf: children = 2 * big_endian(4); break;
        default: fail(); return;  // 0xc1 and ext types
    }
    if (children > elements || depth == 1) {  // a container takes a level, also an empty one
        fail();
        return;
    }
    for (; ok && children > 0; --children) skip(depth - 1, elements);
}

namespace {
/// The tag and the number behind it, in one piece.
void put_tagged(std::string& out, unsigned char tag, std::uint64_t number, std::size_t width) {
    std::array<char, 9> bytes;
    bytes[0] = static_cast<char>(tag);
    for (std::size_t i = 0; i < width; ++i) bytes[width - i] = static_cast<char>(number >> (8 * i));
    out.append(bytes.data(), width + 1);
}
}  // namespace

void put_large_unsigned(std::string& out, std::uint64_t number) {
    if (number <= 0xff) put_tagged(out, 0xcc, number, 1);
    else if (number <= 0xffff) put_tagged(out, 0xcd, number, 2);
    else if (number <= 0xffffffff) put_tagged(out, 0xce, number, 4);
    else put_tagged(out, 0xcf, number, 8);
}

void put_long_text_head(std::string& out, std::size_t size) {
    if (size <= 0xff) put_tagged(out, 0xd9, size, 1);
    else if (size <= 0xffff) put_tagged(out, 0xda, size, 2);
    else put_tagged(out, 0xdb, size, 4);
}

void put_binary_head(std::string& out, std::size_t size) {
    if (size <= 0xff) put_tagged(out, 0xc4, size, 1);
    else if (size <= 0xffff) put_tagged(out, 0xc5, size, 2);
    else put_tagged(out, 0xc6, size, 4);
}

std::size_t size_of_unsigned(std::uint64_t number) noexcept {
    return number < 0x80 ? 1 : number <= 0xff ? 2 : number <= 0xffff ? 3 : number <= 0xffffffff ? 5 : 9;
}

std::size_t size_of_text(std::size_t size) noexcept {
    return size + (size < 32 ? 1 : size <= 0xff ? 2 : size <= 0xffff ? 3 : 5);
}

}  // namespace peacepie::scan
