#include "launcher/child.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher/descriptor.hpp"
#include "wire/fault.hpp"

namespace peacepie::launcher {
namespace {

/// From far above, so that none is overwritten by the one before it.
std::vector<Descriptor> copies_of(std::initializer_list<int> descriptors, const std::string& program) {
    std::vector<Descriptor> copies;
    for (const int descriptor : descriptors) {
        copies.emplace_back(fcntl(descriptor, F_DUPFD_CLOEXEC, Child::inherited_as + static_cast<int>(descriptors.size())));
        if (copies.back().number() < 0) throw Error(Fault::unavailable, "no descriptor for " + program + ": " + std::strerror(errno));
    }
    return copies;
}

// The launcher blocks signals to read them from a descriptor; a child begins with none blocked and the usual reactions.
class SpawnSettings {
public:
    explicit SpawnSettings(std::vector<Descriptor> given) : copies(std::move(given)) {
        posix_spawnattr_init(&attributes);
        posix_spawn_file_actions_init(&actions);
        sigset_t none, reset;
        sigemptyset(&none);
        sigfillset(&reset);
        sigdelset(&reset, SIGKILL);
        sigdelset(&reset, SIGSTOP);
        posix_spawnattr_setsigmask(&attributes, &none);
        posix_spawnattr_setsigdefault(&attributes, &reset);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        int as = Child::inherited_as;
        for (const auto& copy : copies) posix_spawn_file_actions_adddup2(&actions, copy.number(), as++);
    }
    ~SpawnSettings() {
        posix_spawn_file_actions_destroy(&actions);
        posix_spawnattr_destroy(&attributes);
    }
    SpawnSettings(const SpawnSettings&) = delete;
    SpawnSettings& operator=(const SpawnSettings&) = delete;

    const std::vector<Descriptor> copies;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
};

Ended ending(int wait_status) {
    if (WIFEXITED(wait_status)) {
        const int status = WEXITSTATUS(wait_status);
        return {status, "exit status " + std::to_string(status)};
    }
    const int number = WTERMSIG(wait_status);
    return {128 + number, "killed by signal " + std::to_string(number) + " (" + strsignal(number) + ")"};
}

}  // namespace

Child::Child(const std::vector<std::string>& words, std::initializer_list<int> descriptors) {
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    SpawnSettings settings(copies_of(descriptors, words[0]));
    const int error =
        posix_spawn(&pid_, arguments[0], &settings.actions, &settings.attributes, arguments.data(), environ);
    if (error != 0) {
        pid_ = -1;
        throw Error(Fault::unavailable, "cannot start " + words[0] + ": " + std::strerror(error));
    }
}

Child::~Child() {
    if (pid_ < 0) return;
    kill(pid_, SIGKILL);
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {}
}

void Child::signal(int number) const noexcept {
    if (pid_ > 0) kill(pid_, number);
}

std::optional<Ended> Child::reap() noexcept {
    int status = 0;
    if (pid_ < 0 || waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
    pid_ = -1;
    return ending(status);
}

}  // namespace peacepie::launcher
