// manual.hpp - what an actor understands, as `describe` says of a living one and `load_package` of a class.
//
// Pure functions, any thread.
// Next: watch.cpp and app_check.cpp look words up in it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wire/value.hpp"

namespace peacepie::client {

/// The names in its list `commands` or `params`.
[[nodiscard]] std::vector<std::string> names_in(const Value& manual, std::string_view list);
/// What such a list says of that name, or nothing.
[[nodiscard]] const Value* entry_in(const Value& manual, std::string_view list, std::string_view name);
/// Its own commands and those that every actor answers.
[[nodiscard]] std::vector<std::string> commands_in(const Value& manual);

}  // namespace peacepie::client
