// actors.cpp - `peacepie create`, `rm` and `move`: actors come, go and change their process.
#include <chrono>
#include <optional>

#include "client/class_name.hpp"
#include "client/command_line.hpp"
#include "client/members.hpp"
#include "wire/address.hpp"

namespace peacepie::client {
namespace {

struct CreateOptions {
    std::string name;
    std::string class_name;
    std::string node;
    std::vector<std::string> params;
    std::string restart;
    bool durable = false;
    std::string group;
    std::string strategy;
};

struct MoveOptions {
    std::string name;
    std::string node;
    std::string class_name;
    bool dry_run = false;
    std::optional<double> probation;
    std::optional<int> errors;
    bool replay = false;
};

Exit create(CommandLine& line, const CreateOptions& options) {
    Value body = Value::Map{{"class_desc", class_desc_of(options.class_name)}, {"name", options.name}};
    if (!options.params.empty()) body.set("params", params_of(options.params));
    if (!options.restart.empty()) body.set("restart", options.restart);
    if (options.durable) body.set("durable", true);
    if (!options.group.empty()) {
        Value group = Value::Map{{"name", options.group}};
        if (!options.strategy.empty()) group.set("strategy", options.strategy);
        body.set("group", std::move(group));
    }
    const std::string node = options.node.empty() ? prime_of(line, "") : recipient_of(options.node);
    return finish(line, line.ask(node, "create_actor", body));
}

void expect_actor(const std::string& name, const std::string& advice) {
    if (const auto address = Address::parse(name); address && address->entity.empty())
        throw UsageError("`" + name + "` is the admin of a process, not an actor; " + advice);
}

// The actor may move between the two questions; then the admin says that it is absent, and it is asked where it lives now.
Exit remove(CommandLine& line, const std::string& name) {
    constexpr int tries = 3;
    expect_actor(name, "`peacepie proc rm` ends processes");
    std::string node = node_of_actor(line, name);
    for (int i = 1;; ++i) {
        const Answer answer = line.ask(node, "remove_actor", Value::Map{{"name", name}});
        if (answer.command != "actor_is_absent" || i == tries) return finish(line, answer);
        const auto now_at = seek(line, name);
        if (!now_at || *now_at == node) return finish(line, answer);
        node = *now_at;
    }
}

Exit move(CommandLine& line, const MoveOptions& options) {
    expect_actor(options.name, "it stays where it is");
    Value body = Value::Map{{"entity", options.name}};
    if (!options.node.empty()) body.set("node", options.node);
    if (!options.class_name.empty()) body.set("class_desc", class_desc_of(options.class_name));
    if (options.node.empty() && options.class_name.empty()) throw UsageError("say where to with --to NODE");
    if (options.dry_run) body.set("dry_run", true);
    Milliseconds probation{0};
    if (options.probation) {
        probation = std::chrono::ceil<Milliseconds>(std::chrono::duration<double>(*options.probation));
        Value terms = Value::Map{{"milliseconds", static_cast<std::int64_t>(probation.count())}};
        if (options.errors) terms.set("errors", *options.errors);
        body.set("probation", std::move(terms));
    }
    if (options.replay) body.set("replay", true);
    return finish(line, line.ask("", "recreate_actor", body, probation));
}

void add_create(CLI::App& app, CommandLine& line) {
    auto* verb = add_verb(app, "create", "create an actor",
                          "create hello_world --class peacepie_example/HelloWorld\n"
                          "create ticker --class peacepie_example/IteratingHelloWorld --param period=0.5 --param limit=10\n"
                          "create dancer --class 'peacepie_example>=0.2/CircleDancer' --node first.process_0");
    auto options = std::make_shared<CreateOptions>();
    verb->add_option("NAME", options->name, "a name that nobody in the system has")->required();
    verb->add_option("--class", options->class_name, "PACKAGE/CLASS; PACKAGE may carry a condition like >=0.2")->required();
    verb->add_option("--node", options->node, "HOST.PROCESS to live in; otherwise the first host's main process");
    verb->add_option("--param", options->params, "NAME=VALUE; may be repeated")->take_all()->expected(1);
    verb->add_option("--restart", options->restart, "permanent, transient (the default) or temporary: whether it is made again when its process dies")
        ->check(CLI::IsMember({"permanent", "transient", "temporary"}));
    verb->add_flag("--durable", options->durable, "keep its state on disk whenever it changes, and make it again with it");
    auto* group = verb->add_option("--group", options->group, "a name; actors of one group are made again together, as --strategy says");
    verb->add_option("--strategy", options->strategy, "one_for_one (the default), one_for_all or rest_for_one")
        ->needs(group)->check(CLI::IsMember({"one_for_one", "one_for_all", "rest_for_one"}));
    verb->callback([&line, options] { line.action = [&line, options] { return create(line, *options); }; });
}

void add_move(CLI::App& app, CommandLine& line) {
    auto* verb = add_verb(app, "move", "move a living actor, or give it another version of its class",
                          "move iterating_hello_world --to first.process_0\n"
                          "move greeter --class 'greetings==2.0/Greeter'\n"
                          "move greeter --class 'greetings==2.0/Greeter' --dry-run\n"
                          "move greeter --class 'greetings==2.0/Greeter' --probation 5 --replay");
    auto options = std::make_shared<MoveOptions>();
    verb->add_option("NAME", options->name, "the actor")->required();
    verb->add_option("--to", options->node, "HOST.PROCESS where it shall live");
    verb->add_option("--class", options->class_name, "PACKAGE/CLASS it shall become");
    auto* dry_run = verb->add_flag("--dry-run", options->dry_run, "only see whether it could: its state is loaded and checked over there, and it stays as it is");
    auto* probation = verb->add_option("--probation", options->probation, "SECONDS in which handlers that fail, or a crash, bring back what was")
                          ->check(CLI::Range(0.001, 3600.0))->excludes(dry_run);
    verb->add_option("--errors", options->errors, "how many failures end the probation (1)")->check(CLI::Range(1, 1'000'000))->needs(probation);
    verb->add_flag("--replay", options->replay, "give the mail of a probation that failed to what was; else it is lost")->needs(probation);
    verb->callback([&line, options] { line.action = [&line, options] { return move(line, *options); }; });
}

}  // namespace

void add_actors(CLI::App& app, CommandLine& line) {
    add_create(app, line);
    auto* rm = add_verb(app, "rm", "remove an actor", "rm hello_world");
    auto name = std::make_shared<std::string>();
    rm->add_option("NAME", *name, "the actor")->required();
    rm->callback([&line, name] { line.action = [&line, name] { return remove(line, *name); }; });
    add_move(app, line);
}

}  // namespace peacepie::client
