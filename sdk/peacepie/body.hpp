// body.hpp - named arguments as the bytes of a body.
//
// Pure; any thread.  Writes the map's head and keys itself so that a message of a few small fields builds no tree.
// Next: recipient.hpp says whom the body goes to.
#pragma once

#include <concepts>
#include <string>
#include <string_view>

#include "wire/named.hpp"
#include "wire/scan.hpp"

namespace peacepie {

void append_long_map_head(std::string& out, std::size_t size);  ///< from 16 fields on
void append_binary(std::string& out, std::string_view bytes);
void append_negative(std::string& out, std::int64_t number);

inline void append_map_head(std::string& out, std::size_t size) {
    if (size < 16) out.push_back(static_cast<char>(0x80 | size));
    else append_long_map_head(out, size);
}
inline void append_integer(std::string& out, std::int64_t number) {
    if (number >= 0) scan::put_unsigned(out, static_cast<std::uint64_t>(number));
    else append_negative(out, number);
}

/// As convert<T>::to(value) would be encoded, without the tree for what most bodies are made of.
template <class T>
void append_value(std::string& out, const T& value) {
    if constexpr (std::same_as<T, bool>) out += value ? '\xc3' : '\xc2';
    else if constexpr (std::signed_integral<T>) append_integer(out, value);
    else if constexpr (std::unsigned_integral<T>) scan::put_unsigned(out, value);
    else if constexpr (std::same_as<T, Binary>) append_binary(out, value.bytes);
    else if constexpr (std::same_as<T, Value>) value.encode(out);
    else if constexpr (std::is_convertible_v<const T&, std::string_view>) scan::put_text(out, value);
    else NamedView<const T&>{{}, value}.as_value().encode(out);
}
inline void append_field(std::string& out, const Named& field) {
    scan::put_text(out, field.name);
    append_value(out, field.value);
}
template <class T>
void append_field(std::string& out, const NamedView<T>& field) {
    scan::put_text(out, field.name);
    append_value<std::remove_cvref_t<T>>(out, field.value);
}

/// A map of the fields; without any, an empty body, which stands for nil.
template <class... Fields>
[[nodiscard]] std::string encoded(const Fields&... fields) {
    std::string body;
    if constexpr (sizeof...(Fields) > 0) {
        append_map_head(body, sizeof...(Fields));
        (append_field(body, fields), ...);
    }
    return body;
}

/// This thread's buffer, empty.  In use until the next body is written.
[[nodiscard]] std::string& body_buffer();

/// The same as a view that lasts until this thread writes its next body: for what is copied on at once.
template <class... Fields>
[[nodiscard]] std::string_view encoded_in_passing(const Fields&... fields) {
    std::string& body = body_buffer();
    append_map_head(body, sizeof...(Fields));
    (append_field(body, fields), ...);
    return body;
}

}  // namespace peacepie
