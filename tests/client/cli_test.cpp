// The program itself: what it prints where, and with which number it ends.
#include "catch.hpp"

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

#include "fake_broker.hpp"

using namespace peacepie;
using test::FakeBroker;
using test::Said;

namespace {

struct Outcome {
    int status = -1;
    std::string out;
    std::string err;
};

std::string read_file(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

// Quotes nothing: the arguments are this file's own.
Outcome run(const std::string& arguments) {
    const std::string errors = std::filesystem::temp_directory_path() / ("peacepie-cli-" + std::to_string(getpid()));
    const std::string line = PEACEPIE_BINARY_DIR "/bin/peacepie " + arguments + " 2>" + errors;
    Outcome outcome;
    FILE* pipe = popen(line.c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::array<char, 4096> piece{};
    while (const auto size = fread(piece.data(), 1, piece.size(), pipe)) outcome.out.append(piece.data(), size);
    const int status = pclose(pipe);
    outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    outcome.err = read_file(errors);
    std::filesystem::remove(errors);
    return outcome;
}

void system_of_one(FakeBroker& broker, const Said& said) {
    if (said.command == "tick") broker.reply(said, "hello_world");
    if (said.command == "ping") broker.reply(said, "pong");
    if (said.command == "echo") broker.reply(said, "echoed", said.body);
    if (said.command == "refuse")
        broker.fail(said, "no_such_actor", Value::Map{{"text", "there is none"}, {"close", Value::Array{"anna", "a\x1b[31m"}}});
    if (said.command == "fail")
        broker.reply(said, "actor_is_not_created",
                     Value::Map{{"reason", "bad_argument"}, {"text", "no such class"}, {"close", Value::Array{"Bell"}}});
    if (said.command == "what") broker.fail(said, "is_not_handled", Value::Map{{"text", "no"}, {"close", Value::Array{"who"}}});
    if (said.command == "get_members") broker.reply(said, "members", Value::Map{{"members", Value::Array{}}});
    if (said.command == "describe")
        broker.reply(said, "description", Value::Map{{"commands", Value::Array{Value::Map{{"name", "greet"}}}}});
    if (said.command == "subscribe") broker.reply(said, "subscribed");
    if (said.command == "seek_actor") broker.reply(said, "actor_is_not_found", Value::Map{{"close", Value::Array{"anna"}}});
    if (said.command == "get_dead_letters")
        broker.reply(said, "dead_letters",
                     Value::Map{{"letters", Value::Array{Value::Map{{"id", 7}, {"sender", "anna"}, {"recipient", "ghost\x1b[31m"}, {"command", "tick"},
                                                                    {"reason", "no_such_actor"}, {"text", "nobody"}, {"time", 0}, {"bytes", 3}}}},
                                {"lost", 3}, {"losses", Value::Array{Value::Map{{"text", "3 messages were lost with a.b.admin (pid 5)\x1b[31m"}, {"time", 0}}}},
                                {"total", 9}, {"kept", 1}, {"forgotten", 6}, {"sent_again", 2}, {"by_reason", Value::Map{{"no_such_actor", 9}}}});
    if (said.command == "send_again") broker.reply(said, "sent_again", said.body);
    if (said.command == "forget_dead_letters") broker.reply(said, "dead_letters_are_forgotten", said.body);
    if (said.command == "get_all_nodes") broker.reply(said, "all_nodes", Value::Array{"first.main.admin"});
    if (said.command == "stats") broker.reply(said, "stats", Value::Map{{"pid", 7}, {"rss_bytes", 1 << 20}, {"uptime", 61.5}});
}

}  // namespace

TEST_CASE("an answer is printed on standard output, as words or as JSON") {
    FakeBroker broker(system_of_one);
    const std::string at = " --broker " + broker.endpoint();
    CHECK(run("ask hello_world tick" + at).out == "hello_world\n");
    CHECK(run("ask hello_world tick --json" + at).out == "{\"command\": \"hello_world\", \"body\": null}\n");
    CHECK(run("ask x echo '{\"b\": 1, \"a\": [0.5]}'" + at).out == "echoed {\"b\": 1, \"a\": [0.5]}\n");
    CHECK(run("ask . ping" + at).out == "pong\n");
    const Outcome good = run("ask hello_world tick" + at);
    CHECK(good.status == 0);
    CHECK(good.err.empty());
}

TEST_CASE("a body may come from a file or from standard input") {
    FakeBroker broker(system_of_one);
    const std::string at = " --broker " + broker.endpoint();
    const std::string file = std::filesystem::temp_directory_path() / ("peacepie-body-" + std::to_string(getpid()));
    std::ofstream(file) << "[1, 2]";
    CHECK(run("ask x echo @" + file + at).out == "echoed [1, 2]\n");
    CHECK(run("ask x echo -" + at + " <" + file).out == "echoed [1, 2]\n");
    std::filesystem::remove(file);
    const Outcome missing = run("ask x echo @" + file + at);
    CHECK(missing.status == 2);
    CHECK_THAT(missing.err, Catch::Contains(file));
}

TEST_CASE("failures end with their number and are explained on standard error without playing with the terminal") {
    FakeBroker broker(system_of_one);
    const std::string at = " --broker " + broker.endpoint();
    const Outcome refused = run("ask nobody refuse" + at);
    CHECK(refused.status == 3);
    CHECK(refused.out.empty());
    CHECK_THAT(refused.err, Catch::Contains("no_such_actor: there is none; did you mean `anna`"));
    CHECK(refused.err.find('\x1b') == std::string::npos);
    const Outcome as_json = run("ask nobody refuse --json" + at);
    CHECK_THAT(as_json.err, Catch::StartsWith("{\"error\": \"no_such_actor\""));
    const Outcome failed = run("ask x fail" + at);
    CHECK(failed.status == 1);
    CHECK_THAT(failed.out, Catch::StartsWith("actor_is_not_created {"));
    CHECK_THAT(failed.err, Catch::Contains("did you mean `Bell`?"));
    CHECK_THAT(run("ask x what" + at).err, Catch::Contains("did you mean `who`?"));
    CHECK(run("ask x silence --timeout 0.05" + at).status == 5);
    const Outcome gone = run("rm ana" + at);
    CHECK(gone.status == 3);
    CHECK_THAT(gone.err, Catch::Contains("did you mean `anna`?"));
    CHECK(run("send ana tick" + at).status == 3);
}

TEST_CASE("output that cannot be written is a failure") {
    FakeBroker broker(system_of_one);
    const std::string at = " --broker " + broker.endpoint() + " >/dev/full";
    for (const char* line : {"tree", "ask hello_world tick", "ps", "completion bash", "--help"}) {
        const Outcome full = run(line + at);
        INFO(line);
        CHECK(full.status == 1);
        CHECK_THAT(full.err, Catch::Contains("standard output cannot be written"));
    }
}

TEST_CASE("an actor that does not give way is shown with the answer about it") {
    FakeBroker broker([](FakeBroker& from, const Said& said) {
        const std::string name = *said.body.find(said.command == "seek_actor" ? "entity" : "name")->as_text();
        if (said.command == "seek_actor")
            from.reply(said, "actor_is_found", Value::Map{{"node", "first.main.admin"}, {"entity", name}});
        else if (name == "busy")
            from.fail(said, "unavailable", Value::Map{{"text", "its handler does not return"}});
        else
            from.reply(said, "actor_is_absent", Value::Map{{"name", name}, {"reason", "conflict"}, {"text", "it is stopping"}});
    });
    const std::string at = " --broker " + broker.endpoint();
    const Outcome busy = run("rm busy" + at);
    CHECK(busy.status == 1);
    CHECK_THAT(busy.err, Catch::Contains("its handler does not return"));
    const Outcome absent = run("rm stopping" + at);
    CHECK(absent.status == 3);
    CHECK_THAT(absent.out, Catch::Contains("it is stopping"));
}

TEST_CASE("a command that an actor does not have is not watched for") {
    FakeBroker broker(system_of_one);
    const Outcome typo = run("watch anna gret --broker " + broker.endpoint());
    CHECK(typo.status == 1);
    CHECK_THAT(typo.err, Catch::Contains("no command `gret`; did you mean `greet`?"));
    const Outcome gone = run("watch anna greet ping --broker " + broker.endpoint());  // seek_actor finds nobody here
    CHECK(gone.status == 3);
    CHECK_THAT(gone.err, Catch::Contains("`anna` is gone"));
}

TEST_CASE("without a broker the command line ends with 6 and says how to start one") {
    const Outcome lost = run("ask x tick --broker tcp://127.0.0.1:1");
    CHECK(lost.status == 6);
    CHECK_THAT(lost.err, Catch::Contains("peacepie up"));
}

TEST_CASE("typing mistakes end with 2 and a suggestion") {
    const auto complaint = [](const std::string& line) {
        const Outcome outcome = run(line);
        CHECK(outcome.status == 2);
        CHECK(outcome.out.empty());
        return outcome.err;
    };
    CHECK_THAT(complaint("aks x tick"), Catch::Contains("did you mean `ask`?"));
    CHECK_THAT(complaint("ask x tick --timout 3"), Catch::Contains("did you mean `--timeout`?"));
    CHECK_THAT(complaint("create x --clas p/C"), Catch::Contains("--class"));
    CHECK_THAT(complaint("proc nwe"), Catch::Contains("did you mean `new`?"));
    CHECK_THAT(complaint("ask x"), Catch::Contains("COMMAND"));
    CHECK_THAT(complaint("ask x tick '{bad'"), Catch::Contains("character"));
    CHECK_THAT(complaint("create x --class HelloWorld"), Catch::Contains("PACKAGE/CLASS"));
    CHECK_THAT(complaint("ask x tick --timeout never"), Catch::Contains("--timeout"));
    CHECK_THAT(complaint("ask x tick --broker nowhere"), Catch::Contains("tcp://HOST:PORT"));
    CHECK_THAT(complaint("ask x tick --broker tcp://127.0.0.1:99999"), Catch::Contains("`99999`"));
    CHECK_THAT(complaint("create -- -x --class p/C"), Catch::Contains("`--class` stands behind `--`"));
    CHECK_THAT(complaint("move first.main.admin --to second.main"), Catch::Contains("`first.main.admin` is the admin"));
    CHECK_THAT(complaint("rm first.main"), Catch::Contains("proc rm"));
    CHECK_THAT(complaint("ask x tick 1e400"), Catch::Contains("1e400") && !Catch::Contains("exception"));
    CHECK_THAT(complaint(""), Catch::Contains("Usage"));
}

TEST_CASE("every verb has a help text with examples") {
    for (const char* verb : {"up", "ask", "send", "tree", "ps", "describe", "create", "rm", "move", "proc", "proc new", "proc rm",
                             "watch", "dead", "quit", "completion"}) {
        const Outcome help = run(std::string(verb) + " --help");
        INFO(verb);
        CHECK(help.status == 0);
        CHECK_THAT(help.out, Catch::Contains("Examples:"));
        CHECK_THAT(help.out, !Catch::Contains("peacepie echo"));
        const bool asks = std::string_view(verb) != "up" && std::string_view(verb) != "completion";
        for (const char* option : {"--broker", "--json", "--timeout"}) CHECK((help.out.find(option) != help.out.npos) == asks);
    }
    CHECK_THAT(run("--version").out, Catch::Contains("protocol 1") && Catch::Contains("ABI"));
    CHECK_THAT(run("completion bash").out, Catch::Contains("complete -o default -F _peacepie peacepie"));
}

TEST_CASE("figures are shown as a table") {
    FakeBroker broker(system_of_one);
    const Outcome table = run("ps --broker " + broker.endpoint());
    CHECK(table.status == 0);
    CHECK_THAT(table.out, Catch::Contains("first.main.admin  7    1.0 MiB") && Catch::Contains("1m1s"));
}

TEST_CASE("dead letters are shown as a table, and sent again or forgotten as chosen") {
    FakeBroker broker(system_of_one);
    const std::string at = " --broker " + broker.endpoint();
    const Outcome table = run("dead" + at);
    CHECK(table.status == 0);
    CHECK_THAT(table.out, Catch::Contains("no_such_actor  anna  ghost?[31m  tick"));
    CHECK_THAT(table.out, Catch::Contains("1 kept, 2 sent again, 6 forgotten; no_such_actor 9; lost 3"));
    CHECK_THAT(table.out, Catch::Contains("3 messages were lost with a.b.admin (pid 5)?[31m"));
    CHECK_THAT(run("dead --json" + at).out, Catch::StartsWith("{\"id\": 7, ") && Catch::Contains("\n{\"loss\": {\"text\": "));
    CHECK(run("dead --again" + at).out == "sent_again {}\n");
    CHECK(run("dead --again 7 8" + at).out == "sent_again {\"ids\": [7, 8]}\n");
    CHECK(run("dead --recipient ghost --again" + at).out == "sent_again {\"recipient\": \"ghost\"}\n");
    CHECK(run("dead 7 --forget --reason expired" + at).out == "dead_letters_are_forgotten {\"reason\": \"expired\", \"ids\": [7]}\n");
    CHECK(run("dead --again --forget" + at).status == 2);
    for (const char* wrong : {"seven", "0", "-1", "7x", "''"}) CHECK(run(std::string("dead --forget ") + wrong + at).status == 2);
}

TEST_CASE("a wrong settings file or app file ends up with 78 before anything is started") {
    const std::string folder = std::filesystem::temp_directory_path() / ("peacepie-up-" + std::to_string(getpid()));
    std::filesystem::create_directory(folder);
    std::ofstream(folder + "/wrong.toml") << "sytem = \"x\"\n";
    const Outcome settings = run("up --state-dir " + folder + " --config " + folder + "/wrong.toml");
    CHECK(settings.status == 78);
    CHECK_THAT(settings.err, Catch::Contains("wrong.toml:1: `sytem` is no setting; did you mean `system`?"));
    const Outcome app = run("up --state-dir " + folder + " --app " + folder + "/wrong.toml");
    CHECK(app.status == 78);
    CHECK_THAT(app.err, Catch::Contains("wrong.toml:1: an app file has no `sytem`"));
    const Outcome name = run("up --state-dir " + folder + " --host 'a b'");
    CHECK(name.status == 2);
    CHECK_THAT(name.err, Catch::Contains("`a b`, which is no name"));
    const Outcome port = run("up --state-dir " + folder + " --bind tcp://127.0.0.1:99999");
    CHECK(port.status == 2);
    CHECK_THAT(port.err, Catch::Contains("`99999`"));
    CHECK_THAT(read_file(folder + "/peacepie.toml"), Catch::Contains("#host = \"first\""));
    std::filesystem::remove_all(folder);
}
