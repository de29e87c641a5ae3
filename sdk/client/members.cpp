#include "client/members.hpp"

#include "client/suggest.hpp"
#include "wire/fields.hpp"
#include "wire/limits.hpp"

namespace peacepie::client {

std::vector<Member> members_of(CommandLine& line, const std::string& recipient, const std::string& level,
                               const std::string& id) {
    std::vector<Member> all;
    for (std::int64_t page = 1, pages = 1; page <= pages; ++page) {
        Value body = Value::Map{{"page_size", limits::page_size_max}, {"level", level}};
        if (page > 1) body.set("page", page);
        if (!id.empty()) body.set("id", id);
        const Answer answer = line.ask(recipient, "get_members", body);
        const auto& members = list_in(answer.body, "members");
        if (members.empty()) break;
        for (const Value& member : members)
            all.push_back({text_in(member, "id"), text_in(member, "recipient"), text_in(member, "next_level")});
        if (const Value* nav = answer.body.find("nav")) pages = integer_in(*nav, "pages");
    }
    return all;
}

std::vector<std::string> all_nodes(CommandLine& line) {
    const Answer answer = line.ask("", "get_all_nodes");
    std::vector<std::string> nodes;
    if (const auto* list = answer.body.as_array())
        for (const Value& node : *list)
            if (node.as_text() != nullptr) nodes.push_back(*node.as_text());
    return nodes;
}

std::string prime_of(CommandLine& line, const std::string& host) {
    std::vector<std::string> names;
    for (const Member& member : members_of(line, "", "HEAD", "")) {
        if (host.empty() || member.id == host) return member.recipient;
        names.push_back(member.id);
    }
    if (names.empty()) throw Error(Fault::no_such_node, "no worker has joined yet; start one with `peacepie-worker`");
    throw Error(Fault::no_such_node, "there is no host `" + host + "`" + did_you_mean(host, names));
}

std::optional<std::string> seek(CommandLine& line, const std::string& name) {
    const Answer found = line.ask("", "seek_actor", Value::Map{{"entity", name}});
    if (found.command != "actor_is_found") return std::nullopt;
    return text_in(found.body, "node");
}

std::string node_of_actor(CommandLine& line, const std::string& name) {
    const Answer found = line.ask("", "seek_actor", Value::Map{{"entity", name}});
    if (found.command == "actor_is_found") return text_in(found.body, "node");
    Answer fault{Kind::error, found.mid, std::string(code_of(Fault::no_such_actor)), found.sender, found.body};
    fault.body.set("text", "there is no actor `" + name + "`");
    throw Refused(fault);
}

}  // namespace peacepie::client
