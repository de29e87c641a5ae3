#include "launcher/last_words.hpp"

#include <array>
#include <charconv>
#include <unistd.h>

#include "log/log.hpp"
#include "wire/address.hpp"
#include "wire/limits.hpp"

namespace peacepie::launcher {

namespace {

std::string_view up_to(std::string_view& text, char end) {
    const auto part = text.substr(0, text.find(end));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    return part;
}

std::optional<int> number_in(std::string_view text) {
    int number = 0;
    const auto* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, number);
    return error == std::errc() && stopped == end ? std::optional(number) : std::nullopt;
}

}  // namespace

LastWords LastWords::parse(std::string_view text) {
    constexpr std::string_view begun = "begun", ends = "ends ";
    LastWords words;
    auto line = up_to(text, '\n');
    if (line == begun) {
        words.has_begun = true;
        line = up_to(text, '\n');
    }
    if (line.starts_with(ends)) {
        words.ends_with = number_in(line.substr(ends.size()));
        line = up_to(text, '\n');
    }
    const auto actor = up_to(line, '\t');
    if (!actor.empty() && !is_entity(actor)) return words;
    words.actor = actor;
    words.command = log::escaped(up_to(line, '\t').substr(0, limits::name_size_max));
    words.what = log::escaped(up_to(line, '\t').substr(0, limits::name_size_max));
    if (line.size() <= limits::address_size_max + 32) words.message = line;
    while (!text.empty()) words.frames.push_back(log::escaped(up_to(text, '\n')));
    return words;
}

LastWords LastWords::read(int descriptor) {
    std::array<char, size_max> bytes;
    std::size_t size = 0;
    while (size < bytes.size()) {
        const auto got = ::read(descriptor, bytes.data() + size, bytes.size() - size);
        if (got <= 0) break;
        size += static_cast<std::size_t>(got);
    }
    return parse({bytes.data(), size});
}

}  // namespace peacepie::launcher
