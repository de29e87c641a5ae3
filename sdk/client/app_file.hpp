// app_file.hpp - a declared application: processes, actors, their params and their first commands.
//
//     [[process]]                     # one more worker process; its real name is the system's choice
//     name = "stage"                  # what this file calls it
//
//     [[actor]]
//     name    = "starter"
//     package = "peacepie_example"    # may carry a condition: "peacepie_example>=0.2"
//     class   = "CircleStarter"
//     process = "stage"               # or "main", which is the default
//     params  = { period = 4 }
//     durable = true                  # as in the body of create_actor; so are restart = "permanent" and
//     group   = { name = "band", strategy = "one_for_all" }
//     commands = ["begin", { command = "tick", body = {}, timeout = 30 }]
//
// Values and a pure function, any thread.  A file is accepted as a whole or refused as a whole, with every mistake.
// Next: app_check.hpp holds it against the packages, app_start.hpp carries it out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wire/value.hpp"

namespace peacepie::client {

struct AppFile {
    struct Process {
        std::string name;
        int line = 0;
    };
    struct Command {
        std::string command;
        Value body;
        double timeout = 10;  ///< seconds
        int line = 0;
    };
    struct Param {
        std::string name;
        Value value;
        int line = 0;
    };
    struct Actor {
        std::string name;
        std::string package;
        std::string class_name;
        std::string process = "main";
        std::vector<Param> params;  ///< the others keep their defaults
        std::vector<Command> commands;
        Value declared = Value::Map{};  ///< restart, durable, group: what is given of them
        int line = 0, package_line = 0, class_line = 0;
    };

    std::string name;  ///< of the file
    std::vector<Process> processes;
    std::vector<Actor> actors;
};

/// Throws ConfigError with a line "NAME:LINE: ..." for each mistake.
[[nodiscard]] AppFile read_app(std::string_view text, const std::string& name);

}  // namespace peacepie::client
