// up.cpp - `peacepie up`: broker and first worker in the foreground, with nothing but defaults.
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <thread>
#include <unistd.h>

#include "client/app_check.hpp"
#include "client/app_start.hpp"
#include "client/command_line.hpp"
#include "client/printer.hpp"
#include "client/settings.hpp"
#include "client/settings_file.hpp"
#include "client/state_directory.hpp"
#include "client/toml_node.hpp"
#include "launcher/launcher.hpp"
#include "log/log.hpp"
#include "wire/bounds.hpp"

namespace peacepie::client {
namespace {

namespace fs = std::filesystem;

struct UpOptions {
    std::string config;
    std::string app;
    std::string state_dir;
    bool no_console = false;
    Layer flags;
};

fs::path own_directory() {
    std::error_code error;
    const fs::path self = fs::read_symlink("/proc/self/exe", error);
    if (error) throw ConfigError("/proc/self/exe cannot be read, so the other programs cannot be found");
    return self.parent_path();
}

std::string sibling(const fs::path& directory, const std::string& name) {
    const fs::path program = directory / name;
    if (access(program.c_str(), X_OK) != 0)
        throw ConfigError(program.string() + " is missing; it is built and installed together with peacepie");
    return program.string();
}

Settings settle(const UpOptions& options, const fs::path& state) {
    fs::path file = options.config;
    if (file.empty()) {
        file = state / "peacepie.toml";
        if (write_first_settings(file)) complain("wrote the settings with their defaults to " + file.string());
    }
    const Layer from_file = file_layer(read_config_file(file), file.string());
    const Layer from_environment = environment_layer([](const char* name) { return std::getenv(name); });
    return merged({&from_file, &from_environment, &options.flags});
}

std::string packages_of(const Settings& settings, const fs::path& directory) {
    const fs::path packages =
        settings.packages.empty() ? directory / ".." / "lib" / "peacepie" / "packages" : fs::path(settings.packages);
    std::error_code error;
    if (!settings.packages.empty() && !fs::is_directory(packages, error))
        throw ConfigError("packages: " + packages.string() + " is no directory");
    const fs::path canonical = fs::weakly_canonical(packages, error);
    return error ? packages.string() : canonical.string();
}

bool logs_for_people(const Settings& settings) {
    return settings.log_format == "human" || (settings.log_format == "auto" && isatty(STDERR_FILENO) == 1);
}

// For a person plain lines, for a program one line of log.
void say_ready(const launcher::Ready& ready, bool for_people) {
    const std::string broker = ready.broker == "tcp://127.0.0.1:5998" ? "" : " --broker " + ready.broker;
    if (!for_people) {
        log::info({{"broker", ready.broker}, {"system", ready.system}, {"node", ready.node}}, "ready");
        return;
    }
    complain("system " + ready.system + " is ready at " + ready.broker + "; its first process is " + ready.node +
             "\n  Now type in another terminal:\n"
             "    peacepie create hello_world --class peacepie_example/HelloWorld" + broker + "\n"
             "    peacepie ask hello_world tick" + broker + "\n"
             "    peacepie tree" + broker + "\n"
             "  Ctrl-C here ends the system.");
}

// The app is started beside the launcher, which must stay free to start its processes.
class AppThread {
public:
    AppThread(AppFile app, std::shared_ptr<launcher::Control> control, bool for_people)
        : app_(std::move(app)), control_(std::move(control)), for_people_(for_people) {}
    ~AppThread() {
        if (thread_.joinable()) thread_.join();
    }
    AppThread(const AppThread&) = delete;
    AppThread& operator=(const AppThread&) = delete;

    void begin(const launcher::Ready& ready) {
        thread_ = std::thread([this, ready] { run(ready); });
    }

private:
    void run(const launcher::Ready& ready) try {
        Client client(ready.broker, ClientOptions{.name = "app"});
        check_app(client, app_, ready.node);
        start_app(client, app_, ready.node, [this](const std::string& step) { say(step); });
        say("all of " + app_.name + " is started");
    } catch (const ConfigError& error) {
        std::stringstream lines(error.what());
        for (std::string line; std::getline(lines, line);) complain_of(line);
        control_->stop(static_cast<int>(Exit::bad_config));
    } catch (const Error& error) {
        complain_of(error.text);
        control_->stop(static_cast<int>(Exit::failed));
    }
    void complain_of(const std::string& text) {
        if (for_people_) complain(safe(text));
        else log::error("{}", text);
    }
    void say(const std::string& step) {
        if (for_people_) complain(safe(step));
        else log::info("{}", step);
    }

