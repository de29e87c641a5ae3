#include "client/suggest.hpp"

#include <algorithm>

#include "wire/fields.hpp"

namespace peacepie::client {

std::size_t distance(std::string_view left, std::string_view right) {
    // Three rows of the usual table: the one before the last is needed for swaps.
    std::vector<std::size_t> before(right.size() + 1), above(right.size() + 1), row(right.size() + 1);
    for (std::size_t j = 0; j <= right.size(); ++j) above[j] = j;
    for (std::size_t i = 1; i <= left.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= right.size(); ++j) {
            const std::size_t change = above[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, change});
            if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        std::swap(before, above);
        std::swap(above, row);
    }
    return above[right.size()];
}

std::optional<std::string> nearest(std::string_view typed, std::span<const std::string> words) {
    constexpr std::size_t longest = 128;  // a name's limit; longer input is no typo
    if (typed.empty() || typed.size() > longest) return std::nullopt;
    const std::string* best = nullptr;
    std::size_t best_distance = std::max<std::size_t>(1, typed.size() / 3) + 1;
    for (const std::string& word : words) {
        const bool is_prefix = typed.size() >= 2 && word.starts_with(typed);
        const std::size_t far = is_prefix ? 1 : distance(typed, word);
        if (far < best_distance) {
            best = &word;
            best_distance = far;
        }
    }
    if (best == nullptr) return std::nullopt;
    return *best;
}

std::string did_you_mean(std::string_view typed, std::span<const std::string> words) {
    const auto word = nearest(typed, words);
    return word ? "; did you mean `" + *word + "`?" : std::string();
}

std::vector<std::string> close_names(const Value& body) {
    std::vector<std::string> names;
    for (const Value& item : list_in(body, "close"))
        if (item.as_text() != nullptr) names.push_back(*item.as_text());
    return names;
}

std::string did_you_mean(const std::vector<std::string>& close) {
    std::string text;
    for (std::size_t i = 0; i < close.size(); ++i)
        text += (i == 0 ? "; did you mean `" : i + 1 == close.size() ? " or `" : ", `") + close[i] + "`";
    return close.empty() ? text : text + "?";
}

}  // namespace peacepie::client
