// watch.cpp - `peacepie watch`: the messages an actor handles, as they are handled.
#include <algorithm>
#include <chrono>
#include <csignal>

#include "client/command_line.hpp"
#include "client/json.hpp"
#include "client/manual.hpp"
#include "client/members.hpp"
#include "client/printer.hpp"
#include "client/suggest.hpp"

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

// Those that were named, when the actor has them; otherwise all that are its own.  The head checks for itself.
std::vector<std::string> commands_for(CommandLine& line, const std::string& recipient, const WatchOptions& options) {
    if (recipient.empty() && !options.commands.empty()) return options.commands;
    const Value manual = line.ask(recipient, "describe").body;
    if (options.commands.empty()) {
        auto own = names_in(manual, "commands");
        if (own.empty()) throw UsageError("`" + options.name + "` has no commands of its own; name one to watch");
        return own;
    }
    const auto known = commands_in(manual);
    for (const std::string& command : options.commands)
        if (std::find(known.begin(), known.end(), command) == known.end())
            throw Error(Fault::is_not_handled, "`" + options.name + "` has no command `" + command + "`" +
                                                   did_you_mean(command, known));
    return options.commands;
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

void show(const Message& message, bool json) {
    if (json) {
        print(json_of(message.body));
        return;
    }
    std::string text = in_colour(Colour::good, safe_text_in(message.body, "command"));
    if (const Value* body = message.body.find("body"); body != nullptr && !body->is_nil()) text += " " + json_of(*body);
    if (const std::string sender = safe_text_in(message.body, "sender"); !sender.empty())
        text += in_colour(Colour::quiet, "  from " + sender);
    print(text);
}

// A process that died and is back took the subscriptions along; looking for the name would find its actor alive.
void monitor(CommandLine& line, const std::string& recipient) try {
    line.client().ask("", "monitor", Value::Map{{"actor", recipient}}, Milliseconds(1000));
} catch (const Error&) {
    // one that was spawned, or an older broker: then the lookout is all there is
}

void subscribe_again_when_needed(CommandLine& line, const std::string& recipient,
                                 const std::vector<std::string>& commands, std::uint64_t& session) {
    line.client().connect();
    if (session == line.client().sessions()) return;
    subscribe(line, recipient, commands);
    if (!recipient.empty() && recipient.find('.') == std::string::npos) monitor(line, recipient);
    if (session == 0) complain("watching " + safe(recipient) + "; Ctrl-C ends");
    session = line.client().sessions();
}

// No notification says that there will be no more of them: who watches looks whether the actor is still there.
class Lookout {
public:
    explicit Lookout(std::string recipient) : recipient_(std::move(recipient)) {}

    /// False when the actor, or its process, is gone.
    bool sees(CommandLine& line) {
        if (recipient_.empty() || std::chrono::steady_clock::now() < next_) return true;
        next_ = std::chrono::steady_clock::now() + std::chrono::seconds(2);
        return seek(line, recipient_).has_value();
    }

private:
    const std::string recipient_;
    std::chrono::steady_clock::time_point next_;
};

Exit follow(CommandLine& line, const std::string& recipient, const std::vector<std::string>& commands,
            std::uint64_t count) {
    std::uint64_t session = 0, shown = 0, missed = 0;
    Lookout lookout(recipient);
    for (;;) {
        if (stopped_by != 0) return stopped_by == SIGINT ? Exit::interrupted : Exit::terminated;
        subscribe_again_when_needed(line, recipient, commands, session);
        const auto message = line.client().next(Milliseconds(200));
        if (message && message->kind == Kind::send && message->command == "notification") {
            show(*message, line.json);
            if (++shown == count) return Exit::ok;
        }
        if (message && message->kind == Kind::send && message->command == "down")
            throw Error(Fault::no_such_actor, "`" + recipient + "` is gone (" + safe_text_in(message->body, "reason") + "), so there is no more to watch");
        if (missed != line.client().missed()) {
            missed = line.client().missed();
            complain(std::to_string(missed) + " notifications came too fast and are not shown");
        }
        if (!lookout.sees(line)) throw Error(Fault::no_such_actor, "`" + recipient + "` is gone, so there is no more to watch");
    }
}

Exit watch(CommandLine& line, const WatchOptions& options) {
    listen_for_signals();
    const std::string recipient = recipient_of(options.name);
    const auto commands = commands_for(line, recipient, options);
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
