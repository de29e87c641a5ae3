// codec.hpp - Envelope <-> bytes, by the table in PROTOCOL.md.  Rejects, never repairs.
//
// Free functions without state, any thread.  The header is read by hand because every hop reads it: a bounds-checked
// scan takes 4 ns where a general unpacker takes 62 (decisions/0003-hand-written-header.md).  Bodies are not looked at.
// Next: value.hpp opens bodies.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "wire/envelope.hpp"
#include "wire/fault.hpp"

namespace peacepie {

/// Reads one envelope that fills `bytes` to the end.  The views in it point into `bytes`.
/// The body is taken as what is left; that it is one well-formed value is for its reader to check.
/// Fails with bad_request (not an envelope) or too_large (a field passes its limit).
[[nodiscard]] std::optional<Fault> read_envelope(std::string_view bytes, Envelope& into) noexcept;

/// Reads envelopes one after the other, most of which repeat the header of the one before them: a stream from one actor to
/// another.  What is the same to the byte is not read again (12 ns a message), and whoever uses it may do with such a one
/// what it did with the one before.  The bytes of the last must live until the next is read.
class EnvelopeReader {
public:
    [[nodiscard]] std::optional<Fault> read(std::string_view bytes, Envelope& into) noexcept;
    /// The last one read had the header of the one before it, and neither was refused.
    [[nodiscard]] bool repeats() const noexcept { return repeats_; }

private:
    std::string_view header_;  // of the last; empty: it was refused
    bool repeats_ = false;
};

/// Walks a frame: a single envelope, or a batch of `bin` values with one envelope each.
///     FrameReader reader(frame);
///     while (auto bytes = reader.next()) ...
///     if (reader.is_malformed()) ...
class FrameReader {
public:
    explicit FrameReader(std::string_view frame) noexcept : rest_(frame), malformed_(frame.empty()) {}

    /// The bytes of the next envelope (not yet checked), or nothing at the end or at the first malformed byte.
    [[nodiscard]] std::optional<std::string_view> next() noexcept;
    [[nodiscard]] bool is_malformed() const noexcept { return malformed_; }

private:
    std::string_view rest_;
    bool malformed_;
};

/// Appends the envelope alone: the form that plain clients send and receive.
void append_envelope(std::string& out, const Envelope& envelope);
/// Exact number of bytes `append_envelope` will add.
[[nodiscard]] std::size_t encoded_size(const Envelope& envelope) noexcept;
/// Appends the envelope as one element of a batch; `size` is its encoded_size.
void append_batched(std::string& out, const Envelope& envelope, std::size_t size);
inline void append_batched(std::string& out, const Envelope& envelope) { append_batched(out, envelope, encoded_size(envelope)); }
/// Appends all of an envelope but its body.
void append_header(std::string& out, const Envelope& envelope);
/// Appends header and body as one element of a batch; an empty body stands for nil.
void append_batched(std::string& out, std::string_view header, std::string_view body);
/// Appends bytes that already are an envelope as one element of a batch.
void append_batched(std::string& out, std::string_view encoded);
/// Whether `bytes` is exactly one well-formed MessagePack value within depth and element limits.
[[nodiscard]] std::optional<Fault> check_body(std::string_view bytes) noexcept;

}  // namespace peacepie
