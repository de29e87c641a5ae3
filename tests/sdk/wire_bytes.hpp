// wire_bytes.hpp - MessagePack written byte by byte, so that tests of the codec do not lean on the codec.
//
// For tests only; any thread.
// Next: wire_codec_test.cpp uses it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace peacepie::wire_bytes {

inline std::string big_endian(std::uint64_t number, int width) {
    std::string out;
    for (int shift = 8 * (width - 1); shift >= 0; shift -= 8) out.push_back(static_cast<char>(number >> shift));
    return out;
}

inline std::string tagged(unsigned tag, std::uint64_t number, int width) {
    return std::string(1, static_cast<char>(tag)) + big_endian(number, width);
}

inline const std::string nil = "\xc0";

inline std::string text(std::string_view content) { return tagged(0xdb, content.size(), 4).append(content); }

inline std::string array(std::uint32_t count) { return tagged(0xdd, count, 4); }
inline std::string map(std::uint32_t count) { return tagged(0xdf, count, 4); }
inline std::string binary(std::string_view content) { return tagged(0xc6, content.size(), 4).append(content); }

/// `levels` arrays inside each other around `inside`.
inline std::string nested(std::size_t levels, std::string_view inside) {
    return std::string(levels, '\x91').append(inside);
}

/// The nine fields of an envelope as encoded bytes; a test replaces the one it is about.
struct Fields {
    std::string version = "\x01";
    std::string kind = "\x01";
    std::string mid = "\x07";
    std::string command = text("tick");
    std::string recipient = text("greeter");
    std::string sender = nil;
    std::string timeout = nil;
    std::string meta = nil;
    std::string body = nil;

    [[nodiscard]] std::string eight() const {
        return version + kind + mid + command + recipient + sender + timeout + meta;
    }
    [[nodiscard]] std::string encoded() const { return "\x99" + eight() + body; }
};

}  // namespace peacepie::wire_bytes
