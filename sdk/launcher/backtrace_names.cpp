#include "launcher/backtrace_names.hpp"

#include <cxxabi.h>
#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <map>
#include <memory>

#include "launcher/descriptor.hpp"
#include "log/log.hpp"
#include "wire/limits.hpp"
#include "wire/link.hpp"

namespace peacepie::launcher {
namespace {

constexpr std::size_t name_size_max = 512;  // of a function made from templates; its beginning tells enough
constexpr rlim_t memory_max = rlim_t{4} << 30;

struct Place {
    std::string file;
    GElf_Addr offset = 0;
};

Place place_in(const std::string& frame) {
    const auto plus = frame.rfind("+0x");
    Place place;
    if (plus == std::string::npos) return place;
    const char* end = frame.data() + frame.size();
    const auto [last, error] = std::from_chars(frame.data() + plus + 3, end, place.offset, 16);
    if (error == std::errc() && last == end) place.file = frame.substr(0, plus);
    return place;
}

std::string readable(const char* name) {
    int status = 0;
    const std::unique_ptr<char, decltype(&std::free)> text(abi::__cxa_demangle(name, nullptr, nullptr, &status), &std::free);
    return std::string(text ? text.get() : name).substr(0, name_size_max);
}

/// One file with its tables of names and lines.
class Module {
public:
    explicit Module(const std::string& file) {
        all_.reset(dwfl_begin(&callbacks));
        const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a pipe would wait for somebody
        struct stat about {};
        if (!all_ || descriptor < 0 || ::fstat(descriptor, &about) != 0 || !S_ISREG(about.st_mode) ||
            static_cast<std::size_t>(about.st_size) > limits::module_bytes_max)
            return;
        dwfl_report_begin(all_.get());
        module_ = dwfl_report_offline(all_.get(), file.c_str(), file.c_str(), descriptor);
        dwfl_report_end(all_.get(), nullptr, nullptr);
        if (module_ != nullptr && dwfl_module_getelf(module_, &bias_) == nullptr) module_ = nullptr;
    }

    /// Empty when nothing is known.
    [[nodiscard]] std::string at(GElf_Addr offset) const {
        if (module_ == nullptr) return {};
        const char* name = dwfl_module_addrname(module_, bias_ + offset);
        std::string text = name != nullptr ? readable(name) : std::string();
        int number = 0;
        const Dwfl_Line* line = dwfl_module_getsrc(module_, bias_ + offset);
        const char* source = line != nullptr ? dwfl_lineinfo(const_cast<Dwfl_Line*>(line), nullptr, &number, nullptr, nullptr, nullptr) : nullptr;
        if (source != nullptr) text += (text.empty() ? "at " : " at ") + std::string(source) + ":" + std::to_string(number);
        return text;
    }

private:
    static inline char* no_folder = nullptr;
    static inline const Dwfl_Callbacks callbacks{nullptr, dwfl_standard_find_debuginfo, dwfl_offline_section_address, &no_folder};
    std::unique_ptr<Dwfl, decltype(&dwfl_end)> all_{nullptr, &dwfl_end};
    Dwfl_Module* module_ = nullptr;
    GElf_Addr bias_ = 0;
};

/// A line for each frame, written as soon as it is known: what comes too late costs only itself.
[[noreturn]] void look_up(const std::vector<std::string>& frames, int descriptor) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // whose shadow is larger than any memory
    const rlimit memory{memory_max, memory_max};
    ::setrlimit(RLIMIT_AS, &memory);
#endif
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    ::unsetenv("DEBUGINFOD_URLS");  // nothing is asked for over a network
    std::map<std::string, Module> modules;
    for (const auto& frame : frames) {
        const Place place = place_in(frame);
        const std::string line = (place.file.empty() ? "" : modules.try_emplace(place.file, place.file).first->second.at(place.offset)) + "\n";
        if (::write(descriptor, line.data(), line.size()) != static_cast<ssize_t>(line.size())) break;
    }
    ::_exit(0);
}

/// What it writes until it ends or the time is over.
std::string said_by(int descriptor) {
    const SteadyClock clock;
    const auto end = clock.now() + limits::symbols_patience;
    std::string text;
    char bytes[4096];
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - clock.now());
        pollfd item{descriptor, POLLIN, 0};
        const int ready = left.count() > 0 ? ::poll(&item, 1, static_cast<int>(left.count())) : 0;
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) return text;
        const auto got = ::read(descriptor, bytes, sizeof bytes);
        if (got <= 0) return text;
        text.append(bytes, static_cast<std::size_t>(got));
    }
}

}  // namespace

std::vector<std::string> with_names(std::vector<std::string> frames) {
    int ends[2];
    if (frames.empty() || ::pipe2(ends, O_CLOEXEC) != 0) return frames;
    const Descriptor reads(ends[0]);
    Descriptor writes(ends[1]);
    const pid_t reader = ::fork();
    if (reader == 0) look_up(frames, writes.number());
    writes.close();
    if (reader < 0) return frames;
    const std::string names = said_by(reads.number());
    ::kill(reader, SIGKILL);
    while (::waitpid(reader, nullptr, 0) < 0 && errno == EINTR) {}
    std::size_t at = 0;
    for (auto& frame : frames) {
        const auto end = names.find('\n', at);
        if (end == std::string::npos) break;  // cut off
        if (end > at) frame = log::escaped(std::string_view(names).substr(at, end - at)) + " (" + frame + ")";
        at = end + 1;
    }
    return frames;
}

}  // namespace peacepie::launcher
