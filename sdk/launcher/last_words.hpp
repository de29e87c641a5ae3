// last_words.hpp - what a worker that has ended left in its black box, checked: a plug-in may have written anything there.
//
// A value; the launcher's thread.
// Next: workers.hpp reads it when a worker has ended.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace peacepie::launcher {

struct LastWords {
    static constexpr std::size_t size_max = 16 << 10;

    bool has_begun = false;        ///< from then on a plug-in may end the process, with any status
    std::optional<int> ends_with;  ///< the status with which it said that it ends, in order or refused
    std::string actor;    ///< in whose handler; empty: in none, or unknown
    std::string command;
    std::string what;     ///< "SEGV", "ABRT", "exit", "hung", "memory limit: …"; empty: it has left nothing
    std::string message;  ///< the reliable one that was in work, `ORIGIN#NUMBER`; or empty
    std::vector<std::string> frames;  ///< `FILE+0xOFFSET`, innermost first

    [[nodiscard]] static LastWords parse(std::string_view text);
    /// What is in the pipe, without waiting.
    [[nodiscard]] static LastWords read(int descriptor);
};

}  // namespace peacepie::launcher
