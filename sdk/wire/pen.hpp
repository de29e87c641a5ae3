// pen.hpp - writes single MessagePack items where room was made before: the counterpart of scan.hpp's cursor.
//
// Checks no bounds: whoever holds it has counted.  Any thread.
// Next: codec.cpp writes headers with it, peacepie/body.hpp small bodies.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace peacepie {

/// Writes where room was made before: appending byte by byte to a string took a third of a send.
class Pen {
public:
    explicit Pen(char* at) noexcept : at_(at) {}

    void byte(std::uint64_t value) noexcept { *at_++ = static_cast<char>(value); }
    void bytes(std::string_view bytes) noexcept {
        if (!bytes.empty()) std::memcpy(at_, bytes.data(), bytes.size());
        at_ += bytes.size();
    }
    void number(std::uint64_t number) noexcept {
        if (number < 0x80) return byte(number);
        const int width = number <= 0xff ? 0 : number <= 0xffff ? 1 : number <= 0xffffffff ? 2 : 3;
        byte(0xcc + static_cast<std::uint64_t>(width));
        big_endian(number, 1 << width);
    }
    void text(std::string_view text) noexcept {
        const int width = text.size() <= 0xff ? 0 : text.size() <= 0xffff ? 1 : 2;
        if (text.size() < 32) byte(0xa0 | text.size());
        else byte(0xd9 + static_cast<std::uint64_t>(width)), big_endian(text.size(), 1 << width);
        bytes(text);
    }
    void binary_head(std::size_t size) noexcept {
        const int width = size <= 0xff ? 0 : size <= 0xffff ? 1 : 2;
        byte(0xc4 + static_cast<std::uint64_t>(width));
        big_endian(size, 1 << width);
    }
    void binary(std::string_view some) noexcept {
        binary_head(some.size());
        bytes(some);
    }
    void text_or_nil(std::string_view some) noexcept { some.empty() ? byte(0xc0) : text(some); }
    void bytes_or_nil(std::string_view some) noexcept { some.empty() ? byte(0xc0) : bytes(some); }

    void integer(std::int64_t number) noexcept {
        if (number >= 0) return this->number(static_cast<std::uint64_t>(number));
        if (number >= -32) return byte(static_cast<std::uint64_t>(number) & 0xff);
        const int width = number >= -0x80 ? 0 : number >= -0x8000 ? 1 : number >= -0x80000000ll ? 2 : 3;
        byte(0xd0 + static_cast<std::uint64_t>(width));
        big_endian(static_cast<std::uint64_t>(number), 1 << width);
    }
    void real(double number) noexcept {
        byte(0xcb);
        big_endian(std::bit_cast<std::uint64_t>(number), 8);
    }

    [[nodiscard]] char* at() const noexcept { return at_; }

private:
    void big_endian(std::uint64_t number, int width) noexcept {
        switch (width) {
            case 1: return byte(number);
            case 2: return put(__builtin_bswap16(static_cast<std::uint16_t>(number)));
            case 4: return put(__builtin_bswap32(static_cast<std::uint32_t>(number)));
            default: return put(__builtin_bswap64(number));
        }
    }
    template <class T>
    void put(T swapped) noexcept {
        static_assert(std::endian::native == std::endian::little);
        std::memcpy(at_, &swapped, sizeof swapped);
        at_ += sizeof swapped;
    }

    char* at_;
};

}  // namespace peacepie
