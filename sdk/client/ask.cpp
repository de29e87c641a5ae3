// ask.cpp - `peacepie ask`, `send` and `quit`: a command to whoever handles it.
#include <memory>

#include "client/command_line.hpp"
#include "client/members.hpp"
#include "wire/address.hpp"

namespace peacepie::client {
namespace {

struct MessageOptions {
    std::string recipient;
    std::string command;
    std::string body;
    bool reliable = false;
};

std::shared_ptr<MessageOptions> take_message(CLI::App& verb) {
    auto options = std::make_shared<MessageOptions>();
    verb.add_option("RECIPIENT", options->recipient, "an actor's name, HOST.PROCESS.admin, or . for the head")->required();
    verb.add_option("COMMAND", options->command, "e.g. tick")->required();
    verb.add_option("BODY", options->body, "JSON, @FILE, or - for standard input");
    return options;
}

Exit ask(CommandLine& line, const MessageOptions& options) {
    const Value body = body_of_argument(options.body);
    const std::string recipient = recipient_of(options.recipient);
    return finish(line, options.reliable ? line.ask_reliably(recipient, options.command, body) : line.ask(recipient, options.command, body));
}

// Nobody answers a send, and one to nobody is a dead letter.  So that a typo in the name is
// noticed, the head is asked for it first.  The ping behind the send comes back when the broker has taken the send; only
// a session that was closed meanwhile complains about it.
Exit send(CommandLine& line, const MessageOptions& options) {
    const Value body = body_of_argument(options.body);
    const std::string recipient = recipient_of(options.recipient);
    if (!recipient.empty() && Address::parse(recipient)) (void)node_of_actor(line, recipient);
    const auto mid = line.client().send(recipient, options.command, body);
    line.ask("", "ping");
    while (auto message = line.client().next(Milliseconds(0)))
        if (message->kind == Kind::error && message->mid == mid) throw Refused(*message);
    return Exit::ok;
}

}  // namespace

void add_ask(CLI::App& app, CommandLine& line) {
    auto* verb = add_verb(app, "ask", "send a command and print its answer",
                          "ask hello_world tick\n"
                          "ask first.main.admin create_actor '{\"class_desc\": {\"requires_dist\": \"peacepie_example\", "
                          "\"class\": \"HelloWorld\"}, \"name\": \"hello_world\"}'\n"
                          "ask iterating_hello_world set_params @params.json\n"
                          "ask . get_all_nodes --timeout 2");
    auto options = take_message(*verb);
    verb->add_flag("--reliable", options->reliable, "ask an actor again and again until it answers, within the timeout; it handles the command once");
    verb->callback([&line, options] { line.action = [&line, options] { return ask(line, *options); }; });
}

void add_send(CLI::App& app, CommandLine& line) {
    auto* verb = add_verb(app, "send", "send a command without waiting for an answer",
                          "send dancer_00 tick\nsend greeter greet '{\"whom\": \"Anna\"}'\nsend greeter greet - <body.json");
    auto options = take_message(*verb);
    verb->callback([&line, options] { line.action = [&line, options] { return send(line, *options); }; });
}

void add_quit(CLI::App& app, CommandLine& line) {
    auto* verb = add_verb(app, "quit", "end the whole system in order", "quit");
    verb->callback([&line] { line.action = [&line] { return finish(line, line.ask("", "quit")); }; });
}

}  // namespace peacepie::client
