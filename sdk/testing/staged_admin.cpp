// staged_admin.cpp - what admins, and workers for any actor, answer on a stage.
//
// The commands an actor under test is likely to use, by the table in PROTOCOL.md; anything else is `is_not_handled`.
// Next: world.cpp.
#include <algorithm>
#include <functional>

#include "testing/world.hpp"
#include "wire/address.hpp"
#include "wire/convert.hpp"

namespace peacepie::staged {
namespace {

constexpr const char* system_name = "king";

template <class T>
T field(const Value& body, const char* name) {
    static const Value nil;
    const Value* value = body.find(name);
    try {
        return convert<T>::from(value != nullptr ? *value : nil);
    } catch (const Error& error) {
        throw Error(Fault::bad_argument, std::string(name) + ": " + error.text);
    }
}

const pp_actor_type& class_wanted(const World& world, const Value& body) {
    const Value desc = field<Value>(body, "class_desc");
    const auto package = field<std::string>(desc, "requires_dist");
    const auto name = field<std::string>(desc, "class");
    const auto exact = world.classes.find(package.substr(0, package.find_first_of("=<>!~ ")) + "/" + name);
    if (exact != world.classes.end()) return *exact->second;
    throw Error(Fault::unavailable, "the stage has no class " + name + " of package " + package + "; offer it with stage.offer");
}

std::string admin_of(const Mail& mail) { return node_of(mail.recipient).value_or("first.main.admin"); }

struct Said {
    std::string command;
    Value body;
};
using Verb = std::function<Said(World&, const Mail&, const Value&)>;

/// The seed's way to refuse: a reply with a reason.
Said refusal(const char* command, const Error& error) {
    return {command, Value::Map{{"reason", error.code}, {"text", error.text}}};
}

Said create_actor(World& world, const Mail& mail, const Value& body) try {
    const auto name = field<std::string>(body, "name");
    world.create(class_wanted(world, body), name, admin_of(mail), field<Value>(body, "params"));
    return {"actor_is_created", Value::Map{{"system", system_name}, {"node", admin_of(mail)}, {"entity", name}}};
} catch (const Error& error) {
    return refusal("actor_is_not_created", error);
}

Said create_actors(World& world, const Mail& mail, const Value& body) {
    std::vector<std::string> made;
    try {
        const auto names = field<std::vector<std::string>>(body, "names");
        for (const auto& name : names) {
            world.create(class_wanted(world, body), name, admin_of(mail), field<Value>(body, "params"));
            made.push_back(name);
        }
        const Value entities = convert<std::vector<std::string>>::to(made);
        return {"actors_are_created", Value::Map{{"node", admin_of(mail)}, {"entities", entities}}};
    } catch (const Error& error) {
        for (const auto& name : made) world.remove(name);
        return refusal("actors_are_not_created", error);
    }
}

Said remove_actor(World& world, const Mail&, const Value& body) try {
    const auto name = field<std::string>(body, "name");
    world.remove(name);
    return {"actor_is_removed", Value::Map{{"name", name}}};
} catch (const Error& error) {
    return refusal("actor_is_absent", error);
}

Said recreate_actor(World& world, const Mail& mail, const Value& body) try {
    Member& member = world.get(convert<Address>::from(field<Value>(body, "entity")).key());
    const auto wanted = field<std::optional<std::string>>(body, "node");
    const auto node = wanted ? node_of(*wanted) : std::optional(member.life->node);
    if (!node || !world.has_node(*node)) throw Error(Fault::no_such_node, "there is no process " + wanted.value_or(""));
    const auto moved_messages = member.box.size();
    const auto state_bytes = world.move(member, *member.life->type, *node, world.version);
    return {"actor_is_recreated", Value::Map{{"mid", mail.mid}, {"node", *node}, {"pause_us", 0},
                                             {"moved_messages", moved_messages}, {"state_bytes", state_bytes}}};
} catch (const Error& error) {
    return refusal("actor_is_not_recreated", error);
}

Said create_process(World& world, const Mail&, const Value&) {
    return {"actor_is_created", Value::Map{{"system", system_name}, {"node", world.open_process()}, {"entity", nullptr}}};
}

Said remove_process(World& world, const Mail&, const Value& body) try {
    const auto node = node_of(field<std::string>(body, "node"));
    if (!node || !world.has_node(*node)) throw Error(Fault::no_such_node, "there is no such process");
    world.close_process(*node);
    return {"process_is_removed", Value::Map{{"node", *node}}};
} catch (const Error& error) {
    return refusal("process_is_not_removed", error);
}

Said seek_actor(World& world, const Mail& mail, const Value& body) {
    const auto entity = std::string(convert<Address>::from(field<Value>(body, "entity")).key());
    const Member* member = world.find(entity);
    if (member == nullptr)
        return {"actor_is_not_found", Value::Map{{"mid", mail.mid}, {"entity", entity}, {"close", Value::Array{}}}};
    return {"actor_is_found", Value::Map{{"mid", mail.mid}, {"node", member->life->node}, {"entity", entity}}};
}

Said nodes(World& world, const char* command) { return {command, convert<std::vector<std::string>>::to(world.nodes)}; }

const std::map<std::string, Verb, std::less<>>& verbs() {
    static const std::map<std::string, Verb, std::less<>> the_verbs{
        {"create_actor", create_actor},
        {"create_actors", create_actors},
        {"remove_actor", remove_actor},
        {"recreate_actor", recreate_actor},
        {"create_process", create_process},
        {"remove_process", remove_process},
        {"seek_actor", seek_actor},
        {"find_actor", seek_actor},
        {"get_all_nodes", [](World& world, const Mail&, const Value&) { return nodes(world, "all_nodes"); }},
        {"get_local_nodes", [](World& world, const Mail&, const Value&) { return nodes(world, "local_nodes"); }},
        {"ping", [](World&, const Mail&, const Value&) { return Said{"pong", {}}; }}};
    return the_verbs;
}

}  // namespace

void answer_as_admin(World& world, const Mail& mail) {
    const auto verb = verbs().find(mail.command);
    if (verb == verbs().end()) {
        const std::string text = "an admin on a stage has no command " + mail.command;
        const Value body = Value::Map{{"text", text}, {"from", admin_of(mail)}};
        return world.answer(mail, Kind::error, code_of(Fault::is_not_handled), body);
    }
    try {
        const Said said = verb->second(world, mail, Value::decode(mail.body));
        world.answer(mail, Kind::reply, said.command, said.body);
    } catch (const Error& error) {
        world.answer(mail, Kind::error, error.code, Value::Map{{"text", error.text}, {"from", admin_of(mail)}});
    }
}

bool answer_as_worker(World& world, Member& member, const Mail& mail) {
    if (mail.command == "ping") {
        world.answer(mail, Kind::reply, "pong", {});
        return true;
    }
    if (mail.command != "subscribe" && mail.command != "unsubscribe") return false;
    try {
        const auto command = field<std::string>(Value::decode(mail.body), "command");
        if (mail.command == "subscribe") member.observers.emplace(command, mail.sender);
        else if (member.observers.erase({command, mail.sender}) == 0)
            throw Error(Fault::bad_argument, mail.sender + " was not subscribed to " + command);
        world.answer(mail, Kind::reply, mail.command + "d", {});
    } catch (const Error& error) {
        world.answer(mail, Kind::error, error.code, Value::Map{{"text", error.text}, {"from", member.name}});
    }
    return true;
}

}  // namespace peacepie::staged
