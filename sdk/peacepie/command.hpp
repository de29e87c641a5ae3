// command.hpp - the name of a command or of an answer, as it is written in code.
//
// A view: it owns nothing.  A literal carries its hash from compile time, so that sending it again finds the worker's
// handle without reading the text.  Values; any thread.
// Next: recipient.hpp says to whom.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace peacepie {

class Host;

class Command {
public:
    template <std::size_t N>
    consteval Command(const char (&literal)[N]) : text_(literal, N - 1), hash_(hash_of({literal, N - 1})), kind_(Kind::literal) {}
    Command(std::string_view text) noexcept : text_(text) {}
    Command(const std::string& text) noexcept : text_(text) {}
    /// A text that lives as long as the process, like those the worker hands out.
    [[nodiscard]] static Command lasting(std::string_view text) noexcept {
        Command command(text);
        command.kind_ = Kind::lasting;
        return command;
    }

    [[nodiscard]] std::string_view text() const noexcept { return text_; }
    [[nodiscard]] bool outlives_its_user() const noexcept { return kind_ != Kind::borrowed; }
    /// The worker's handle; 0 when this is no literal or the table is full: then the text must do.
    [[nodiscard]] std::uint32_t handle(const Host& host) const;

    operator std::string_view() const noexcept { return text_; }
    friend bool operator==(const Command& left, std::string_view right) noexcept { return left.text_ == right; }
    template <class Stream>
    friend auto operator<<(Stream& stream, const Command& command) -> decltype(stream << command.text()) {
        return stream << command.text();
    }

private:
    enum class Kind : std::uint8_t { borrowed, lasting, literal };

    static constexpr std::uint32_t hash_of(std::string_view text) {
        std::uint32_t hash = 2166136261u;  // FNV-1a: short, and good enough for a few hundred names
        for (char letter : text) hash = (hash ^ static_cast<unsigned char>(letter)) * 16777619u;
        return hash;
    }

    std::string_view text_;
    std::uint32_t hash_ = 0;
    Kind kind_ = Kind::borrowed;
};

}  // namespace peacepie
