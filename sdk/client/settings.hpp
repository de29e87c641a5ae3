// settings.hpp - what `peacepie up` can be told, and who wins: flag > environment > file > default.
//
// Values and pure functions, any thread.  Every setting has one name: `log_level` in the file, PEACEPIE_LOG_LEVEL in the
// environment, --log-level on the command line; limits have a table of their own.
// Next: settings_file.hpp reads and writes the file; up.cpp uses the result.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wire/value.hpp"

namespace peacepie::client {

struct Settings {
    std::string bind;
    bool insecure_bind = false;
    bool ephemeral = false;
    std::string system;
    std::string host;
    std::string packages;           ///< empty: beside the program
    std::int64_t console_port = 0;  ///< 0: none
    std::string log_format;
    std::string log_level;
    bool log_messages = false;
    std::int64_t loops = 0;         ///< 0: the worker's default
    std::int64_t handler_timeout = 0;  ///< seconds; 0: never
    std::string memory_limit;       ///< is_memory_limit()
    std::vector<std::string> limits;  ///< NAME=VALUE of those that were set, see wire/bounds.hpp
};

/// One value and where it was said, for the error about it: `peacepie.toml:3`, `PEACEPIE_BIND`, `--bind`.
struct Setting {
    Value value;
    std::string where;
};
using Layer = std::map<std::string, Setting, std::less<>>;

struct SettingKind {
    std::string_view name;
    Value fallback;
    std::string_view text;  ///< for the file
};
[[nodiscard]] std::span<const SettingKind> setting_kinds();
[[nodiscard]] std::vector<std::string> setting_names();

[[nodiscard]] std::string environment_name(std::string_view setting);  ///< PEACEPIE_LOG_LEVEL
[[nodiscard]] std::string flag_name(std::string_view setting);         ///< --log-level

/// A bound of wire/bounds.hpp in a layer: `limits.mailbox_length`.  In the file it stands in the table `[limits]`, in the environment in
/// PEACEPIE_LIMITS, several with blanks between them, on the command line after --limit.
inline constexpr std::string_view limit_prefix = "limits.";
/// Adds `NAME=VALUE`; throws like merged() when it is nothing of the kind.
void add_limit(Layer& layer, std::string_view word, const std::string& where);

/// What PEACEPIE_* variables say; `look_up` is getenv or a test's.
[[nodiscard]] Layer environment_layer(const std::function<const char*(const char*)>& look_up);

/// Later layers win.  Throws ConfigError, or UsageError for a flag, that names the place of the wrong value.
[[nodiscard]] Settings merged(std::initializer_list<const Layer*> layers);

}  // namespace peacepie::client
