// tree.cpp - `peacepie tree` and `peacepie ps`: what runs where.
#include <cmath>
#include <cstdio>

#include "client/command_line.hpp"
#include "client/members.hpp"
#include "client/json.hpp"
#include "client/printer.hpp"
#include "wire/fields.hpp"

namespace peacepie::client {
namespace {

struct Branch {
    std::string name;
    std::vector<Branch> twigs;
};

// Hosts, their processes, their actors; an actor has no twigs.
std::vector<Branch> grow(CommandLine& line, const std::string& recipient, const std::string& level, const std::string& id,
                         int depth) {
    constexpr int deepest = 3;  // HEAD, PRIME, PROCESS: what claims to be deeper is no system of ours
    std::vector<Branch> branches;
    for (const Member& member : members_of(line, recipient, level, id)) {
        if (member.id == id) continue;  // a process lists its own admin first
        Branch branch{member.id, {}};
        const bool has_more = member.next_level == "PRIME" || member.next_level == "PROCESS" || member.next_level == "ACTORS";
        if (has_more && depth < deepest)
            branch.twigs = grow(line, member.recipient, member.next_level, member.id, depth + 1);
        branches.push_back(std::move(branch));
    }
    return branches;
}

void draw(const std::vector<Branch>& branches, const std::string& indent) {
    for (const Branch& branch : branches) {
        const bool last = &branch == &branches.back();
        print(in_colour(Colour::quiet, indent + (last ? "└─ " : "├─ ")) + safe(branch.name));
        draw(branch.twigs, indent + (last ? "   " : "│  "));
    }
}

Value as_value(const std::vector<Branch>& branches) {
    Value::Array list;
    for (const Branch& branch : branches) {
        Value item = Value::Map{{"name", branch.name}};
        if (!branch.twigs.empty()) item.set("members", as_value(branch.twigs));
        list.push_back(std::move(item));
    }
    return list;
}

Exit tree(CommandLine& line) {
    const std::string name = text_in(line.client().connect(), "system", "?");
    const auto branches = grow(line, "", "HEAD", "", 1);
    if (line.json) {
        print(json_of(Value::Map{{"name", name}, {"members", as_value(branches)}}));
        return Exit::ok;
    }
    print(in_colour(Colour::strong, safe(name)) + in_colour(Colour::quiet, "  " + line.broker));
    draw(branches, "");
    return Exit::ok;
}

double number_in(const Value& body, std::string_view key) {
    const Value* field = body.find(key);
    if (field == nullptr) return std::nan("");
    if (auto integer = field->as_integer()) return static_cast<double>(*integer);
    if (auto real = field->as_double()) return *real;
    return std::nan("");
}

std::string count_text(double number) {
    if (std::isnan(number)) return "-";
    char text[32];
    std::snprintf(text, sizeof text, "%.0f", number);
    return text;
}

std::string bytes_text(double bytes) {
    if (std::isnan(bytes)) return "-";
    char text[32];
    std::snprintf(text, sizeof text, "%.1f MiB", bytes / (1 << 20));
    return text;
}

std::string time_text(double seconds) {
    if (std::isnan(seconds)) return "-";
    const auto whole = static_cast<long long>(seconds);
    if (whole < 60) return std::to_string(whole) + "s";
    if (whole < 3600) return std::to_string(whole / 60) + "m" + std::to_string(whole % 60) + "s";
    return std::to_string(whole / 3600) + "h" + std::to_string(whole % 3600 / 60) + "m";
}

std::vector<std::string> row_of(const std::string& node, const Value& stats) {
    return {node,
            count_text(number_in(stats, "pid")),
            bytes_text(number_in(stats, "rss_bytes")),
            count_text(number_in(stats, "actors")),
            count_text(number_in(stats, "handled")),
            count_text(number_in(stats, "failed")),
            time_text(number_in(stats, "uptime"))};
}

Exit ps(CommandLine& line) {
    std::vector<std::vector<std::string>> rows{{"NODE", "PID", "MEMORY", "ACTORS", "HANDLED", "FAILED", "UP"}};
    Exit end = Exit::ok;
    for (const std::string& node : all_nodes(line)) {
        try {
            const Value stats = line.ask(node, "stats").body;
            if (line.json) print(json_of(Value::Map{{"node", node}, {"stats", stats}}));
            rows.push_back(row_of(safe(node), stats));
        } catch (const Refused& refused) {  // it may have ended since the list was made; the others still count
            complain(Error(refused.code, node + ": " + refused.text), line.json);
            end = exit_of(refused.code);
        }
    }
    if (!line.json) print_table(rows);
    return end;
}

}  // namespace

void add_tree(CLI::App& app, CommandLine& line) {
    auto* verb = add_verb(app, "tree", "show hosts, processes and actors", "tree\ntree --json");
    verb->callback([&line] { line.action = [&line] { return tree(line); }; });
}

void add_ps(CLI::App& app, CommandLine& line) {
    auto* verb = add_verb(app, "ps", "show the worker processes with their figures", "ps\nps --json");
    verb->callback([&line] { line.action = [&line] { return ps(line); }; });
}

}  // namespace peacepie::client
