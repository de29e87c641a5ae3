// registry.cpp - the table of names.  Next: session.hpp, what a registration points to.
#include "broker/registry.hpp"

#include <algorithm>

#include "wire/closest.hpp"
#include "broker/session.hpp"
#include "wire/limits.hpp"

namespace peacepie::broker {

Registration* Registry::find_in_table(std::string_view name) noexcept {
    const auto found = actors_.find(name);
    if (found == actors_.end()) return nullptr;
    last_ = &*found;
    return &found->second;
}

Registration& Registry::add(std::string_view name, Session& session, std::uint64_t epoch, std::uint32_t class_desc) {
    auto& registration = actors_[std::string(name)];
    registration = {.session = &session, .epoch = epoch, .class_desc = class_desc, .born = epoch};
    ++session.actors;
    note_change(name);
    return registration;
}

void Registry::move_to(std::string_view name, Registration& registration, Session& session, std::uint64_t epoch) {
    if (registration.session != nullptr) --registration.session->actors;
    registration.session = &session;
    registration.epoch = epoch;
    ++session.actors;
    note_change(name);
}

bool Registry::remove(std::string_view name) {
    const auto found = actors_.find(name);
    if (found == actors_.end()) return false;
    if (found->second.session != nullptr) --found->second.session->actors;
    if (last_ == &*found) last_ = nullptr;
    note_change(name);
    actors_.erase(found);
    return true;
}

bool Registry::has_room(std::size_t more) const noexcept { return actors_.size() + more <= limits::actors_max; }

std::vector<std::string> Registry::page(const Session& session, std::size_t offset, std::size_t count) const {
    std::vector<std::string_view> names;
    names.reserve(session.actors);
    for (const auto& [name, registration] : actors_)
        if (registration.session == &session) names.push_back(name);
    if (offset >= names.size()) return {};
    count = std::min(count, names.size() - offset);
    const auto first = names.begin() + static_cast<std::ptrdiff_t>(offset);
    const auto last = first + static_cast<std::ptrdiff_t>(count);
    std::nth_element(names.begin(), first, names.end());
    std::partial_sort(first, last, names.end());
    return {first, last};
}

std::vector<std::string> Registry::close_to(std::string_view name) const {
    Closest closest(name);
    std::size_t examined = 0;
    for (const auto& [candidate, registration] : actors_) {
        if (++examined > limits::close_names_examined_max) break;
        closest.offer(candidate);
    }
    return closest.take();
}

std::uint32_t Registry::intern(std::string_view class_desc) {
    if (class_desc.empty()) return 0;
    if (const auto found = class_desc_numbers_.find(class_desc); found != class_desc_numbers_.end())
        return found->second;
    if (class_descs_.size() >= limits::class_descs_max) return 0;
    const auto number = static_cast<std::uint32_t>(class_descs_.size());
    class_descs_.emplace_back(class_desc);
    class_desc_numbers_.emplace(class_desc, number);
    return number;
}

const std::string& Registry::class_desc(const Registration& registration) const {
    return class_descs_[registration.class_desc];
}

}  // namespace peacepie::broker
