// head_admin.cpp - commands of admins that were addressed to HEAD: it knows which admin is meant and passes them on.
//
// Next: head_parts.cpp
#include "broker/arguments.hpp"
#include "broker/head.hpp"

namespace peacepie::broker {

// The answer goes from the admin straight to the asker; the sender stays who it was.  `as` is the admin's own word for it.
void Head::forward(Command& command, Session& to, std::string_view as) {
    Envelope onward = command.envelope;
    if (!as.empty()) onward.command = as;
    onward.recipient = to.address;
    onward.recipient_handle = 0;
    onward.sender = command.asker.address;
    if (onward.wants_answer()) {
        exchange_.close_ask(onward.sender, onward.mid);  // open at the admin that passed it here
        const auto opened = exchange_.open_ask(onward, to);
        if (opened != OpenAsks::Opened::yes)
            return exchange_.fail(command.asker, Fault::unavailable, "too many asks are open; try again later");
    }
    ++exchange_.counters.made;
    if (!exchange_.outgoing.post(to, onward))
        return exchange_.refuse(onward, Fault::mailbox_full, "the queue to " + to.address + " is full; try again later");
    ++exchange_.counters.routed;
    to.note_passed(onward);
}

void Head::to_prime(Command& command) {
    if (auto* prime = exchange_.roster.any_prime()) return forward(command, *prime);
    throw Error(Fault::unavailable, "no worker is connected; start one with `peacepie-worker --broker ENDPOINT`");
}

void Head::to_host_of_node(Command& command) {
    const auto node = node_in(command.body, "node");
    auto* prime = exchange_.roster.prime_of(host_of(node));
    if (prime != nullptr) return forward(command, *prime);
    const std::string host(host_of(node));
    throw Error(Fault::unavailable, "the host " + host + " has no worker that could do it; see get_all_nodes");
}

void Head::to_owner(Command& command) {
    const auto address = address_of(command.body, "name");
    const auto name = std::string(address.key());
    if (auto* actor = exchange_.registry.find(name)) return forward(command, *actor->session);
    if (auto* born_in = exchange_.roster.birthplace_of(name); born_in != nullptr && born_in != &command.from)
        return forward(command, *born_in);
    if (const auto* fallen = exchange_.fallen.find(name); fallen != nullptr && !fallen->removed) {
        if (!fallen->made_in.empty()) throw Error(Fault::unavailable, name + " is just being made again; try again in a moment");
        healing.removed(name);
        Value body = Value::Map{};
        body.set("name", name);
        return exchange_.reply(command.asker, "actor_is_removed", body);
    }
    if (is_awaited(name)) throw Error(Fault::unavailable, std::string(not_back_yet));
    Value body = Value::Map{};
    body.set("name", name).set("reason", code_of(Fault::no_such_actor));
    body.set("text", "there is no actor named " + log::escaped(name)).set("close", exchange_.close_to(name));
    exchange_.reply(command.asker, "actor_is_absent", body);
}

}  // namespace peacepie::broker
