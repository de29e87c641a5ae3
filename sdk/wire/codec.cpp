// codec.cpp - the nine fields, in order.  Next: value.cpp opens the ninth.
#include "wire/codec.hpp"

#include <utility>

#include "wire/limits.hpp"
#include "wire/scan.hpp"

namespace peacepie {

using scan::Cursor;

namespace {

constexpr char nil = '\xc0';

void read_recipient(Cursor& cursor, Envelope& into) noexcept {
    const int tag = cursor.peek();
    if (cursor.nil()) return;
    if ((tag & 0xe0) == 0xa0 || (tag >= 0xd9 && tag <= 0xdb)) into.recipient = cursor.text();
    else into.recipient_handle = cursor.unsigned_integer();
}

/// A map's bytes without opening it, nil as empty.
std::string_view read_meta(Cursor& cursor) noexcept {
    if (cursor.nil()) return {};
    const int tag = cursor.peek();
    const bool is_map = (tag & 0xf0) == 0x80 || tag == 0xde || tag == 0xdf;
    if (!is_map) return cursor.fail(), std::string_view{};
    const auto* begin = cursor.at;
    std::size_t elements = limits::meta_size_max;
    cursor.skip(limits::body_depth_max, elements);
    return {reinterpret_cast<const char*>(begin), static_cast<std::size_t>(cursor.at - begin)};
}

void put_text_or_nil(std::string& out, std::string_view text) {
    if (text.empty()) out.push_back(nil);
    else scan::put_text(out, text);
}

}  // namespace

std::optional<Fault> read_envelope(std::string_view bytes, Envelope& into) noexcept {
    into = {};
    Cursor cursor(bytes);
    if (cursor.array() != 9 || !cursor.ok) return Fault::bad_request;
    if (cursor.unsigned_integer() != limits::protocol_version) return Fault::bad_request;
    const auto kind = cursor.unsigned_integer();
    into.mid = cursor.unsigned_integer();
    into.command = cursor.text();
    read_recipient(cursor, into);
    if (!cursor.nil()) into.sender = cursor.text();
    if (!cursor.nil()) {
        const auto timeout = cursor.unsigned_integer();
        constexpr auto most = static_cast<std::uint64_t>(std::chrono::milliseconds(limits::ask_timeout_max).count());
        into.timeout_ms = static_cast<std::uint32_t>(timeout < most ? timeout : most);
    }
    into.meta = read_meta(cursor);
    if (!cursor.ok || kind > 3 || into.command.empty() || cursor.left() == 0) return Fault::bad_request;
    into.kind = static_cast<Kind>(kind);
    into.body = cursor.rest();
    if (into.body.size() == 1 && into.body.front() == nil) into.body = {};
    if (into.command.size() > limits::command_size_max || into.recipient.size() > limits::address_size_max ||
        into.sender.size() > limits::address_size_max || into.meta.size() > limits::meta_size_max ||
        into.body.size() > limits::body_size_max)
        return Fault::too_large;
    return std::nullopt;
}

std::optional<std::string_view> FrameReader::next() noexcept {
    if (rest_.empty() || malformed_) return std::nullopt;
    const auto first = static_cast<unsigned char>(rest_.front());
    if (first < 0xc4 || first > 0xc6) return std::exchange(rest_, {});  // not a bin: a single envelope fills the frame
    Cursor cursor(rest_);
    const auto bytes = cursor.binary();
    malformed_ = !cursor.ok || bytes.empty();
    if (malformed_) return std::nullopt;
    rest_ = cursor.rest();
    // After a batch's element only another one may follow.
    if (!rest_.empty()) {
        const auto following = static_cast<unsigned char>(rest_.front());
        malformed_ = following < 0xc4 || following > 0xc6;
    }
    return bytes;
}

std::size_t encoded_size(const Envelope& envelope) noexcept {
    auto text_size = [](std::string_view text) { return text.empty() ? 1 : scan::size_of_text(text.size()); };
    return 3 + scan::size_of_unsigned(envelope.mid) + scan::size_of_text(envelope.command.size()) +
           (envelope.recipient_handle != 0 ? scan::size_of_unsigned(envelope.recipient_handle)
                                           : text_size(envelope.recipient)) +
           text_size(envelope.sender) + (envelope.timeout_ms ? scan::size_of_unsigned(*envelope.timeout_ms) : 1) +
           (envelope.meta.empty() ? 1 : envelope.meta.size()) + (envelope.body.empty() ? 1 : envelope.body.size());
}

void append_envelope(std::string& out, const Envelope& envelope) {
    out.push_back('\x99');
    out.push_back(static_cast<char>(limits::protocol_version));
    out.push_back(static_cast<char>(envelope.kind));
    scan::put_unsigned(out, envelope.mid);
    scan::put_text(out, envelope.command);
    if (envelope.recipient_handle != 0) scan::put_unsigned(out, envelope.recipient_handle);
    else put_text_or_nil(out, envelope.recipient);
    put_text_or_nil(out, envelope.sender);
    if (envelope.timeout_ms) scan::put_unsigned(out, *envelope.timeout_ms);
    else out.push_back(nil);
    if (envelope.meta.empty()) out.push_back(nil);
    else out.append(envelope.meta);
    if (envelope.body.empty()) out.push_back(nil);
    else out.append(envelope.body);
}

void append_batched(std::string& out, const Envelope& envelope) {
    scan::put_binary_head(out, encoded_size(envelope));
    append_envelope(out, envelope);
}

void append_batched(std::string& out, std::string_view encoded) {
    scan::put_binary_head(out, encoded.size());
    out.append(encoded);
}

std::optional<Fault> check_body(std::string_view bytes) noexcept {
    if (bytes.empty()) return std::nullopt;
    if (bytes.size() > limits::body_size_max) return Fault::too_large;
    Cursor cursor(bytes);
    std::size_t elements = limits::body_elements_max;
    cursor.skip(limits::body_depth_max + 1, elements);
    if (cursor.ok && cursor.left() == 0) return std::nullopt;
    return Fault::bad_request;
}

}  // namespace peacepie
