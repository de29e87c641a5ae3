// log.cpp - spdlog brings sink, lock and time; escaping and fields are ours, because spdlog writes what it is given.
//
// Next: escape.cpp
#include "log/log.hpp"

#include <atomic>
#include <cstdlib>
#include <memory>

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

namespace peacepie::log {
namespace {

// Replaced as a whole by start(); readers keep the one they loaded alive.
struct Writer {
    std::shared_ptr<spdlog::logger> logger;
    Fields always;
    bool json = false;
};

std::atomic<int> lowest{static_cast<int>(Level::error) + 1};
std::atomic<std::shared_ptr<const Writer>> current;

spdlog::level::level_enum level_for(Level level) {
    switch (level) {
        case Level::debug: return spdlog::level::debug;
        case Level::info: return spdlog::level::info;
        case Level::warning: return spdlog::level::warn;
        case Level::error: break;
    }
    return spdlog::level::err;
}

bool is_human(Format wanted) {
    if (wanted != Format::automatic) return wanted == Format::human;
    return ::isatty(STDERR_FILENO) == 1;
}

std::string pattern_safe(std::string_view text) {
    std::string safe;
    for (char c : escaped(text)) {
        if (c == '%' || c == '"' || c == '\\') c = '_';
        safe += c;
    }
    return safe;
}

void append_json_text(std::string& out, std::string_view text) {
    out += '"';
    for (char c : escaped(text)) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    out += '"';
}

std::string json_line(const Writer& writer, const Fields& fields, std::string_view text) {
    std::string line = "\"msg\":";
    append_json_text(line, text);
    for (const auto* list : {&writer.always, &fields}) {
        for (const auto& field : *list) {
            line += ',';
            append_json_text(line, field.name);
            line += ':';
            append_json_text(line, field.value);
        }
    }
    const auto monotonic = std::chrono::steady_clock::now().time_since_epoch();
    line += fmt::format(",\"mono\":{:.6f}", std::chrono::duration<double>(monotonic).count());
    return line;
}

std::string human_line(const Fields& fields, std::string_view text) {
    std::string line = escaped(text);
    for (const auto& field : fields) line += fmt::format("  {}={}", escaped(field.name), escaped(field.value));
    return line;
}

}  // namespace

void start(const Options& options) {
    auto writer = std::make_shared<Writer>();
    writer->json = !is_human(options.format);
    writer->always = options.always;
    const auto component = pattern_safe(options.component);
    spdlog::sink_ptr sink;
    if (writer->json || std::getenv("NO_COLOR") != nullptr) sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    else sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
    const auto pattern = writer->json ? R"({"ts":"%Y-%m-%dT%H:%M:%S.%fZ","level":"%l","component":")" + component +
                                            R"(","pid":%P,%v})"
                                      : "%H:%M:%S.%e %^%-7l%$ " + component + ": %v";
    const auto zone = writer->json ? spdlog::pattern_time_type::utc : spdlog::pattern_time_type::local;
    sink->set_formatter(std::make_unique<spdlog::pattern_formatter>(pattern, zone));
    writer->logger = std::make_shared<spdlog::logger>(component, std::move(sink));
    writer->logger->set_level(spdlog::level::trace);
    writer->logger->flush_on(spdlog::level::trace);
    current.store(std::move(writer));
    lowest.store(static_cast<int>(options.level));
}

std::optional<Level> level_of(std::string_view text) {
    if (text == "debug") return Level::debug;
    if (text == "info") return Level::info;
    if (text == "warning") return Level::warning;
    if (text == "error") return Level::error;
    return std::nullopt;
}

std::optional<Format> format_of(std::string_view text) {
    if (text == "auto") return Format::automatic;
    if (text == "human") return Format::human;
    if (text == "json") return Format::json;
    return std::nullopt;
}

bool is_on(Level level) noexcept { return static_cast<int>(level) >= lowest.load(std::memory_order_relaxed); }

void write(Level level, const Fields& fields, std::string_view text) {
    const auto writer = current.load();
    if (!writer) return;
    const auto line = writer->json ? json_line(*writer, fields, text) : human_line(fields, text);
    writer->logger->log(level_for(level), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace peacepie::log
