// body.hpp - named arguments as the bytes of a body.
//
// Pure; any thread.  Writes the map's head and keys itself so that a message of a few small fields builds no tree.
// Next: recipient.hpp says whom the body goes to.
#pragma once

#include <array>
#include <concepts>
#include <string>
#include <string_view>

#include "wire/named.hpp"
#include "wire/pen.hpp"
#include "wire/scan.hpp"

namespace peacepie {

namespace detail {

inline constexpr std::size_t head_size_max = 5;    ///< of a text or a binary
inline constexpr std::size_t scalar_size_max = 9;
inline constexpr std::size_t room_size = 256;      ///< what a small body is written into

template <class T>
concept Scalar = std::integral<T> || std::same_as<T, double>;

template <Scalar T>
void write_scalar(Pen& pen, T value) noexcept {
    if constexpr (std::same_as<T, bool>) pen.byte(value ? 0xc3 : 0xc2);
    else if constexpr (std::signed_integral<T>) pen.integer(value);
    else if constexpr (std::unsigned_integral<T>) pen.number(value);
    else pen.real(value);
}

void append_long_map_head(std::string& out, std::size_t size);  ///< from 16 fields on
void append_binary(std::string& out, std::string_view bytes);

}  // namespace detail

inline void append_map_head(std::string& out, std::size_t size) {
    if (size < 16) out.push_back(static_cast<char>(0x80 | size));
    else detail::append_long_map_head(out, size);
}

/// As convert<T>::to(value) would be encoded, without the tree for what most bodies are made of.
template <class T>
void append_value(std::string& out, const T& value) {
    if constexpr (detail::Scalar<T>) {
        std::array<char, detail::scalar_size_max> room;
        Pen pen(room.data());
        detail::write_scalar(pen, value);
        out.append(room.data(), pen.at());
    } else if constexpr (std::same_as<T, Binary>) detail::append_binary(out, value.bytes);
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

/// The same as `encoded` as a view, for what is copied on at once.  A small body is written where this stands, on the stack
/// (10 ns of a hop of the ring); a larger one into this thread's buffer, where it lasts until the thread writes its next.
class BodyInPassing {
public:
    template <class... Fields>
    explicit BodyInPassing(const Fields&... fields) {
        const std::size_t most = sizeof...(Fields) < 16 ? (most_of(fields) + ... + 1) : unknown;
        if (most <= room_.size()) {
            Pen pen(room_.data());
            pen.byte(0x80 | sizeof...(Fields));
            (write(pen, fields), ...);
            bytes_ = {room_.data(), static_cast<std::size_t>(pen.at() - room_.data())};
        } else {
            std::string& body = body_buffer();
            append_map_head(body, sizeof...(Fields));
            (append_field(body, fields), ...);
            bytes_ = body;
        }
    }
    BodyInPassing(const BodyInPassing&) = delete;
    BodyInPassing& operator=(const BodyInPassing&) = delete;

    [[nodiscard]] std::string_view bytes() const noexcept { return bytes_; }

private:
    /// What a field takes at most; `unknown` is more than there is room for.
    static constexpr std::size_t unknown = 1 << 20;
    static std::size_t most_of(const Named&) { return unknown; }
    template <class T>
    static std::size_t most_of(const NamedView<T>& field) {
        return detail::head_size_max + field.name.size() + size_max_of<std::remove_cvref_t<T>>(field.value);
    }
    template <class T>
    static std::size_t size_max_of(const T& value) {
        if constexpr (detail::Scalar<T>) return detail::scalar_size_max;
        else if constexpr (std::same_as<T, Binary>) return detail::head_size_max + value.bytes.size();
        else if constexpr (std::same_as<T, Value>) return unknown;
        else if constexpr (std::is_convertible_v<const T&, std::string_view>) return detail::head_size_max + std::string_view(value).size();
        else return unknown;
    }
    static void write(Pen&, const Named&) {}
    template <class T>
    static void write(Pen& pen, const NamedView<T>& field) {
        pen.text(field.name);
        write_value<std::remove_cvref_t<T>>(pen, field.value);
    }
    template <class T>
    static void write_value(Pen& pen, const T& value) {
        if constexpr (detail::Scalar<T>) detail::write_scalar(pen, value);
        else if constexpr (std::same_as<T, Binary>) pen.binary(value.bytes);
        else if constexpr (!std::same_as<T, Value> && std::is_convertible_v<const T&, std::string_view>) pen.text(value);
    }

    std::array<char, detail::room_size> room_;
    std::string_view bytes_;
};

}  // namespace peacepie
