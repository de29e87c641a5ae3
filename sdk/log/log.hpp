// log.hpp - one line per fact on standard error: for people on a terminal, JSON otherwise.
//
// Free functions over one process-wide logger; any thread.  Whatever a caller passes in may come from a stranger, so text
// and fields are escaped here and nowhere else: a name with a newline cannot forge a line.  Until start() is called
// nothing is written (tests).  Broker, worker and launcher use it; plug-ins have host->log.
// Next: log.cpp
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace peacepie::log {

enum class Level : std::uint8_t { debug, info, warning, error };
enum class Format : std::uint8_t { automatic, human, json };  ///< automatic: human when standard error is a terminal

struct Field {
    Field(std::string_view name, std::string_view value) : name(name), value(value) {}
    template <class T>
        requires std::is_arithmetic_v<T>
    Field(std::string_view name, T value) : name(name), value(fmt::format("{}", value)) {}
    std::string name;
    std::string value;
};
using Fields = std::vector<Field>;

struct Options {
    std::string component;              ///< "broker", "worker", "launcher"
    Format format = Format::automatic;
    Level level = Level::info;
    Fields always = {};                 ///< said in every JSON line: host, process
};

/// May be called again, for instance when the worker learns its node.  An own logger of the process; never fails: where
/// standard error is closed the lines go nowhere.
void start(const Options& options);

[[nodiscard]] std::optional<Level> level_of(std::string_view text);    ///< "debug", "info", "warning", "error"
[[nodiscard]] std::optional<Format> format_of(std::string_view text);  ///< "auto", "human", "json"

[[nodiscard]] bool is_on(Level level) noexcept;
void write(Level level, const Fields& fields, std::string_view text);

/// Text that can neither end a line nor steer a terminal: control characters, broken UTF-8 and direction marks become
/// visible escapes.
[[nodiscard]] std::string escaped(std::string_view text);

template <class... Args>
void debug(fmt::format_string<Args...> text, Args&&... args) {
    if (is_on(Level::debug)) write(Level::debug, {}, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void info(fmt::format_string<Args...> text, Args&&... args) {
    if (is_on(Level::info)) write(Level::info, {}, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void warning(fmt::format_string<Args...> text, Args&&... args) {
    if (is_on(Level::warning)) write(Level::warning, {}, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void error(fmt::format_string<Args...> text, Args&&... args) {
    if (is_on(Level::error)) write(Level::error, {}, fmt::format(text, std::forward<Args>(args)...));
}

template <class... Args>
void debug(const Fields& fields, fmt::format_string<Args...> text, Args&&... args) {
    if (is_on(Level::debug)) write(Level::debug, fields, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void info(const Fields& fields, fmt::format_string<Args...> text, Args&&... args) {
    if (is_on(Level::info)) write(Level::info, fields, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void warning(const Fields& fields, fmt::format_string<Args...> text, Args&&... args) {
    if (is_on(Level::warning)) write(Level::warning, fields, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void error(const Fields& fields, fmt::format_string<Args...> text, Args&&... args) {
    if (is_on(Level::error)) write(Level::error, fields, fmt::format(text, std::forward<Args>(args)...));
}

/// Lets one line through per interval and counts the others, so that a flood cannot fill a disk.
///     if (auto held_back = unknown_names_.due(now)) log::warning("no actor {} ({} like it before)", name, *held_back);
class Repeat {
public:
    explicit Repeat(std::chrono::nanoseconds interval = std::chrono::seconds(5)) : interval_(interval) {}

    /// How many lines were held back since the last one, or nothing: hold this one back as well.
    [[nodiscard]] std::optional<std::uint64_t> due(std::chrono::nanoseconds now) noexcept {
        if (last_ && now - *last_ < interval_) {
            ++held_back_;
            return std::nullopt;
        }
        last_ = now;
        return std::exchange(held_back_, 0);
    }

private:
    std::chrono::nanoseconds interval_;
    std::optional<std::chrono::nanoseconds> last_;
    std::uint64_t held_back_ = 0;
};

}  // namespace peacepie::log
