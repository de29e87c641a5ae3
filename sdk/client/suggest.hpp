// suggest.hpp - "did you mean ...?": the nearest of some words.
//
// Pure functions, any thread.
// Next: cli.cpp and config.hpp ask it about typos.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace peacepie::client {

/// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other.
[[nodiscard]] std::size_t distance(std::string_view left, std::string_view right);

/// The nearest word, when it is near enough to be a typo: one mistake per three letters, at least one; or a prefix.
[[nodiscard]] std::optional<std::string> nearest(std::string_view typed, std::span<const std::string> words);

/// "; did you mean `x`?", or nothing.
[[nodiscard]] std::string did_you_mean(std::string_view typed, std::span<const std::string> words);

}  // namespace peacepie::client
