// command_line.hpp - what every subcommand of `peacepie` shares: the global options, the client, the way to ask.
//
// Made by cli.cpp, which is the one thread.  A subcommand is added by one function; while the line is parsed it leaves
// its work in `action`, which runs afterwards.
// Next: ask.cpp, tree.cpp, describe.cpp, actors.cpp, processes.cpp, watch.cpp, dead.cpp, up.cpp add the subcommands.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "client/client.hpp"
#include "client/exit_code.hpp"

namespace peacepie::client {

struct CommandLine {
    std::string broker;
    bool json = false;
    double timeout = 10;
    std::function<Exit()> action;

    [[nodiscard]] Client& client();
    [[nodiscard]] Milliseconds patience() const;
    /// Asks with the timeout of the line, or longer when the answer cannot come sooner.
    Answer ask(std::string_view recipient, std::string_view command, const Value& body = {}, Milliseconds longer_by = Milliseconds(0));
    Answer ask_reliably(std::string_view recipient, std::string_view command, const Value& body);

private:
    std::unique_ptr<Client> client_;
};

/// Prints the answer; -> what it means to a shell.
[[nodiscard]] Exit finish(const CommandLine& line, const Answer& answer);

/// What a person typed as a recipient: text, the map {"system", "node", "entity"}, or `.` for the head (empty).
[[nodiscard]] std::string recipient_of(const std::string& typed);
/// What a person typed as a body: JSON, @FILE, `-` for standard input; nothing typed is nil.
[[nodiscard]] Value body_of_argument(const std::string& typed);

enum class Asks { the_system, nobody };

/// Adds a subcommand with its help and its examples (one per line, without the `peacepie `).  The help of one that asks
/// the system lists the global options as well.
CLI::App* add_verb(CLI::App& app, const std::string& name, const std::string& what, const std::string& examples,
                   Asks asks = Asks::the_system);

void add_ask(CLI::App& app, CommandLine& line);
void add_send(CLI::App& app, CommandLine& line);
void add_tree(CLI::App& app, CommandLine& line);
void add_ps(CLI::App& app, CommandLine& line);
void add_describe(CLI::App& app, CommandLine& line);
void add_actors(CLI::App& app, CommandLine& line);  ///< create, rm, move
void add_processes(CLI::App& app, CommandLine& line);
void add_watch(CLI::App& app, CommandLine& line);
void add_dead(CLI::App& app, CommandLine& line);
void add_quit(CLI::App& app, CommandLine& line);
void add_up(CLI::App& app, CommandLine& line);
void add_completion(CLI::App& app, CommandLine& line);

}  // namespace peacepie::client
