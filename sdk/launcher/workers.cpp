#include "launcher/workers.hpp"

#include <array>
#include <csignal>
#include <fcntl.h>
#include <unistd.h>

#include "log/log.hpp"

namespace peacepie::launcher {

pid_t Workers::start(const std::string& process, const std::string& broker) {
    if (is_running(process)) throw Error(Fault::conflict, "the process " + process + " is running already");
    if (count() >= limits::processes_per_host_max)
        throw Error(Fault::no_space, "this host runs " + std::to_string(count()) + " processes, which is the limit");
    std::vector<std::string> words{options_.binary, "--child",      "--broker", broker,
                                   "--host",        options_.host,  "--process", process,
                                   "--parent-pid",  std::to_string(getpid()),
                                   "--black-box",   std::to_string(Child::inherited_as)};
    const auto add = [&words](const char* option, const std::string& value) {
        if (!value.empty()) words.insert(words.end(), {option, value});
    };
    add("--packages", options_.packages);
    add("--log-format", options_.log_format);
    add("--log-level", options_.log_level);
    add("--handler-timeout", std::to_string(options_.handler_timeout.count()));
    add("--memory-limit", options_.memory_limit);
    for (const auto& limit : options_.limits) add("--limit", limit);
    if (options_.loops > 0) add("--loops", std::to_string(options_.loops));
    if (options_.log_messages) words.push_back("--log-messages");
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) throw Error(Fault::unavailable, "the system gives no pipe for " + process);
    Descriptor black_box(ends[0]);
    const Descriptor written_by_child(ends[1]);
    auto tally = make_tally_page();
    if (tally.number() >= 0) words.insert(words.end(), {"--tally", std::to_string(Child::inherited_as + 1)});
    Child child = tally.number() >= 0 ? Child(words, {written_by_child.number(), tally.number()}) : Child(words, {written_by_child.number()});
    const pid_t pid = child.pid();
    running_.emplace(process, Running{std::move(child), std::move(black_box), std::move(tally), std::nullopt});
    return pid;
}

std::optional<pid_t> Workers::pid_of(const std::string& process) const {
    const auto one = running_.find(process);
    if (one == running_.end()) return std::nullopt;
    return one->second.child.pid();
}

bool Workers::stop(const std::string& process, Stop stop) {
    const auto one = running_.find(process);
    if (one == running_.end()) return false;
    one->second.stop = std::move(stop);
    one->second.child.signal(SIGTERM);
    return true;
}

std::vector<Workers::EndedWorker> Workers::reap() {
    std::vector<EndedWorker> ended;
    for (auto one = running_.begin(); one != running_.end();) {
        const pid_t pid = one->second.child.pid();
        if (auto how = one->second.child.reap()) {
            ended.push_back({one->first, pid, std::move(*how), LastWords::read(one->second.black_box.number()),
                             read_unread(one->second.tally.number()), std::move(one->second.stop)});
            one = running_.erase(one);
        } else {
            ++one;
        }
    }
    return ended;
}

void Workers::kill_late(Nanoseconds now) {
    for (auto& [process, running] : running_) {
        if (!running.stop || now < running.stop->kill_at) continue;
        log::warning("{} does not end and is killed", process);
        running.child.signal(SIGKILL);
        running.stop->kill_at = Nanoseconds::max();
    }
}

void Workers::signal_all(int number) const {
    for (const auto& [process, running] : running_) running.child.signal(number);
}

}  // namespace peacepie::launcher
