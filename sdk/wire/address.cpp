// address.cpp - the grammar of names.  Next: address.hpp.
#include "wire/address.hpp"

#include "wire/limits.hpp"
#include "wire/spawned_name.hpp"

namespace peacepie {

namespace {

constexpr std::string_view admin_suffix = ".admin";
constexpr std::string_view launcher_name = "launcher";  // no process has it: `first.launcher` is the host's launcher

bool is_name_character(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/// `@label.m3kq81zc.7`: a client's session.
bool is_client(std::string_view text) noexcept {
    if (text.size() < 2 || text.size() > limits::name_size_max + 24 || text.front() != '@') return false;
    for (char c : text.substr(1))
        if (!is_name_character(c) && c != '.') return false;
    return true;
}

}  // namespace

bool is_name(std::string_view text) noexcept {
    if (text.empty() || text.size() > limits::name_size_max || text.front() == '-') return false;
    for (char c : text)
        if (!is_name_character(c)) return false;
    return true;
}

bool is_entity(std::string_view text) noexcept { return is_name(text) || SpawnedName::parse(text).has_value(); }

bool is_node(std::string_view text) noexcept {
    if (!text.ends_with(admin_suffix)) return false;
    text.remove_suffix(admin_suffix.size());
    const auto dot = text.find('.');
    return dot != text.npos && is_name(text.substr(0, dot)) && is_name(text.substr(dot + 1)) &&
           text.substr(dot + 1) != launcher_name;
}

std::optional<std::string> node_of(std::string_view text) {
    if (is_node(text)) return std::string(text);
    const auto dot = text.find('.');
    if (dot == text.npos || !is_name(text.substr(0, dot)) || !is_name(text.substr(dot + 1))) return std::nullopt;
    if (text.substr(dot + 1) == launcher_name) return std::string(text);
    return node_name(text.substr(0, dot), text.substr(dot + 1));
}

std::string node_name(std::string_view host, std::string_view process) {
    std::string name;
    name.reserve(host.size() + process.size() + 1 + admin_suffix.size());
    return name.append(host).append(1, '.').append(process).append(admin_suffix);
}

std::string_view host_of(std::string_view node) noexcept { return node.substr(0, node.find('.')); }

std::string_view process_of(std::string_view node) noexcept {
    const auto first = node.find('.');
    if (first == node.npos) return {};
    const auto rest = node.substr(first + 1);
    return rest.substr(0, rest.find('.'));
}

std::optional<Address> Address::parse(std::string_view text) {
    if (text.empty() || text.size() > limits::address_size_max) return std::nullopt;
    Address address;
    if (const auto mark = text.find('!'); mark != text.npos) {
        if (!is_name(text.substr(0, mark))) return std::nullopt;
        address.system = text.substr(0, mark);
        text.remove_prefix(mark + 1);
    }
    if (const auto slash = text.find('/'); slash != text.npos) {
        auto node = node_of(text.substr(0, slash));
        if (!node || !is_entity(text.substr(slash + 1))) return std::nullopt;
        address.node = std::move(*node);
        address.entity = text.substr(slash + 1);
        return address;
    }
    if (is_entity(text) || is_client(text)) {
        address.entity = text;
        return address;
    }
    auto node = node_of(text);
    if (!node) return std::nullopt;
    address.node = std::move(*node);
    return address;
}

std::string Address::text() const {
    std::string text;
    if (!system.empty()) text.append(system).append(1, '!');
    if (node.empty() || entity.empty()) return text.append(key());
    auto place = std::string_view(node);
    if (place.ends_with(admin_suffix)) place.remove_suffix(admin_suffix.size());
    return text.append(place).append(1, '/').append(entity);
}

}  // namespace peacepie
