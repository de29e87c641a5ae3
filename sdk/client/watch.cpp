// watch.cpp - `peacepie watch`: the messages an actor handles, as they are handled.
#include <csignal>

#include "client/command_line.hpp"
#include "client/json.hpp"
#include "client/printer.hpp"

namespace peacepie::client {
namespace {

struct WatchOptions {
    std::string name;
    std::vector<std::string> commands;
    std::uint64_t count = 0;
};

volatile std::sig_atomic_t stopped_by = 0;
void stop(int signal) { stopped_by = signal; }

void listen_for_signals() {
    struct sigaction action {};
    action.sa_handler = stop;
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
}

std::vector<std::string> commands_of(CommandLine& line, const std::string& recipient) {
    std::vector<std::string> commands;
    const Answer answer = line.ask(recipient, "describe");
    const Value* list = answer.body.find("commands");
    if (list == nullptr || list->as_array() == nullptr) return commands;
    for (const Value& command : *list->as_array())
        if (const Value* name = command.find("name"); name != nullptr && name->as_text() != nullptr)
            commands.push_back(*name->as_text());
    return commands;
}

void subscribe(CommandLine& line, const std::string& recipient, const std::vector<std::string>& commands) {
    for (const std::string& command : commands) line.ask(recipient, "subscribe", Value::Map{{"command", command}});
}

// The broker would find out by itself that nobody listens, but only with the next notification.
void unsubscribe(CommandLine& line, const std::string& recipient, const std::vector<std::string>& commands) try {
    for (const std::string& command : commands)
        line.client().ask(recipient, "unsubscribe", Value::Map{{"command", command}}, Milliseconds(1000));
} catch (const Error& error) {
    complain("the subscription could not be ended: " + safe(error.text));
}

std::string text_in(const Value& body, std::string_view key) {
    const Value* field = body.find(key);
    return field != nullptr && field->as_text() != nullptr ? safe(*field->as_text()) : std::string();
}

void show(const Message& message, bool json) {
    if (json) {
        print(json_of(message.body));
        return;
    }
    std::string text = in_colour(Colour::good, text_in(message.body, "command"));
    if (const Value* body = message.body.find("body"); body != nullptr && !body->is_nil()) text += " " + json_of(*body);
    if (const std::string sender = text_in(message.body, "sender"); !sender.empty())
        text += in_colour(Colour::quiet, "  from " + sender);
    print(text);
}

void subscribe_again_when_needed(CommandLine& line, const std::string& recipient,
                                 const std::vector<std::string>& commands, std::uint64_t& session) {
    line.client().connect();
    if (session == line.client().sessions()) return;
    subscribe(line, recipient, commands);
    if (session == 0) complain("watching " + safe(recipient) + "; Ctrl-C ends");
    session = line.client().sessions();
}

Exit follow(CommandLine& line, const std::string& recipient, const std::vector<std::string>& commands,
            std::uint64_t count) {
    std::uint64_t session = 0, shown = 0, missed = 0;
    for (;;) {
        if (stopped_by != 0) return stopped_by == SIGINT ? Exit::interrupted : Exit::terminated;
        subscribe_again_when_needed(line, recipient, commands, session);
        const auto message = line.client().next(Milliseconds(200));
        if (message && message->kind == Kind::send && message->command == "notification") {
            show(*message, line.json);
            if (++shown == count) return Exit::ok;
        }
        if (missed != line.client().missed()) {
            missed = line.client().missed();
            complain(std::to_string(missed) + " notifications came too fast and are not shown");
        }
    }
}

Exit watch(CommandLine& line, const WatchOptions& options) {
    listen_for_signals();
    const std::string recipient = recipient_of(options.name);
    const auto commands = options.commands.empty() ? commands_of(line, recipient) : options.commands;
    if (commands.empty()) throw UsageError("`" + options.name + "` has no commands of its own; name one to watch");
    const Exit end = follow(line, recipient, commands, options.count);
    unsubscribe(line, recipient, commands);
    return end;
}

}  // namespace

void add_watch(CLI::App& app, CommandLine& line) {
    auto* verb = add_verb(app, "watch", "print the messages an actor handles",
                          "watch dancer_00\nwatch hello_world tick --count 3\nwatch dancer_00 tick --json");
    auto options = std::make_shared<WatchOptions>();
    verb->add_option("NAME", options->name, "the actor")->required();
    verb->add_option("COMMAND", options->commands, "which commands; otherwise all that `describe` lists");
    verb->add_option("--count", options->count, "end after so many");
    verb->callback([&line, options] { line.action = [&line, options] { return watch(line, *options); }; });
}

}  // namespace peacepie::client
