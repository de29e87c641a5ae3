// process_commands.cpp - create_process, remove_process and their kin.  Next: session.cpp.
#include "worker/process_commands.hpp"

#include <algorithm>
#include <vector>

#include "wire/address.hpp"
#include "wire/limits.hpp"
#include "worker/admin.hpp"
#include "worker/session.hpp"
#include "worker/worker.hpp"

namespace peacepie::worker {

using namespace std::chrono_literals;

ProcessCommands::ProcessCommands(Admin& admin) : admin_(admin) {
    admin.on("create_process", "", "starts another worker on this host",
             [this](const RequestPointer& request) { create_process(request); });
    admin.on("remove_process", "node:address?", "ends a worker of this host, in order",
             [this](const RequestPointer& request) { remove_process(request); });
    admin.on("get_local_nodes", "", "the workers of this host",
             [this](const RequestPointer& request) { get_local_nodes(request); });
    admin.on("get_members", "page_size:int level:text? id:text? page:int?", "hosts, processes or actors, a page at a time",
             [this](const RequestPointer& request) { get_members(request); });
    const std::pair<const char*, const char*> passed[] = {{"get_all_nodes", ""}, {"seek_actor", "entity:address with_class_desc:bool?"}, {"quit", ""},
                                                            {"monitor", "actor:address"}, {"demonitor", "ref:int"}};
    for (const auto& [command, arguments] : passed)
        admin.on(command, arguments, "answered by the broker for the whole system",
                 [](const RequestPointer& request) { request->pass_on({}); });
}

std::string ProcessCommands::launcher() const { return admin_.worker().options().host + ".launcher"; }

void ProcessCommands::create_process(const RequestPointer& request) {
    if (!admin_.session().is_prime()) return request->pass_on({});
    admin_.ask({}, "claim_process", {}, limits::ask_timeout_default, [this, request](const Answer& answer) {
        const Value* process = answer.body.find("process");
        if (!answer.ok || !process || !process->as_text())
            return request->reply_failure("process_is_not_created", answer.command, answer.text());
        start(request, *process->as_text());
    });
}

void ProcessCommands::start(const RequestPointer& request, const std::string& process) {
    const auto node = node_name(admin_.worker().options().host, process);
    // Asked together: the new worker may greet the broker before the launcher's answer is here.
    admin_.ask({}, "await_node", Value::Map{{"node", node}}, limits::process_start_timeout,
               [this, request, node, process](const Answer& answer) {
                   if (!answer.ok) {  // the launcher must not go on trying
                       admin_.ask(launcher(), "stop_process", Value::Map{{"process", process}}, limits::shutdown_timeout, [](const Answer&) {});
                       return request->reply_failure("process_is_not_created", answer.command, answer.text());
                   }
                   request->reply("actor_is_created",
                                  Value::Map{{"system", admin_.session().system()}, {"node", node}, {"entity", Value()}});
               });
    admin_.ask(launcher(), "start_process", Value::Map{{"process", process}}, limits::process_start_timeout,
               [request](const Answer& answer) {
                   if (answer.ok) return;
                   const bool nobody = answer.command == code_of(Fault::no_such_actor) || answer.command == code_of(Fault::no_such_node);
                   request->reply_failure("process_is_not_created", answer.command,
                                          nobody ? "this host has no launcher; start its first worker with `peacepie up` or peacepie-worker"
                                                 : answer.text());
               });
}

void ProcessCommands::remove_process(const RequestPointer& request) {
    const auto& own = admin_.worker().node();
    const Value* named = request->body().find("node");
    if (!named || named->is_nil()) {
        if (admin_.session().is_prime())
            return request->reply_failure("process_is_not_removed", code_of(Fault::bad_argument),
                                          "\"node\" must name the process to remove, like \"" + node_name(admin_.worker().options().host, "process_0") + "\"");
        // A child asked to remove itself: its PRIME does it, so that the launcher knows it is meant.
        const Value body = Value::Map{{"node", own}};
        return request->pass_on({}, &body);
    }
    const auto node = named->as_text() ? node_of(*named->as_text()) : std::nullopt;
    if (!node)
        return request->reply_failure("process_is_not_removed", code_of(Fault::bad_argument), "\"node\" must be a node like \"first.process_0\"");
    if (!admin_.session().is_prime() || host_of(*node) != admin_.worker().options().host) {
        if (request->body().find("passed_on"))
            return request->reply_failure("process_is_not_removed", code_of(Fault::no_such_node), "there is no process \"" + *node + "\"");
        const Value body = Value::Map{{"node", *node}, {"passed_on", true}};
        return request->pass_on({}, &body);
    }
    if (*node == own)
        return request->reply_failure("process_is_not_removed", code_of(Fault::denied), "a host's first process ends with `quit`");
    admin_.ask(launcher(), "stop_process", Value::Map{{"process", process_of(*node)}}, limits::shutdown_timeout + 2s,
               [request, node = *node](const Answer& answer) {
                   if (answer.ok) return request->reply("process_is_removed", Value::Map{{"node", node}});
                   request->reply_failure("process_is_not_removed", answer.command, answer.text(), {{"node", node}});
               });
}

void ProcessCommands::get_local_nodes(const RequestPointer& request) {
    admin_.ask({}, "get_all_nodes", {}, limits::ask_timeout_default, [this, request](const Answer& answer) {
        if (!answer.ok) return request->fail(answer.command, answer.text());
        Value::Array nodes;
        if (auto all = answer.body.as_array())
            for (const auto& node : *all)
                if (node.as_text() && host_of(*node.as_text()) == admin_.worker().options().host) nodes.push_back(node);
        request->reply("local_nodes", nodes);
    });
}

/// The broker knows all members; this only says which level the asked admin stands on.
void ProcessCommands::get_members(const RequestPointer& request) {
    const Value* level = request->body().find("level");
    if (level && !level->is_nil()) return request->pass_on({});
    Value body = request->body();
    if (!admin_.session().is_prime()) {
        body.set("level", "PROCESS");
        if (!body.find("id")) body.set("id", admin_.worker().node());
    }
    request->pass_on({}, &body);
}

}  // namespace peacepie::worker
