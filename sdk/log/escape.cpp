// escape.cpp - makes hostile text harmless for a line, a terminal and a JSON string.
//
// Pure; any thread.
// Next: log.hpp
#include <cstddef>

#include "log/log.hpp"

namespace peacepie::log {
namespace {

// The length of the well-formed UTF-8 sequence at the front of `text`, or 0.
std::size_t sequence_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned first = byte(0);
    std::size_t length = 0;
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF) length = 2;
    else if (first >= 0xE0 && first <= 0xEF) length = 3;
    else if (first >= 0xF0 && first <= 0xF4) length = 4;
    if (length == 0 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((byte(i) & 0xC0u) != 0x80u) return 0;
    const unsigned second = byte(1);
    if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||  // overlong, surrogates
        (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) return 0;
    return length;
}

// C1 controls, line and paragraph separators, and the marks that turn the direction of what follows.
bool is_steering(std::string_view sequence) {
    if (sequence.size() == 1) return static_cast<unsigned char>(sequence[0]) < 0x20 || sequence[0] == 0x7F;
    const auto second = static_cast<unsigned char>(sequence[1]);
    if (sequence.size() == 2) return static_cast<unsigned char>(sequence[0]) == 0xC2 && second < 0xA0;
    if (sequence.size() != 3 || static_cast<unsigned char>(sequence[0]) != 0xE2) return false;
    const auto third = static_cast<unsigned char>(sequence[2]);
    return (second == 0x80 && third >= 0xA8 && third <= 0xAE) || (second == 0x81 && third >= 0xA6 && third <= 0xA9);
}

void append_escape(std::string& out, std::string_view bytes) {
    for (char c : bytes) {
        if (c == '\n') out += "<nl>";
        else if (c == '\t') out += ' ';
        else out += fmt::format("<{:02X}>", static_cast<unsigned char>(c));
    }
}

}  // namespace

std::string escaped(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const auto length = sequence_length(text);
        const auto sequence = text.substr(0, length == 0 ? 1 : length);
        if (length == 0 || is_steering(sequence)) append_escape(out, sequence);
        else out += sequence;
        text.remove_prefix(sequence.size());
    }
    return out;
}

}  // namespace peacepie::log
