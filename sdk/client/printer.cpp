#include "client/printer.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <unistd.h>

#include "client/exit_code.hpp"
#include "client/json.hpp"
#include "client/suggest.hpp"
#include "wire/fields.hpp"

namespace peacepie::client {
namespace {

bool shows_colour(int stream) {
    const char* no_colour = std::getenv("NO_COLOR");
    const char* terminal = std::getenv("TERM");
    return isatty(stream) == 1 && (no_colour == nullptr || *no_colour == '\0') &&
           (terminal == nullptr || std::string_view(terminal) != "dumb");
}

const char* code_for(Colour colour) {
    switch (colour) {
        case Colour::good: return "\033[32m";
        case Colour::bad: return "\033[31m";
        case Colour::quiet: return "\033[2m";
        case Colour::strong: return "\033[1m";
        case Colour::plain: break;
    }
    return "";
}

}  // namespace

std::string in_colour(Colour colour, std::string_view text, int stream) {
    if (colour == Colour::plain || !shows_colour(stream)) return std::string(text);
    return code_for(colour) + std::string(text) + "\033[0m";
}

std::string safe(std::string_view text) {
    std::string clean(text);
    for (std::size_t i = 0; i < clean.size(); ++i) {
        const auto byte = static_cast<unsigned char>(clean[i]);
        const auto before = i > 0 ? static_cast<unsigned char>(clean[i - 1]) : 0;
        if (byte < 0x20 || byte == 0x7f) clean[i] = '?';
        else if (before == 0xc2 && byte >= 0x80 && byte < 0xa0) clean[i - 1] = clean[i] = '?';
    }
    return clean;
}

std::string safe_text_in(const Value& body, std::string_view key, std::string_view otherwise) { return safe(text_in(body, key, otherwise)); }

void print(std::string_view line) {
    std::fwrite(line.data(), 1, line.size(), stdout);
    std::fputc('\n', stdout);
    std::fflush(stdout);
}

void complain(std::string_view text) {
    std::string line = in_colour(Colour::bad, "peacepie:", 2) + " ";
    line.append(text);
    line += '\n';
    std::fwrite(line.data(), 1, line.size(), stderr);
}

void complain(const Error& error, bool json) {
    const auto* refused = dynamic_cast<const Refused*>(&error);
    const auto close = refused != nullptr ? close_names(refused->body) : std::vector<std::string>{};
    if (json) {
        Value said = Value::Map{{"error", error.code}, {"text", error.text}};
        if (!error.from.empty()) said.set("from", error.from);
        if (!close.empty()) said.set("close", Value::Array(close.begin(), close.end()));
        const std::string line = json_of(said) + "\n";
        std::fwrite(line.data(), 1, line.size(), stderr);
        return;
    }
    complain(safe(error.code + ": " + error.text + did_you_mean(close)));
}

void print_answer(const Answer& answer, bool json) {
    if (json) {
        print(json_of(Value::Map{{"command", answer.command}, {"body", answer.body}}));
        return;
    }
    const Colour colour = exit_of(answer) == Exit::ok ? Colour::good : Colour::bad;
    std::string line = in_colour(colour, safe(answer.command));
    if (!answer.body.is_nil()) line += " " + json_of(answer.body);
    print(line);
    if (!is_failure_reply(answer.command)) return;
    if (const auto close = close_names(answer.body); !close.empty())
        complain(safe(answer.command + did_you_mean(close)));
}

void print_table(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (i == widths.size()) widths.push_back(0);
            widths[i] = std::max(widths[i], row[i].size());
        }
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            line += row[i];
            if (i + 1 < row.size()) line.append(widths[i] - row[i].size() + 2, ' ');
        }
        print(&row == &rows.front() ? in_colour(Colour::strong, line) : line);
    }
}

}  // namespace peacepie::client
