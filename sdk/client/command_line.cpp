#include "client/command_line.hpp"

#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <istream>

#include "client/json.hpp"
#include "client/printer.hpp"
#include "wire/convert.hpp"
#include "wire/limits.hpp"

namespace peacepie::client {
namespace {

std::string read_all(std::istream& from, const std::string& name) {
    constexpr std::size_t largest = 2 * limits::body_size_max;  // base64 and escapes make JSON longer than the body
    std::string text;
    std::string piece(64 << 10, '\0');
    while (from.read(piece.data(), static_cast<std::streamsize>(piece.size())) || from.gcount() > 0) {
        text.append(piece.data(), static_cast<std::size_t>(from.gcount()));
        if (text.size() > largest) throw UsageError(name + " is larger than a body may be (16 MiB)");
    }
    if (from.bad()) throw UsageError(name + " cannot be read");
    return text;
}

}  // namespace

Client& CommandLine::client() try {
    if (!client_) client_ = std::make_unique<Client>(broker, ClientOptions{.name = "peacepie"});
    return *client_;
} catch (const Error& error) {
    if (error.code != code_of(Fault::bad_argument)) throw;
    throw UsageError(error.text);
}

Milliseconds CommandLine::patience() const {
    return std::chrono::ceil<Milliseconds>(std::chrono::duration<double>(timeout));
}

Answer CommandLine::ask_reliably(std::string_view recipient, std::string_view command, const Value& body) {
    return client().ask_reliably(recipient, command, body, patience());
}

Answer CommandLine::ask(std::string_view recipient, std::string_view command, const Value& body, Milliseconds longer_by) {
    return client().ask(recipient, command, body, patience() + longer_by);
}

Exit finish(const CommandLine& line, const Answer& answer) {
    print_answer(answer, line.json);
    return exit_of(answer);
}

std::string recipient_of(const std::string& typed) {
    std::string recipient = typed;
    if (typed == ".") {
        recipient.clear();
    } else if (typed.starts_with('{')) {
        try {
            recipient = convert<Address>::from(value_of_json(typed)).text();
        } catch (const Error& error) {
            throw UsageError("the recipient " + typed + " is no address: " + error.text);
        }
    }
    if (recipient.size() > limits::address_size_max) throw UsageError("the recipient is longer than an address may be");
    return recipient;
}

Value body_of_argument(const std::string& typed) {
    if (typed.empty()) return {};
    std::string text = typed;
    std::string name = "the body";
    if (typed == "-") {
        name = "standard input";
        text = read_all(std::cin, name);
    } else if (typed.starts_with('@')) {
        name = typed.substr(1);
        std::ifstream file(name, std::ios::binary);
        if (!file) throw UsageError("cannot open " + name + "; after @ stands a file with the body as JSON");
        text = read_all(file, name);
    }
    try {
        return value_of_json(text);
    } catch (const Error& error) {
        throw UsageError(name + ": " + error.text);
    }
}

CLI::App* add_verb(CLI::App& app, const std::string& name, const std::string& what, const std::string& examples, Asks asks) {
    CLI::App* verb = app.add_subcommand(name, what);
    verb->fallthrough();
    std::string footer = "Examples:\n";
    std::size_t from = 0;
    while (from < examples.size()) {
        const std::size_t end = std::min(examples.find('\n', from), examples.size());
        footer += "  peacepie " + examples.substr(from, end - from) + "\n";
        from = end + 1;
    }
    if (asks == Asks::the_system)
        footer += "Options of every command:\n"
                  "  --broker ENDPOINT  of the system (env PEACEPIE_BROKER; default tcp://127.0.0.1:5998)\n"
                  "  --timeout SECONDS  to wait for an answer (default 10)\n"
                  "  --json             one JSON value per line\n";
    verb->footer(footer);
    return verb;
}

}  // namespace peacepie::client
