// processes.cpp - `peacepie proc new` and `proc rm`: worker processes of a host.
#include "client/command_line.hpp"
#include "client/members.hpp"
#include "wire/address.hpp"

namespace peacepie::client {
namespace {

Exit new_process(CommandLine& line, const std::string& host) {
    return finish(line, line.ask(prime_of(line, host), "create_process"));
}

Exit remove_process(CommandLine& line, const std::string& typed) {
    const auto node = node_of(typed);
    if (!node) throw UsageError("`" + typed + "` is no process; write HOST.PROCESS, for example first.process_0");
    const std::string prime = prime_of(line, std::string(host_of(*node)));
    return finish(line, line.ask(prime, "remove_process", Value::Map{{"node", *node}}));
}

}  // namespace

void add_processes(CLI::App& app, CommandLine& line) {
    auto* proc = add_verb(app, "proc", "start and end worker processes", "proc new\nproc rm first.process_0");
    proc->require_subcommand(1);
    auto* create = add_verb(*proc, "new", "start a worker process", "proc new\nproc new --host second");
    auto host = std::make_shared<std::string>();
    create->add_option("--host", *host, "the host; otherwise the first one");
    create->callback([&line, host] { line.action = [&line, host] { return new_process(line, *host); }; });
    auto* remove = add_verb(*proc, "rm", "end a worker process and the actors in it", "proc rm first.process_0");
    auto node = std::make_shared<std::string>();
    remove->add_option("NODE", *node, "HOST.PROCESS")->required();
    remove->callback([&line, node] { line.action = [&line, node] { return remove_process(line, *node); }; });
}

}  // namespace peacepie::client
