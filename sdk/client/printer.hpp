// printer.hpp - the two outputs: data on standard output, everything else on standard error.
//
// Free functions for the one thread of `peacepie`.  Colour only on a terminal and without NO_COLOR.  What came from a
// peer is printed as JSON or with its control characters replaced, so that it cannot play with the terminal.
// Next: json.hpp writes bodies.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "client/client.hpp"

namespace peacepie::client {

enum class Colour { plain, good, bad, quiet, strong };

/// The text with its colour when the stream (1 or 2) shows colours.
[[nodiscard]] std::string in_colour(Colour colour, std::string_view text, int stream = 1);
/// Control characters become `?`.
[[nodiscard]] std::string safe(std::string_view text);
/// A text of a peer's body, safe to print.
[[nodiscard]] std::string safe_text_in(const Value& body, std::string_view key, std::string_view otherwise = {});

/// A line of data.
void print(std::string_view line);
/// A line for the person, on standard error: `peacepie: ...`.
void complain(std::string_view text);
/// A fault: `peacepie: code: text; did you mean ...?`, or with `json` {"error", "text", ...}.
void complain(const Error& error, bool json);

/// `hello_world`, or `actor_is_created {"system": "king"}`; with `json` {"command": ..., "body": ...}.  For a person a
/// failure with close names is followed by a question on standard error.
void print_answer(const Answer& answer, bool json);

/// Columns as wide as their widest cell; the first row is the heading.
void print_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace peacepie::client
