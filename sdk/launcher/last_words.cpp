#include "launcher/last_words.hpp"

#include <array>
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

}  // namespace

LastWords LastWords::parse(std::string_view text) {
    LastWords words;
    auto line = up_to(text, '\n');
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