    const AppFile app_;
    const std::shared_ptr<launcher::Control> control_;
    const bool for_people_;
    std::thread thread_;
};

Exit up(const UpOptions& options) {
    const fs::path directory = own_directory();
    const fs::path state = state_directory(options.state_dir, [](const char* name) { return std::getenv(name); });
    prepare(state);
    if (const auto endpoint = broker_in(state))
        complain("the system at " + *endpoint + " keeps its state in " + state.string() +
                 " too; give this one a directory of its own with --state-dir");
    const Settings settings = settle(options, state);
    std::optional<AppFile> app;
    if (!options.app.empty()) app = read_app(read_config_file(options.app), options.app);
    if (settings.console_port != 0 && !options.no_console)
        complain("the web console comes in a later version; going on without");
    const bool for_people = logs_for_people(settings);

    launcher::Launcher::Options run;
    run.host = settings.host;
    run.start_broker = launcher::BrokerOptions{.binary = sibling(directory, "peacepie-broker"),
                                               .bind = settings.bind,
                                               .system = settings.system,
                                               .insecure_bind = settings.insecure_bind,
                                               .state_dir = state.string(),
                                               .ephemeral = settings.ephemeral};
    run.worker_binary = sibling(directory, "peacepie-worker");
    run.packages = packages_of(settings, directory);
    run.log_format = settings.log_format;
    run.log_level = settings.log_level;
    run.log_messages = settings.log_messages;
    run.loops = static_cast<std::size_t>(settings.loops);
    run.handler_timeout = std::chrono::seconds(settings.handler_timeout);
    run.memory_limit = settings.memory_limit;
    run.limits = settings.limits;
    run.control = std::make_shared<launcher::Control>();
    std::optional<AppThread> app_thread;
    if (app) app_thread.emplace(*app, run.control, for_people);
    run.on_ready = [&app_thread, for_people](const launcher::Ready& ready) {
        say_ready(ready, for_people);
        if (app_thread) app_thread->begin(ready);
    };
    return static_cast<Exit>(launcher::run(std::move(run)));
}

// A flag that was given becomes a setting; what was not given leaves the word to environment and file.
void add_setting(CLI::App& verb, UpOptions& options, const SettingKind& kind, const std::string& placeholder) {
    const std::string flag = flag_name(kind.name);
    const std::string name(kind.name);
    const std::string text(kind.text);
    if (kind.fallback.as_bool() != nullptr) {
        verb.add_flag_callback(flag, [&options, name, flag] { options.flags[name] = {true, flag}; }, text);
    } else if (kind.fallback.as_integer() != nullptr) {
        verb.add_option_function<std::int64_t>(
                flag, [&options, name, flag](const std::int64_t& number) { options.flags[name] = {number, flag}; }, text)
            ->type_name(placeholder);
    } else {
        verb.add_option_function<std::string>(
                flag, [&options, name, flag](const std::string& value) { options.flags[name] = {value, flag}; }, text)
            ->type_name(placeholder);
    }
}

}  // namespace

void add_up(CLI::App& app, CommandLine& line) {
    auto* verb = add_verb(app, "up", "run a broker and a first worker in the foreground",
                          "up\nup --bind tcp://127.0.0.1:0 --system queen\nup --app examples/circle.toml\n"
                          "up --state-dir /tmp/try --log-level debug", Asks::nobody);
    auto options = std::make_shared<UpOptions>();
    verb->add_option("--config", options->config, "settings file instead of STATE_DIR/peacepie.toml");
    verb->add_option("--app", options->app, "file with processes and actors to start");
    verb->add_option("--state-dir", options->state_dir,
                     "where state is kept (env PEACEPIE_STATE_DIR; default ~/.local/state/peacepie)");
    for (const SettingKind& kind : setting_kinds()) add_setting(*verb, *options, kind, "VALUE");
    verb->add_option_function<std::vector<std::string>>(
            "--limit",
            [options](const std::vector<std::string>& words) {
                for (const auto& word : words) add_limit(options->flags, word, "--limit");
            },
            "a bound of the broker or of each worker, as NAME=VALUE; may be given several times (env PEACEPIE_LIMITS)")
        ->allow_extra_args(false)
        ->type_name("NAME=VALUE");
    verb->footer(bounds_help() + verb->get_footer());
    verb->add_flag("--no-console", options->no_console, "no web console");
    verb->callback([&line, options] { line.action = [options] { return up(*options); }; });
}

}  // namespace peacepie::client
