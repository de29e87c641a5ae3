// main.cpp - options, signals, wiring.  Started by hand it becomes its host's launcher and starts the worker as its child.
// Next: worker.hpp.
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <thread>

#include "launcher/launcher.hpp"
#include "log/heap.hpp"
#include "log/log.hpp"
#include "log/shared_page.hpp"
#include "wire/address.hpp"
#include "wire/bounds.hpp"
#include "wire/byte_size.hpp"
#include "wire/endpoint_check.hpp"
#include "worker/admin.hpp"
#include "worker/black_box.hpp"
#include "worker/broker_path.hpp"
#include "worker/dealer_link.hpp"
#include "worker/pump.hpp"
#include "worker/scheduler.hpp"
#include "worker/session.hpp"
#include "worker/worker.hpp"

namespace {

using namespace peacepie;

constexpr int exit_ok = 0, exit_failure = 1, exit_usage = 2, exit_conflict = 7;

struct Arguments {
    std::string broker = "tcp://127.0.0.1:5998";
    std::string host = "first";
    std::string process = "main";
    std::string packages;
    std::string log_format = "auto", log_level = "info";
    std::size_t loops = std::max(1u, std::thread::hardware_concurrency());
    std::int64_t handler_timeout = std::chrono::seconds(limits::handler_timeout_default).count();
    std::string memory_limit = "auto";
    std::vector<std::string> limits;
    bool log_messages = false;
    bool child = false;
    long parent_pid = 0;
    int black_box = -1;
    int tally = -1;
};

std::filesystem::path own_folder() { return std::filesystem::read_symlink("/proc/self/exe").parent_path(); }

/// Does not outlive its launcher, also when that is killed.
bool follow_parent(long pid) {
    if (pid == 0) return true;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    return getppid() == pid;
}

int serve(const Arguments& arguments) {
    keep_freed_memory();
    if (arguments.black_box >= 0) worker::black_box::arm(arguments.black_box);
    sigset_t signals;
    sigemptyset(&signals);
    for (int one : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, one);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    const int signal_descriptor = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    const int ended_descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    const SteadyClock clock;
    worker::Scheduler scheduler({arguments.loops, std::chrono::seconds(arguments.handler_timeout),
                                 byte_size_of(arguments.memory_limit).value_or(worker::usual_memory_limit())});
    worker::DealerLink link(arguments.broker);
    worker::Options options{arguments.host, arguments.process, arguments.packages, arguments.log_messages, Bounds::from(arguments.limits)};
    worker::Mailbox::capacity = {options.bounds[Bound::mailbox_length], options.bounds[Bound::mailbox_bytes]};
    worker::BrokerPath path(arguments.broker);
    if (path.is_remote()) options.look_for_broker = [&path](Nanoseconds now) { return path.look(now); };
    options.renew_connection = [&link](bool was_cut) { return link.renew_connection(was_cut); };
    options.page = static_cast<TallyPage*>(map_page(arguments.tally, sizeof(TallyPage)));  // none: what is counted dies with this process
    worker::Worker worker(clock, scheduler, std::move(options));
    worker::Pump pump(worker, link);
    scheduler.start(worker, pump, [ended_descriptor] { (void)eventfd_write(ended_descriptor, 1); });
    worker.begin();

    int terminations = 0, last_signal = 0;
    for (;;) {
        pollfd descriptors[] = {{signal_descriptor, POLLIN, 0}, {ended_descriptor, POLLIN, 0}};
        (void)::poll(descriptors, 2, -1);
        if ((descriptors[1].revents & POLLIN) != 0) break;
        signalfd_siginfo info;
        if (read(signal_descriptor, &info, sizeof info) != sizeof info || info.ssi_signo == SIGHUP) continue;
        last_signal = static_cast<int>(info.ssi_signo);
        if (++terminations > 1) _exit(128 + last_signal);
        worker.shut_down();
    }
    const int status = worker.admin().session().was_refused() ? exit_conflict : exit_ok;
    const bool has_stopped = scheduler.stop();
    worker::black_box::say_end(status);
    if (has_stopped) return status;
    log::warning("a handler does not return; leaving without it");
    _exit(status);
}

int launch(const Arguments& arguments) {
    launcher::Launcher::Options options;
    options.host = arguments.host;
    options.broker = arguments.broker;
    options.process = arguments.process;
    options.packages = arguments.packages;
    options.log_format = arguments.log_format;
    options.log_level = arguments.log_level;
    options.log_messages = arguments.log_messages;
    options.loops = arguments.loops;
    options.handler_timeout = std::chrono::seconds(arguments.handler_timeout);
    options.memory_limit = arguments.memory_limit;
    options.limits = arguments.limits;
    options.worker_binary = std::filesystem::read_symlink("/proc/self/exe").string();
    return launcher::Launcher(std::move(options)).run();
}

/// What is wrong with the arguments, as a sentence; empty when nothing is.
std::string wrong_with(const Arguments& arguments) {
    constexpr const char* no_name = "--{} {}: a name is 1 to 128 of A-Z a-z 0-9 _ - and begins with no -";
    if (!is_name(arguments.host)) return fmt::format(no_name, "host", log::escaped(arguments.host));
    if (!is_name(arguments.process)) return fmt::format(no_name, "process", log::escaped(arguments.process));
    if (!log::format_of(arguments.log_format)) return "--log-format is auto, human or json";
    if (!log::level_of(arguments.log_level)) return "--log-level is debug, info, warning or error";
    if (!is_memory_limit(arguments.memory_limit))
        return fmt::format("--memory-limit {}: must be {}", log::escaped(arguments.memory_limit), memory_limit_form);
    try {
        (void)Bounds::from(arguments.limits);
    } catch (const Error& error) {
        return "--limit: " + error.text;
    }
    const auto wrong = wrong_with_endpoint(arguments.broker, EndpointUse::connect);
    return wrong.empty() ? wrong : fmt::format("--broker {} {}", log::escaped(arguments.broker), wrong);
}

}  // namespace

