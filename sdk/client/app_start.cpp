#include "client/app_start.hpp"

#include <map>

#include "client/exit_code.hpp"
#include "client/json.hpp"
#include "wire/fields.hpp"
#include "wire/limits.hpp"

namespace peacepie::client {
namespace {

Value params_of(const AppFile::Actor& actor) {
    Value params = Value::Map{};
    for (const auto& param : actor.params) params.set(param.name, param.value);
    return params;
}

class Start {
public:
    Start(Client& client, const AppFile& app, std::string first_node)
        : client_(client), app_(app), nodes_{{"main", std::move(first_node)}} {}

    std::string process(const AppFile::Process& process) {
        const Answer answer = ask(process.line, nodes_["main"], "create_process", {}, limits::process_start_timeout);
        const std::string node = nodes_[process.name] = text_in(answer.body, "node");
        return "process " + process.name + " is " + node;
    }

    std::string actor(const AppFile::Actor& actor) {
        Value body = Value::Map{
            {"class_desc", Value::Map{{"requires_dist", actor.package}, {"class", actor.class_name}}},
            {"name", actor.name}};
        if (!actor.params.empty()) body.set("params", params_of(actor));
        for (const auto& [field, value] : *actor.declared.as_map()) body.set(field, value);
        ask(actor.line, nodes_[actor.process], "create_actor", body, limits::ask_timeout_default);
        return "actor " + actor.name + " lives in " + nodes_[actor.process];
    }

    std::string command(const AppFile::Actor& actor, const AppFile::Command& command) {
        const auto patience = std::chrono::ceil<Milliseconds>(std::chrono::duration<double>(command.timeout));
        const Answer answer = ask(command.line, actor.name, command.command, command.body, patience);
        return actor.name + " " + command.command + ": " + answer.command +
               (answer.body.is_nil() ? "" : " " + json_of(answer.body));
    }

private:
    Answer ask(int line, const std::string& recipient, const std::string& command, const Value& body,
               std::chrono::nanoseconds patience) {
        const std::string where = app_.name + ":" + std::to_string(line) + ": " + command;
        try {
            Answer answer = client_.ask(recipient, command, body, std::chrono::ceil<Milliseconds>(patience));
            if (exit_of(answer) == Exit::ok) return answer;
            throw Error(answer.command, text_in(answer.body, "text"));
        } catch (const Error& error) {
            throw Error(error.code, where + " failed: " + error.code + ": " + error.text);
        }
    }

    Client& client_;
    const AppFile& app_;
    std::map<std::string, std::string> nodes_;
};

}  // namespace

void start_app(Client& client, const AppFile& app, const std::string& first_node,
               const std::function<void(const std::string&)>& told) {
    Start start(client, app, first_node);
    for (const auto& process : app.processes) told(start.process(process));
    for (const auto& actor : app.actors) {
        told(start.actor(actor));
        for (const auto& command : actor.commands) told(start.command(actor, command));
    }
}

}  // namespace peacepie::client
