// scan.hpp - reads and writes single MessagePack items by hand, with full bounds checks.
//
// For the header of an envelope and for skipping what nobody opens.  A cursor over borrowed bytes; any thread.
// Next: codec.cpp is the user.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace peacepie::scan {

/// A cursor.  After the first failure `ok` stays false and every read yields nothing.
struct Cursor {
    const unsigned char* at;
    const unsigned char* end;
    bool ok = true;

    explicit Cursor(std::string_view bytes) noexcept
        : at(reinterpret_cast<const unsigned char*>(bytes.data())), end(at + bytes.size()) {}

    [[nodiscard]] std::size_t left() const noexcept { return static_cast<std::size_t>(end - at); }
    [[nodiscard]] std::string_view rest() const noexcept { return {reinterpret_cast<const char*>(at), left()}; }
    bool fail() noexcept { return ok = false; }
    [[nodiscard]] int peek() const noexcept { return ok && at < end ? *at : -1; }

    /// `count` bytes big-endian: 1, 2, 4 or 8.
    std::uint64_t big_endian(std::size_t count) noexcept {
        if (!ok || left() < count) return fail(), 0;
        switch (count) {
            case 1: return *at++;
            case 2: return __builtin_bswap16(loaded<std::uint16_t>());
            case 4: return __builtin_bswap32(loaded<std::uint32_t>());
            default: return __builtin_bswap64(loaded<std::uint64_t>());
        }
    }
    std::string_view take(std::uint64_t count) noexcept {
        if (!ok || left() < count) return fail(), std::string_view{};
        std::string_view bytes(reinterpret_cast<const char*>(at), count);
        at += count;
        return bytes;
    }
    /// Consumes the next byte when it is nil.
    bool nil() noexcept {
        if (peek() != 0xc0) return false;
        ++at;
        return true;
    }
    /// Any encoding of a non-negative integer.
    std::uint64_t unsigned_integer() noexcept {
        if (ok && at < end && *at < 0x80) return *at++;
        return large_unsigned_integer();
    }
    std::string_view text() noexcept {
        if (ok && at < end && (*at & 0xe0) == 0xa0) return take(static_cast<std::uint64_t>(*at++ & 0x1f));
        return long_text();
    }
    std::string_view binary() noexcept;
    std::uint32_t array() noexcept;  ///< the number of elements that follow
    /// Steps over one value of any type.  Fails beyond `depth` levels or `elements` items.
    void skip(std::size_t depth, std::size_t& elements) noexcept;

private:
    template <class T>
    T loaded() noexcept {
        static_assert(std::endian::native == std::endian::little);
        T word;
        std::memcpy(&word, at, sizeof word);
        at += sizeof word;
        return word;
    }
    std::uint64_t large_unsigned_integer() noexcept;
    std::string_view long_text() noexcept;
};

void put_large_unsigned(std::string& out, std::uint64_t number);  ///< from 128 on
void put_long_text_head(std::string& out, std::size_t size);      ///< from 32 bytes on

inline void put_unsigned(std::string& out, std::uint64_t number) {
    if (number < 0x80) out.push_back(static_cast<char>(number));
    else put_large_unsigned(out, number);
}
inline void put_text(std::string& out, std::string_view text) {
    if (text.size() < 32) out.push_back(static_cast<char>(0xa0 | text.size()));
    else put_long_text_head(out, text.size());
    out.append(text);
}
void put_binary_head(std::string& out, std::size_t size);
[[nodiscard]] std::size_t size_of_unsigned(std::uint64_t number) noexcept;
[[nodiscard]] std::size_t size_of_text(std::size_t size) noexcept;

}  // namespace peacepie::scan
