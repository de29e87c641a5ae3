// cli.cpp - `peacepie`: parses the line, runs the subcommand, turns what went wrong into a sentence and a number.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "client/command_line.hpp"
#include "client/json.hpp"
#include "client/printer.hpp"
#include "client/suggest.hpp"
#include "wire/limits.hpp"

namespace peacepie::client {
namespace {

constexpr const char* default_broker = "tcp://127.0.0.1:5998";

std::string version_text() {
    return std::string("peacepie " PEACEPIE_VERSION) + "\nprotocol " + std::to_string(limits::protocol_version) +
           ", plug-in ABI " PEACEPIE_ABI ", ZeroMQ " + Socket::library_version();
}

void add_global_options(CLI::App& app, CommandLine& line) {
    const char* broker = std::getenv("PEACEPIE_BROKER");
    line.broker = broker != nullptr && *broker != '\0' ? broker : default_broker;
    app.add_option("--broker", line.broker, "endpoint of the broker (env PEACEPIE_BROKER)")->capture_default_str();
    app.add_flag("--json", line.json, "print one JSON value per line");
    app.add_option("--timeout", line.timeout, "seconds to wait for an answer")
        ->check(CLI::Range(0.001, 86400.0))
        ->capture_default_str();
    app.set_version_flag("--version", version_text(), "print versions and end");
}

void add_verbs(CLI::App& app, CommandLine& line) {
    add_up(app, line);
    add_ask(app, line);
    add_send(app, line);
    add_tree(app, line);
    add_ps(app, line);
    add_describe(app, line);
    add_actors(app, line);
    add_processes(app, line);
    add_watch(app, line);
    add_dead(app, line);
    add_quit(app, line);
    add_completion(app, line);
}

// The verb that the line is about, as deep as it was understood.
const CLI::App& deepest(const CLI::App& app) {
    const auto chosen = app.get_subcommands();
    return chosen.empty() ? app : deepest(*chosen.back());
}

std::vector<std::string> words_of(const CLI::App& verb, bool options) {
    std::vector<std::string> words;
    for (const CLI::App* at = &verb; at != nullptr; at = at->get_parent()) {
        for (const CLI::Option* option : at->get_options())
            for (const std::string& name : option->get_lnames())
                if (options) words.push_back("--" + name);
        if (options) continue;
        for (const CLI::App* sub : at->get_subcommands([](const CLI::App* one) { return !one->get_name().empty(); }))
            words.push_back(sub->get_name());
        break;
    }
    return words;
}

// CLI11's sentence, and a suggestion for the first word it did not understand.
Exit explain(const CLI::App& app, const CLI::ParseError& error) {
    const CLI::App& verb = deepest(app);
    std::string name;
    for (const CLI::App* at = &verb; at != nullptr; at = at->get_parent())
        name = at->get_name() + (name.empty() ? "" : " " + name);
    std::string text = error.what();
    const auto strange = app.remaining(true);
    if (!strange.empty()) {
        const bool is_option = strange.front().starts_with('-');
        const std::string word = strange.front().substr(0, strange.front().find('='));
        const auto known = words_of(verb, is_option);
        if (is_option && std::find(known.begin(), known.end(), word) != known.end())
            text = "`" + word + "` stands behind `--`, where nothing is an option any more; write it before";
        else
            text = std::string(is_option ? "there is no option `" : "nothing is known of `") + safe(word) + "`" +
                   did_you_mean(word, known);
    }
    complain(text);
    std::fprintf(stderr, "Try `%s --help`.\n", name.c_str());
    return Exit::usage;
}

Exit run(int count, char** words) {
    CommandLine line;
    CLI::App app("Actors on a ZeroMQ message bus: run a system, talk to it, look at it.", "peacepie");
    app.require_subcommand(0, 1);
    app.fallthrough();
    app.footer("`peacepie VERB --help` has examples.  Exit codes: 0 ok, 1 failed, 2 usage, 3 not found, 4 denied,\n"
               "5 timeout, 6 no broker, 7 conflict, 8 incompatible, 70 internal, 78 bad configuration.");
    add_global_options(app, line);
    add_verbs(app, line);
    try {
        app.parse(count, words);
        if (!line.action) {
            std::fputs(app.help().c_str(), stderr);
            return Exit::usage;
        }
        return line.action();
    } catch (const CLI::Success& asked) {
        app.exit(asked);
        return Exit::ok;
    } catch (const CLI::ParseError& error) {
        return explain(app, error);
    } catch (const UsageError& error) {
        complain(error.what());
        return Exit::usage;
    } catch (const ConfigError& error) {
        complain(error.what());
        return Exit::bad_config;
    } catch (const Unreachable& error) {
        complain(error, line.json);
        return Exit::unreachable;
    } catch (const Incompatible& error) {
        complain(error, line.json);
        return Exit::incompatible;
    } catch (const Error& error) {
        complain(error, line.json);
        return exit_of(error.code);
    }
}

}  // namespace
}  // namespace peacepie::client

int main(int count, char** words) {
    using namespace peacepie::client;
    try {
        Exit end = run(count, words);
        // A full disk or a closed pipe below the data is a failure, not a success with less output.
        // What failed at an earlier line shows in the stream's state only.
        if ((std::fflush(stdout) != 0 || std::ferror(stdout) != 0) && end == Exit::ok) {
            complain("standard output cannot be written");
            end = Exit::failed;
        }
        return static_cast<int>(end);
    } catch (const std::exception& error) {
        complain(std::string("internal error: ") + error.what());
        return static_cast<int>(Exit::internal);
    }
}
