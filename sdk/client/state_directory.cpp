#include "client/state_directory.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <system_error>
#include <unistd.h>

#include "client/exit_code.hpp"
#include "client/settings_file.hpp"

namespace peacepie::client {

std::filesystem::path state_directory(const std::string& flag,
                                      const std::function<const char*(const char*)>& look_up) {
    const auto said = [&look_up](const char* name) {
        const char* text = look_up(name);
        return std::string(text != nullptr ? text : "");
    };
    if (!flag.empty()) return std::filesystem::absolute(flag);
    if (const auto own = said("PEACEPIE_STATE_DIR"); !own.empty()) return std::filesystem::absolute(own);
    if (const auto state = said("XDG_STATE_HOME"); state.starts_with('/'))
        return std::filesystem::path(state) / "peacepie";
    if (const auto home = said("HOME"); home.starts_with('/'))
        return std::filesystem::path(home) / ".local" / "state" / "peacepie";
    throw ConfigError("there is no home directory to keep state in; name one with --state-dir");
}

void prepare(const std::filesystem::path& directory) {
    std::error_code error;
    const bool created = std::filesystem::create_directories(directory, error);
    if (!error && created)
        std::filesystem::permissions(directory, std::filesystem::perms::owner_all, error);
    if (error)
        throw ConfigError("the state directory " + directory.string() + " cannot be made (" + error.message() +
                          "); choose another with --state-dir");
    if (access(directory.c_str(), R_OK | W_OK | X_OK) != 0)
        throw ConfigError("the state directory " + directory.string() + " cannot be written (" + std::strerror(errno) +
                          "); choose another with --state-dir");
}

std::optional<std::string> broker_in(const std::filesystem::path& directory) {
    std::ifstream file(directory / "broker.endpoint");
    std::string endpoint, pid, name;
    if (!std::getline(file, endpoint) || !std::getline(file, pid)) return std::nullopt;
    // A broker that was killed leaves the file behind, and numbers of processes are used again.
    std::ifstream process("/proc/" + pid + "/comm");
    if (!std::getline(process, name) || name != "peacepie-broker") return std::nullopt;
    return endpoint;
}

bool write_first_settings(const std::filesystem::path& file) {
    const int descriptor = open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor < 0 && errno == EEXIST) return false;
    const std::string text = first_settings();
    const bool written = descriptor >= 0 && write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    const int reason = errno;
    if (descriptor >= 0) close(descriptor);
    if (!written) throw ConfigError(file.string() + " cannot be written: " + std::strerror(reason));
    return true;
}

}  // namespace peacepie::client
