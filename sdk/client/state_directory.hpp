// state_directory.hpp - where `peacepie up` keeps what outlives it.
//
// Functions that touch the disk; one thread at start-up.
// Next: up.cpp prepares it before anything is started.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace peacepie::client {

/// `flag`, else $PEACEPIE_STATE_DIR, $XDG_STATE_HOME/peacepie, ~/.local/state/peacepie.  Throws ConfigError without a home.
[[nodiscard]] std::filesystem::path state_directory(const std::string& flag,
                                                    const std::function<const char*(const char*)>& look_up);

/// Creates it (for its owner only) and makes sure that it can be written.  Throws ConfigError.
void prepare(const std::filesystem::path& directory);

/// The endpoint of a broker that runs now and keeps its state there.
[[nodiscard]] std::optional<std::string> broker_in(const std::filesystem::path& directory);
/// Writes the commented settings file unless there is one; returns whether it did.
bool write_first_settings(const std::filesystem::path& file);

}  // namespace peacepie::client
