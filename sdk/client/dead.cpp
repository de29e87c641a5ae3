// dead.cpp - `peacepie dead`: messages that reached nobody; they are shown, sent again or forgotten.
#include <charconv>
#include <ctime>

#include "client/command_line.hpp"
#include "client/json.hpp"
#include "client/printer.hpp"
#include "wire/fields.hpp"

namespace peacepie::client {
namespace {

struct DeadOptions {
    std::string reason;
    std::string recipient;
    std::vector<std::string> ids;
    bool again = false;
    bool forget = false;
};

std::string cell_of(const Value& letter, std::string_view key) { return safe_text_in(letter, key, "-"); }

std::string time_text(std::int64_t seconds) {
    const auto when = static_cast<std::time_t>(seconds);
    std::tm parts{};
    char text[32];
    if (localtime_r(&when, &parts) == nullptr || std::strftime(text, sizeof text, "%F %T", &parts) == 0) return "-";
    return text;
}

std::int64_t id_of(const std::string& word) {
    std::int64_t id = 0;
    const auto [end, failure] = std::from_chars(word.data(), word.data() + word.size(), id);
    if (failure != std::errc{} || end != word.data() + word.size() || id < 1)
        throw UsageError("`" + safe(word) + "` is no id; the first column of `peacepie dead` has them");
    return id;
}

Value selection_of(const DeadOptions& options) {
    Value body = Value::Map{};
    if (!options.reason.empty()) body.set("reason", options.reason);
    if (!options.recipient.empty()) body.set("recipient", options.recipient);
    Value::Array ids;
    for (const auto& word : options.ids) ids.emplace_back(id_of(word));
    if (!ids.empty()) body.set("ids", std::move(ids));
    return body;
}

// Beside the letters, how many there were in all: the store is bounded.
void print_sums(const Value& body) {
    std::string text = std::to_string(integer_in(body, "kept")) + " kept, " + std::to_string(integer_in(body, "sent_again")) + " sent again, " +
                       std::to_string(integer_in(body, "forgotten")) + " forgotten";
    if (const Value* reasons = body.find("by_reason"); reasons != nullptr && reasons->as_map())
        for (const auto& [reason, count] : *reasons->as_map())
            text += "; " + safe(reason) + " " + std::to_string(count.as_integer() ? *count.as_integer() : 0);
    if (const auto lost = integer_in(body, "lost"); lost != 0) text += "; lost " + std::to_string(lost);
    print(in_colour(Colour::quiet, text));
}

/// Messages that no letter was made of, because they were lost with a process or a broker.
void print_losses(const Value& body, bool as_json) {
    for (const Value& loss : list_in(body, "losses")) {
        if (as_json) print(json_of(Value(Value::Map{{"loss", loss}})));
        else print(time_text(integer_in(loss, "time")) + "  " + cell_of(loss, "text"));
    }
}

Exit list(CommandLine& line, const DeadOptions& options) {
    std::vector<std::vector<std::string>> rows{{"ID", "TIME", "REASON", "FROM", "TO", "COMMAND", "BYTES"}};
    Value last, first;
    for (std::int64_t page = 1, pages = 1; page <= pages; ++page) {
        Value body = selection_of(options);
        if (page > 1) body.set("page", page);
        last = line.ask("", "get_dead_letters", body).body;
        if (page == 1) first = last;  // has the losses
        if (const Value* nav = last.find("nav")) pages = integer_in(*nav, "pages");
        const auto& letters = list_in(last, "letters");
        if (letters.empty()) break;
        for (const Value& letter : letters) {
            if (line.json) print(json_of(letter));
            rows.push_back({std::to_string(integer_in(letter, "id")), time_text(integer_in(letter, "time")), cell_of(letter, "reason"),
                            cell_of(letter, "sender"), cell_of(letter, "recipient"), cell_of(letter, "command"),
                            std::to_string(integer_in(letter, "bytes"))});
        }
    }
    if (line.json) return print_losses(first, true), Exit::ok;
    if (rows.size() > 1) print_table(rows);
    print_losses(first, false);
    print_sums(last);
    return Exit::ok;
}

Exit dead(CommandLine& line, const DeadOptions& options) {
    if (options.again) return finish(line, line.ask("", "send_again", selection_of(options)));
    if (options.forget) return finish(line, line.ask("", "forget_dead_letters", selection_of(options)));
    return list(line, options);
}

}  // namespace

void add_dead(CLI::App& app, CommandLine& line) {
    auto* verb = add_verb(app, "dead", "show messages that reached nobody, send them again or forget them",
                          "dead\n"
                          "dead --reason no_such_actor\n"
                          "dead --recipient greeter --again\n"
                          "dead --again 17 18\n"
                          "dead --reason mailbox_full --forget");
    auto options = std::make_shared<DeadOptions>();
    verb->add_option("--reason", options->reason, "only those that failed so, for example no_such_actor");
    verb->add_option("--recipient", options->recipient, "only those to that actor");
    verb->add_option("ID", options->ids, "only those with these ids");
    auto* again = verb->add_flag("--again", options->again, "send them again, oldest first");
    verb->add_flag("--forget", options->forget, "forget them")->excludes(again);
    verb->callback([&line, options] { line.action = [&line, options] { return dead(line, *options); }; });
}

}  // namespace peacepie::client
