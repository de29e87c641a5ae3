// suggest.hpp - "did you mean ...?": the nearest of some words.
//
// Pure functions, any thread.
// Next: cli.cpp, settings.cpp and app_check.cpp ask it about typos.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wire/value.hpp"

namespace peacepie::client {

/// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other.
[[nodiscard]] std::size_t distance(std::string_view left, std::string_view right);

/// The nearest word, when it is near enough to be a typo: one mistake per three letters, at least one; or a prefix.
[[nodiscard]] std::optional<std::string> nearest(std::string_view typed, std::span<const std::string> words);

/// "; did you mean `x`?", or nothing.
[[nodiscard]] std::string did_you_mean(std::string_view typed, std::span<const std::string> words);

/// The list `close` in the body of an answer that says no.
[[nodiscard]] std::vector<std::string> close_names(const Value& body);
/// "; did you mean `x`, `y` or `z`?", or nothing.
[[nodiscard]] std::string did_you_mean(const std::vector<std::string>& close);

}  // namespace peacepie::client
