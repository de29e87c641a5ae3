#include "client/app_file.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "client/mistakes.hpp"
#include "client/suggest.hpp"
#include "client/toml_node.hpp"
#include "wire/address.hpp"
#include "wire/limits.hpp"

namespace peacepie::client {
namespace {

// Collects mistakes instead of stopping at the first.
class Reader {
public:
    explicit Reader(const std::string& name) : mistakes_(name) { app_.name = name; }

    AppFile read(const TomlNode& document) {
        expect_fields(document, {"process", "actor"}, "an app file");
        for (const TomlNode& node : tables(document, "process")) read_process(node);
        for (const TomlNode& node : tables(document, "actor")) read_actor(node);
        if (app_.actors.empty() && mistakes_.is_empty()) wrong(1, "there is no [[actor]] in it");
        mistakes_.refuse();
        return std::move(app_);
    }

private:
    void wrong(int line, std::string text) { mistakes_.add(line, std::move(text)); }

    void expect_fields(const TomlNode& table, const std::vector<std::string>& known, const std::string& what) {
        for (const auto& [key, node] : table.fields)
            if (std::find(known.begin(), known.end(), key) == known.end())
                wrong(node.line, what + " has no `" + key + "`" + did_you_mean(key, known));
    }

    std::vector<TomlNode> tables(const TomlNode& document, const std::string& key) {
        const TomlNode* list = document.find(key);
        if (list == nullptr) return {};
        const bool all_tables = list->type == TomlNode::Type::array &&
                                std::all_of(list->items.begin(), list->items.end(), [](const TomlNode& item) {
                                    return item.type == TomlNode::Type::table;
                                });
        if (!all_tables) {
            wrong(list->line, "write [[" + key + "]] in double brackets, once for each");
            return {};
        }
        return list->items;
    }

    std::string text(const TomlNode& table, const std::string& key, const std::string& what, bool required) {
        const TomlNode* node = table.find(key);
        if (node == nullptr) {
            if (required) wrong(table.line, what + " needs `" + key + "`");
            return {};
        }
        const std::string* found = node->scalar.as_text();
        if (node->type != TomlNode::Type::scalar || found == nullptr || found->empty()) {
            wrong(node->line, "`" + key + "` must be a text");
            return {};
        }
        return *found;
    }

    std::string unique_name(const TomlNode& table, const std::string& what, std::map<std::string, int>& taken) {
        const std::string name = text(table, "name", what, true);
        if (name.empty()) return name;
        if (!is_name(name))
            wrong(table.find("name")->line, "`" + name + "` is no name: 1 to 128 of A-Z a-z 0-9 _ -, not starting with -");
        const auto [first, is_new] = taken.emplace(name, table.line);
        if (!is_new)
            wrong(table.find("name")->line,
                  what + " `" + name + "` is there already, in line " + std::to_string(first->second));
        return name;
    }

    void read_process(const TomlNode& node) {
        expect_fields(node, {"name"}, "a process");
        app_.processes.push_back({unique_name(node, "a process", process_lines_), node.line});
        if (app_.processes.back().name == "main") wrong(node.line, "`main` is the first process and runs already");
    }

    void read_actor(const TomlNode& node) {
        expect_fields(node, {"name", "package", "class", "process", "params", "commands", "restart", "durable", "group"}, "an actor");
        AppFile::Actor actor;
        actor.line = node.line;
        actor.name = unique_name(node, "an actor", actor_lines_);
        actor.package = text(node, "package", "an actor", true);
        actor.class_name = text(node, "class", "an actor", true);
        if (const std::string process = text(node, "process", "an actor", false); !process.empty()) {
            actor.process = process;
            check_process(*node.find("process"), process);
        }
        if (const TomlNode* package = node.find("package")) actor.package_line = package->line;
        if (const TomlNode* class_name = node.find("class")) actor.class_line = class_name->line;
        if (const TomlNode* params = node.find("params")) actor.params = read_params(*params);
        if (const TomlNode* commands = node.find("commands")) actor.commands = read_commands(*commands);
        for (const char* field : {"restart", "durable", "group"})
            if (const TomlNode* given = node.find(field)) actor.declared.set(field, read_declared(field, *given));
        app_.actors.push_back(std::move(actor));
    }

