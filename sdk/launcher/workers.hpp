// workers.hpp - the worker processes of this host, by name.
//
// Owned by the launcher, one thread.  It only starts, signals and reaps; who shall be started again is the launcher's
// decision.
// Next: launcher.hpp decides.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "launcher/child.hpp"
#include "launcher/descriptor.hpp"
#include "launcher/last_words.hpp"
#include "launcher/session.hpp"
#include "launcher/unread_sends.hpp"

namespace peacepie::launcher {

struct WorkerOptions {
    std::string binary;
    std::string host;
    std::string packages;
    std::string log_format;
    std::string log_level;
    bool log_messages = false;
    std::size_t loops = 0;  ///< 0: the worker's default
    std::chrono::seconds handler_timeout = limits::handler_timeout_default;  ///< 0: never
    std::string memory_limit;  ///< empty: the worker's default
    std::vector<std::string> limits;  ///< NAME=VALUE, see wire/bounds.hpp
};

class Workers {
public:
    /// Somebody waits for the end of a process.
    struct Stop {
        Heard asker;
        Nanoseconds kill_at;
    };
    struct EndedWorker {
        std::string process;
        pid_t pid;
        Ended how;
        LastWords last_words;
        std::optional<Unread> unread;  ///< also of one that ended with status 0: it may have said no goodbye
        std::optional<Stop> stop;

        /// Its status is its own: it said so, or had not begun.  Otherwise a plug-in may have chosen it, and it says nothing.
        [[nodiscard]] bool meant_it() const { return last_words.has_begun ? last_words.ends_with == how.status : how.status != 0; }
    };

    explicit Workers(WorkerOptions options) : options_(std::move(options)) {}

    /// Throws Error conflict (it runs), no_space (too many) or unavailable.
    pid_t start(const std::string& process, const std::string& broker);
    /// Asks it to end; `stop` is handed back when it has.  False when there is no such process.
    bool stop(const std::string& process, Stop stop);
    /// Those that have ended since the last call.
    [[nodiscard]] std::vector<EndedWorker> reap();
    /// Kills those that were asked to stop and are late.
    void kill_late(Nanoseconds now);
    void signal_all(int number) const;
    [[nodiscard]] bool is_running(const std::string& process) const { return running_.contains(process); }
    [[nodiscard]] std::optional<pid_t> pid_of(const std::string& process) const;
    [[nodiscard]] std::size_t count() const noexcept { return running_.size(); }

private:
    struct Running {
        Child child;
        Descriptor black_box;  ///< the end that is read
        Descriptor tally;
        std::optional<Stop> stop;
    };

    const WorkerOptions options_;
    std::map<std::string, Running> running_;
};

}  // namespace peacepie::launcher
