// last_words.hpp - what a crashed worker left in its black box, checked: a plug-in may have written anything there.
//
// A value; the launcher's thread.
// Next: workers.hpp reads it when a worker has ended.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace peacepie::launcher {

struct LastWords {
    static constexpr std::size_t size_max = 16 << 10;

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
