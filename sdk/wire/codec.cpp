// codec.cpp - the nine fields, in order.  Next: value.cpp opens the ninth.
#include "wire/codec.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "wire/limits.hpp"
#include "wire/pen.hpp"
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

/// The body as it came into an envelope; a nil counts as none.
[[nodiscard]] std::string_view body_in(std::string_view bytes) noexcept {
    return bytes.size() == 1 && bytes.front() == nil ? std::string_view() : bytes;
}

/// `body` is then where the body begins.
std::optional<Fault> read_whole(std::string_view bytes, Envelope& into, const char*& body) noexcept {
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
    body = cursor.rest().data();
    into.body = body_in(cursor.rest());
    if (into.command.size() > limits::command_size_max || into.recipient.size() > limits::address_size_max ||
        into.sender.size() > limits::address_size_max || into.meta.size() > limits::meta_size_max ||
        into.body.size() > limits::body_size_max)
        return Fault::too_large;
    return std::nullopt;
}

}  // namespace

std::optional<Fault> read_envelope(std::string_view bytes, Envelope& into) noexcept {
    const char* body = nullptr;
    return read_whole(bytes, into, body);
}

std::optional<Fault> EnvelopeReader::read(std::string_view bytes, Envelope& into) noexcept {
    const auto size = header_.size();
    repeats_ = size != 0 && bytes.size() > size && std::memcmp(bytes.data(), header_.data(), size) == 0 &&
               bytes.size() - size <= limits::body_size_max;
    if (repeats_) {
        into.body = body_in(bytes.substr(size));
        return std::nullopt;
    }
    const char* body = nullptr;
    const auto fault = read_whole(bytes, into, body);
    header_ = fault ? std::string_view() : std::string_view(bytes.data(), static_cast<std::size_t>(body - bytes.data()));
    return fault;
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

namespace {

void write_header(Pen& pen, const Envelope& envelope) noexcept {
    pen.byte(0x99);
    pen.byte(limits::protocol_version);
    pen.byte(static_cast<std::uint64_t>(envelope.kind));
    pen.number(envelope.mid);
    pen.text(envelope.command);
    if (envelope.recipient_handle != 0) pen.number(envelope.recipient_handle);
    else pen.text_or_nil(envelope.recipient);
    pen.text_or_nil(envelope.sender);
    if (envelope.timeout_ms) pen.number(*envelope.timeout_ms);
    else pen.byte(0xc0);
    pen.bytes_or_nil(envelope.meta);
}

/// Header and body apart, so that the body is copied once and no room is cleared before it.
void append_after(std::string& out, std::size_t head_of, const Envelope& envelope, std::size_t size) {
    constexpr std::size_t usual = 512;
    const auto header = size - std::max<std::size_t>(envelope.body.size(), 1);
    std::array<char, usual> room;
    std::string more;
    if (header + 5 > usual) more.resize(header + 5);  // with meta, or with the longest of addresses
    char* const begin = more.empty() ? room.data() : more.data();
    Pen pen(begin);
    if (head_of != 0) pen.binary_head(head_of);
    write_header(pen, envelope);
    out.append(begin, static_cast<std::size_t>(pen.at() - begin));
    if (envelope.body.empty()) out += nil;
    else out += envelope.body;
}
}  // namespace

void append_envelope(std::string& out, const Envelope& envelope) { append_after(out, 0, envelope, encoded_size(envelope)); }

void append_batched(std::string& out, const Envelope& envelope, std::size_t size) { append_after(out, size, envelope, size); }

void append_header(std::string& out, const Envelope& envelope) {
    const auto size = encoded_size(envelope) - std::max<std::size_t>(envelope.body.size(), 1);
    const auto before = out.size();
    out.resize(before + size);
    Pen pen(out.data() + before);
    write_header(pen, envelope);
}

void append_batched(std::string& out, std::string_view header, std::string_view body) {
    constexpr std::size_t usual = 256;
    if (body.empty()) body = {&nil, 1};
    const auto size = header.size() + body.size();
    if (size > usual) {
        std::array<char, 5> head;
        Pen pen(head.data());
        pen.binary_head(size);
        out.append(head.data(), static_cast<std::size_t>(pen.at() - head.data()));
        out.append(header);
        out.append(body);
        return;
    }
    std::array<char, usual + 5> room;  // one append instead of three
    Pen pen(room.data());
    pen.binary_head(size);
    pen.bytes(header);
    pen.bytes(body);
    out.append(room.data(), static_cast<std::size_t>(pen.at() - room.data()));
}

void append_batched(std::string& out, std::string_view encoded) {
    std::array<char, 5> room;
    Pen pen(room.data());
    pen.binary_head(encoded.size());
    out.append(room.data(), static_cast<std::size_t>(pen.at() - room.data()));
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