    Value read_declared(std::string_view field, const TomlNode& node) {
        if (field == "restart") one_of(node, "restart", {"permanent", "transient", "temporary"});
        if (field == "durable" && node.scalar.as_bool() == nullptr) wrong(node.line, "`durable` must be true or false");
        if (field != "group" || (node.type == TomlNode::Type::scalar && node.scalar.as_text() != nullptr)) return node.value();
        if (node.type != TomlNode::Type::table) return wrong(node.line, "`group` must be a name, or { name = \"band\", strategy = \"one_for_all\" }"), Value();
        expect_fields(node, {"name", "strategy", "intensity", "period"}, "a group");
        static_cast<void>(text(node, "name", "a group", true));
        if (const TomlNode* strategy = node.find("strategy")) one_of(*strategy, "strategy", {"one_for_one", "one_for_all", "rest_for_one"});
        return node.value();
    }

    void one_of(const TomlNode& node, std::string_view field, std::vector<std::string> words) {
        const auto* said = node.scalar.as_text();
        if (said != nullptr && std::find(words.begin(), words.end(), *said) != words.end()) return;
        std::string all;
        for (const auto& word : words) all += (all.empty() ? "" : ", ") + word;
        wrong(node.line, "`" + std::string(field) + "` must be one of " + all + (said != nullptr ? did_you_mean(*said, words) : ""));
    }

    void check_process(const TomlNode& node, const std::string& process) {
        std::vector<std::string> known{"main"};
        for (const auto& one : app_.processes) known.push_back(one.name);
        if (std::find(known.begin(), known.end(), process) == known.end())
            wrong(node.line, "no [[process]] is called `" + process + "`" + did_you_mean(process, known));
    }

    std::vector<AppFile::Param> read_params(const TomlNode& node) {
        std::vector<AppFile::Param> params;
        if (node.type != TomlNode::Type::table) wrong(node.line, "`params` must be a table: { period = 4 }");
        for (const auto& [name, value] : node.fields) params.push_back({name, value.value(), value.line});
        return params;
    }

    std::vector<AppFile::Command> read_commands(const TomlNode& node) {
        std::vector<AppFile::Command> commands;
        if (node.type != TomlNode::Type::array) wrong(node.line, "`commands` must be a list: [\"begin\"]");
        for (const TomlNode& item : node.items) commands.push_back(read_command(item));
        return commands;
    }

    AppFile::Command read_command(const TomlNode& node) {
        AppFile::Command command;
        command.line = node.line;
        if (node.type == TomlNode::Type::scalar && node.scalar.as_text() != nullptr) {
            command.command = *node.scalar.as_text();
        } else if (node.type == TomlNode::Type::table) {
            expect_fields(node, {"command", "body", "timeout"}, "a command");
            command.command = text(node, "command", "a command", true);
            if (const TomlNode* body = node.find("body")) command.body = body->value();
            if (const TomlNode* timeout = node.find("timeout")) command.timeout = seconds(*timeout);
        } else {
            wrong(node.line, "a command is a text, or a table with command, body and timeout");
            return command;
        }
        if (command.command.size() > limits::command_size_max) wrong(node.line, "the command is longer than 128 bytes");
        return command;
    }

    double seconds(const TomlNode& node) {
        double seconds = 0;
        if (const auto* integer = node.scalar.as_integer()) seconds = static_cast<double>(*integer);
        if (const auto* real = node.scalar.as_double()) seconds = *real;
        if (!(seconds > 0 && seconds <= 86400)) wrong(node.line, "`timeout` must be seconds, above 0 and at most a day");
        return seconds;
    }

    AppFile app_;
    Mistakes mistakes_;
    std::map<std::string, int> process_lines_;
    std::map<std::string, int> actor_lines_;
};

}  // namespace

AppFile read_app(std::string_view text, const std::string& name) { return Reader(name).read(read_toml(text, name)); }

}  // namespace peacepie::client