int main(int count, char** values) {
    Arguments arguments;
    CLI::App app{"peacepie-worker - hosts actors and connects to a broker.\n"
                 "Example: peacepie-worker --broker tcp://127.0.0.1:5998 --host second --process main"};
    app.add_option("--broker", arguments.broker, "the broker's endpoint")->envname("PEACEPIE_BROKER")->capture_default_str();
    app.add_option("--host", arguments.host, "this host's name")->capture_default_str();
    app.add_option("--process", arguments.process, "this process's name on the host")->capture_default_str();
    app.add_option("--packages", arguments.packages, "folder with plug-in files (default: beside the program)");
    app.add_option("--loops", arguments.loops, "threads that run actors")->check(CLI::Range(1, 256))->capture_default_str();
    app.add_option("--handler-timeout", arguments.handler_timeout, "seconds after which a handler that has not returned ends this process; 0: never")
        ->check(CLI::Range(std::int64_t{0}, std::int64_t{std::chrono::seconds(limits::handler_timeout_max).count()}))->capture_default_str();
    app.add_option("--memory-limit", arguments.memory_limit, std::string(memory_limit_form))->capture_default_str();
    app.add_option("--limit", arguments.limits, "a bound of this host's workers, as NAME=VALUE; may be given several times")->allow_extra_args(false);
    app.add_option("--log-format", arguments.log_format, "auto, human or json")->capture_default_str();
    app.add_option("--log-level", arguments.log_level, "debug, info, warning or error")->capture_default_str();
    app.add_flag("--log-messages", arguments.log_messages, "one line per handled message");
    app.add_flag("--child", arguments.child, "be the worker itself: said by a launcher")->group("");
    app.add_option("--parent-pid", arguments.parent_pid, "end with that process")->group("");
    app.add_option("--black-box", arguments.black_box, "descriptor to tell of a crash")->group("");
    app.add_option("--tally", arguments.tally, "descriptor of the page where unread messages are counted")->group("");
    app.footer(bounds_help());
    app.set_version_flag("--version", "peacepie-worker " PEACEPIE_VERSION ", plug-in ABI 1, protocol 1");
    try {
        app.parse(count, values);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? exit_ok : exit_usage;
    }
    if (const auto wrong = wrong_with(arguments); !wrong.empty()) {
        std::fprintf(stderr, "peacepie-worker: %s\n", wrong.c_str());
        return exit_usage;
    }
    if (arguments.packages.empty()) arguments.packages = (own_folder().parent_path() / "lib/peacepie/packages").string();
    log::start({arguments.child ? "worker" : "launcher", *log::format_of(arguments.log_format),
                *log::level_of(arguments.log_level),
                {{"host", arguments.host}, {"process", arguments.process}}});
    try {
        if (!arguments.child) return launch(arguments);
        if (!follow_parent(arguments.parent_pid)) return exit_failure;
        return serve(arguments);
    } catch (const Error& error) {
        log::error({{"code", error.code}}, "{}", error.text);
        worker::black_box::say_end(exit_failure);
        return exit_failure;
    }
}
