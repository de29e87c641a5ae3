// closest.cpp - three rows of the usual table, left early.  Next: closest.hpp
#include "wire/closest.hpp"

#include <algorithm>
#include <array>

#include "wire/limits.hpp"

namespace peacepie {

Closest::Closest(std::string_view wanted)
    : wanted_(wanted.substr(0, limits::name_size_max)), most_(std::clamp<std::size_t>(wanted_.size() / 3, 1, 4)) {}

void Closest::offer(std::string_view candidate) {
    const auto distance = edit_distance(wanted_, candidate, most_);
    if (distance > most_) return;
    std::pair<std::size_t, std::string> found(distance, candidate);
    best_.insert(std::upper_bound(best_.begin(), best_.end(), found), std::move(found));
    if (best_.size() > limits::close_names_max) best_.pop_back();
}

std::vector<std::string> Closest::take() {
    std::vector<std::string> names;
    for (auto& [distance, name] : best_) names.push_back(std::move(name));
    best_.clear();
    return names;
}

std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t most) {
    if (a.size() > b.size()) std::swap(a, b);
    if (b.size() - a.size() > most || a.size() > limits::name_size_max) return most + 1;
    using Row = std::array<std::size_t, limits::name_size_max + 1>;
    std::array<Row, 3> rows;  // the one before the last is for swapped neighbours
    for (std::size_t i = 0; i <= a.size(); ++i) rows[0][i] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
        Row& row = rows[j % 3];
        const Row& above = rows[(j - 1) % 3];
        const Row& twice_above = rows[(j + 1) % 3];
        std::size_t smallest = row[0] = j;
        for (std::size_t i = 1; i <= a.size(); ++i) {
            const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
            row[i] = std::min({row[i - 1] + 1, above[i] + 1, above[i - 1] + change});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[i] = std::min(row[i], twice_above[i - 2] + 1);
            smallest = std::min(smallest, row[i]);
        }
        if (smallest > most + 1) return most + 1;
    }
    return rows[b.size() % 3][a.size()];
}

}  // namespace peacepie
