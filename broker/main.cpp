// main.cpp - options, signals, wiring; nothing testable.
//
// Next: poll_loop.cpp
#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <random>

#include <CLI/CLI.hpp>
#include <sys/prctl.h>
#include <csignal>
#include <unistd.h>

#include "broker/endpoint.hpp"
#include "broker/poll_loop.hpp"
#include "broker/sqlite_ledger.hpp"
#include "broker/traffic.hpp"
#include "log/heap.hpp"
#include "log/shared_page.hpp"
#include "wire/address.hpp"
#include "wire/bounds.hpp"
#include "wire/endpoint_check.hpp"

namespace {

using namespace peacepie;
namespace fs = std::filesystem;

enum Exit { failed = 1, wrong_usage = 2, bad_configuration = 78 };

struct Flags {
    std::string bind = "tcp://127.0.0.1:5998";
    bool insecure_bind = false;
    std::string system = "king";
    std::string host = "first";
    std::string state_dir;
    bool ephemeral = false;
    bool forget = false;
    bool successor = false;
    int parent_pid = 0;
    int ready_fd = -1;
    int page_fd = -1;
    std::string log_format = "auto";
    std::string log_level = "info";
    std::vector<std::string> limits;
};

void declare(CLI::App& app, Flags& flags) {
    app.add_option("--bind", flags.bind, "endpoint to listen on; port 0 or * takes a free one")->capture_default_str();
    app.add_flag("--insecure-bind", flags.insecure_bind, "allow an endpoint that other machines can reach (no encryption yet)");
    app.add_option("--system", flags.system, "name of the system")->capture_default_str();
    app.add_option("--host", flags.host, "name of the host whose members are shown first")->capture_default_str();
    app.add_option("--state-dir", flags.state_dir, "keep the names of actors in DIR/registry.db, so that a broker started again knows them, and write "
                   "the endpoint and the process id to DIR/broker.endpoint");
    app.add_flag("--ephemeral", flags.ephemeral, "keep no names on disk; otherwise they are in DIR/registry.db, if there is a --state-dir");
    app.add_flag("--forget", flags.forget, "begin without the names of an earlier broker");
    app.add_flag("--successor", flags.successor, "an earlier broker of this system has died: without its names any name may be back in a moment");
    app.add_option("--parent-pid", flags.parent_pid, "end when this parent process ends");
    app.add_option("--ready-fd", flags.ready_fd, "write the bound endpoint and a newline to this descriptor when listening");
    app.add_option("--page-fd", flags.page_fd, "descriptor of the page where messages under way are counted for the broker after this one")->group("");
    app.add_option("--log-format", flags.log_format, "auto, human or json")->check(CLI::IsMember({"auto", "human", "json"}));
    app.add_option("--log-level", flags.log_level, "debug, info, warning or error")
        ->check(CLI::IsMember({"debug", "info", "warning", "error"}));
    app.add_option("--limit", flags.limits, "a bound of this broker, as NAME=VALUE; may be given several times")->allow_extra_args(false);
    app.set_version_flag("--version", fmt::format("peacepie-broker {} (protocol {}, zmq {})", PEACEPIE_VERSION,
                                                  limits::protocol_version, broker::RouterLink::library_version()));
    app.footer(bounds_help() + "Example: peacepie-broker --bind tcp://127.0.0.1:5998 --limit dead_letters=1000");
}

/// The sentence about what is wrong, or nothing.
std::string wrong_with(const Flags& flags) {
    constexpr const char* no_name = "--{} {}: a name is 1 to 128 of A-Z a-z 0-9 _ - and begins with no -";
    if (!is_name(flags.system)) return fmt::format(no_name, "system", log::escaped(flags.system));
    if (!is_name(flags.host)) return fmt::format(no_name, "host", log::escaped(flags.host));
    if (const auto wrong = wrong_with_endpoint(flags.bind, EndpointUse::bind); !wrong.empty())
        return fmt::format("--bind {} {}", log::escaped(flags.bind), wrong);
    if (!is_local_endpoint(flags.bind) && !flags.insecure_bind)
        return "--bind " + flags.bind + ": other machines could reach it, and there is no encryption yet; use "
               "tcp://127.0.0.1:PORT, or add --insecure-bind if you mean it";
    try {
        (void)Bounds::from(flags.limits);
    } catch (const Error& error) {
        return "--limit: " + error.text;
    }
    return {};
}

std::string fresh_secret() {
    std::random_device random;  // the system's generator
    return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

std::uint64_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::uint64_t size = 0, resident = 0;
    file >> size >> resident;
    return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

/// As many sessions as there are descriptors for, whatever was asked for.
Bounds bounds_from(const Flags& flags) {
    auto bounds = Bounds::from(flags.limits);
    const std::uint64_t possible = broker::raise_descriptor_limit() / 5 * 4;
    if (bounds[Bound::sessions] <= possible) return bounds;
    if (bounds[Bound::sessions] != Bounds()[Bound::sessions])
        log::warning("--limit sessions={}: the descriptors of this process are enough for {}", bounds[Bound::sessions], possible);
    return bounds.set(Bound::sessions, possible);
}

/// The launcher's, or null: what is under way when this broker dies is not counted then.
broker::TrafficPage* traffic_page(const Flags& flags) {
    void* const page = map_page(flags.page_fd, sizeof(broker::TrafficPage));
    if (page == nullptr && flags.page_fd >= 0) log::warning("--page-fd {} is no file in memory: what is under way when this broker dies is not counted", flags.page_fd);
    return static_cast<broker::TrafficPage*>(page);
}

/// Milliseconds, in few letters.
std::string mark_of(std::uint64_t broker_epoch) {
    std::array<char, 13> digits;
    const auto end = std::to_chars(digits.begin(), digits.end(), broker_epoch / 1'000, 36).ptr;
    return std::string(digits.begin(), end) + '.';
}

broker::Options options_from(const Flags& flags) {
    const auto wall = std::chrono::system_clock::now().time_since_epoch();
    const auto epoch = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(wall).count());
    return {.system = flags.system,
            .host = flags.host,
            .version = PEACEPIE_VERSION,
            .broker_epoch = epoch,
            .client_mark = mark_of(epoch),
            .pid = ::getpid(),
            .page = traffic_page(flags),
            .is_successor = flags.successor,
            .bounds = bounds_from(flags),
            .rss_bytes = resident_bytes,
            .wall_seconds = [] { return static_cast<std::int64_t>(std::time(nullptr)); },
            .secret = fresh_secret};
}

bool follow_parent(int parent) {
    if (parent == 0) return true;
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    return ::getppid() == parent;  // it may have ended before the line above
}

void say_ready(const Flags& flags, const std::string& endpoint) {
    const auto line = endpoint + "\n";
    if (flags.ready_fd >= 0) {
        if (::write(flags.ready_fd, line.data(), line.size()) < 0)
            log::warning("--ready-fd {}: {}", flags.ready_fd, std::strerror(errno));
        ::close(flags.ready_fd);
    }
    if (flags.state_dir.empty()) return;
    std::ofstream file(fs::path(flags.state_dir) / "broker.endpoint");
    file << line << ::getpid() << "\n";
    if (!file) log::warning("cannot write {}/broker.endpoint", flags.state_dir);
}

/// Without it the system works all the same, so what is wrong with it is said and no more.
std::unique_ptr<broker::Ledger> ledger_of(const Flags& flags) {
    if (flags.ephemeral || flags.state_dir.empty()) return nullptr;
    const auto file = fs::path(flags.state_dir) / "registry.db";
    try {
        return std::make_unique<broker::SqliteLedger>(file, flags.forget);
    } catch (const Error& error) {
        log::error(log::Fields{{"code", error.code}},
                   "names are not kept: {}: {}. Give each system a --state-dir of its own; remove a file that is damaged", file.string(), error.text);
        return nullptr;
    }
}

int serve(const Flags& flags) {
    keep_freed_memory();
    const int signals = broker::open_signals();
    if (signals < 0) return log::error("no signalfd: {}", std::strerror(errno)), failed;
    broker::RouterLink link(broker::raise_descriptor_limit());
    if (const auto why = link.bind(broker::numeric_endpoint(flags.bind))) {
        log::error("cannot listen on {}: {}. Another broker may be running there: talk to it with `peacepie --broker {}`, "
                   "or choose another port with --bind", flags.bind, *why, flags.bind);
        return failed;
    }
    if (!is_local_endpoint(link.endpoint()))
        log::warning("LISTENING ON {} WITHOUT ENCRYPTION OR AUTHENTICATION: whoever reaches it controls this system",
                     link.endpoint());
    const SteadyClock clock;
    const auto ledger = ledger_of(flags);
    broker::Broker broker(link, clock, options_from(flags), ledger.get());
    log::info(log::Fields{{"endpoint", link.endpoint()}, {"system", flags.system}}, "listening on {}", link.endpoint());
    say_ready(flags, link.endpoint());
    const int status = broker::PollLoop(link, clock, broker, signals).run();
    if (!flags.state_dir.empty()) {
        std::error_code ignored;  // gone is what was wanted
        fs::remove(fs::path(flags.state_dir) / "broker.endpoint", ignored);
    }
    log::info("ended");
    return status;
}

}  // namespace

int main(int argc, char** argv) {
    Flags flags;
    CLI::App app("The broker of a peacepie system: routes messages between workers and clients, and answers HEAD's commands.");
    declare(app, flags);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : wrong_usage;
    }
    log::start({.component = "broker", .format = *log::format_of(flags.log_format), .level = *log::level_of(flags.log_level)});
    if (const auto wrong = wrong_with(flags); !wrong.empty()) return log::error("{}", wrong), wrong_usage;
    if (!flags.state_dir.empty() && !fs::is_directory(flags.state_dir)) {
        log::error("--state-dir {}: no such directory; make it first", flags.state_dir);
        return bad_configuration;
    }
    if (!follow_parent(flags.parent_pid)) return log::error("the parent process {} is gone", flags.parent_pid), failed;
    try {
        return serve(flags);
    } catch (const std::exception& error) {
        log::error("the broker cannot go on: {}", error.what());
        return failed;
    }
}
