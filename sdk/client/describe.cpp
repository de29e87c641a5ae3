// describe.cpp - `peacepie describe`: what an actor understands and how it is set.
#include "client/command_line.hpp"
#include "client/json.hpp"
#include "client/printer.hpp"
#include "wire/fields.hpp"

namespace peacepie::client {
namespace {

// greet  whom: text  [times: int]
std::string arguments_text(const Value& command) {
    std::string text;
    for (const Value& argument : list_in(command, "arguments")) {
        const Value* optional = argument.find("optional");
        const bool may_miss = optional != nullptr && optional->as_bool() != nullptr && *optional->as_bool();
        const std::string one = safe_text_in(argument, "name") + ": " + safe_text_in(argument, "type");
        text += (text.empty() ? "" : ", ") + (may_miss ? "[" + one + "]" : one);
    }
    return text;
}

void print_commands(const Value& description) {
    const auto& commands = list_in(description, "commands");
    if (commands.empty()) return;
    print("");
    std::vector<std::vector<std::string>> rows{{"COMMAND", "ARGUMENTS", "TEXT"}};
    for (const Value& command : commands)
        rows.push_back({safe_text_in(command, "name"), arguments_text(command), safe_text_in(command, "text")});
    print_table(rows);
}

void print_params(const Value& description) {
    const auto& params = list_in(description, "params");
    if (params.empty()) return;
    print("");
    std::vector<std::vector<std::string>> rows{{"PARAM", "TYPE", "VALUE", "DEFAULT", "TEXT"}};
    for (const Value& param : params) {
        const Value* value = param.find("value");
        const Value* fallback = param.find("default");
        rows.push_back({safe_text_in(param, "name"), safe_text_in(param, "type"), value != nullptr ? json_of(*value) : "",
                        fallback != nullptr ? json_of(*fallback) : "", safe_text_in(param, "text")});
    }
    print_table(rows);
}

Exit describe(CommandLine& line, const std::string& name) {
    const Answer answer = line.ask(recipient_of(name), "describe");
    const Value& description = answer.body;
    if (line.json) {
        print(json_of(description));
        return exit_of(answer);
    }
    print(in_colour(Colour::strong, safe_text_in(description, "name")));
    for (const char* key : {"class", "package", "version", "node"})
        if (const std::string text = safe_text_in(description, key); !text.empty())
            print(std::string("  ") + key + std::string(10 - std::string_view(key).size(), ' ') + text);
    print_commands(description);
    print_params(description);
    return exit_of(answer);
}

}  // namespace

void add_describe(CLI::App& app, CommandLine& line) {
    auto* verb = add_verb(app, "describe", "show an actor's commands and params",
                          "describe iterating_hello_world\ndescribe first.main.admin --json");
    auto name = std::make_shared<std::string>();
    verb->add_option("NAME", *name, "an actor's name, HOST.PROCESS.admin, or . for the head")->required();
    verb->callback([&line, name] { line.action = [&line, name] { return describe(line, *name); }; });
}

}  // namespace peacepie::client
