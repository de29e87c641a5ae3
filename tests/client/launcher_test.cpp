#include "catch.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "fake_broker.hpp"
#include "launcher/child.hpp"
#include "launcher/launcher.hpp"

using namespace peacepie;
using namespace peacepie::launcher;
using test::FakeBroker;
using test::Said;
namespace fs = std::filesystem;

namespace {

// A worker that lives until it is told to end; a second word in its file says how.
class Script {
public:
    explicit Script(const std::string& lines) {
        std::string pattern = fs::temp_directory_path() / "peacepie-worker-XXXXXX";
        folder_ = mkdtemp(pattern.data());
        std::ofstream(path()) << "#!/bin/sh\n" << lines << "\n";
        fs::permissions(path(), fs::perms::owner_all);
    }
    ~Script() { fs::remove_all(folder_); }
    [[nodiscard]] std::string path() const { return (folder_ / "worker").string(); }
    /// What it wrote into a file beside itself; empty while it has not.
    [[nodiscard]] std::string wrote(const std::string& ending) const {
        std::ifstream file(path() + "." + ending);
        return {std::istreambuf_iterator<char>(file), {}};
    }

private:
    fs::path folder_;
};

// The seventh word is the name of the process.
constexpr const char* until_told = "trap 'exit 0' TERM; echo $$ >$0.$7; while :; do sleep 0.02; done";

Value stats_of(const Script& script) {
    const std::string pid = script.wrote("main");
    return pid.empty() ? Value(Value::Map{}) : Value(Value::Map{{"pid", std::stoi(pid)}});
}

// The head as a launcher sees it: says that the first worker has joined, then plays its script of questions.
class Head {
public:
    Head(std::shared_ptr<Control> control, const Script& script) : control(std::move(control)), script_(script) {}

    void on(FakeBroker& broker, const Said& said) {
        if (said.command == "get_all_nodes") broker.reply(said, "all_nodes", Value::Array{"first.main.admin"});
        if (said.command == "stats") {
            const Value stats = stats_of(script_);
            broker.reply(said, "stats", stats);
            if (stats.find("pid") != nullptr && !questions.empty() && asked_ == 0) ask_next(broker, said.peer);
        }
        if (said.command == "process_ended") {
            ended.push_back(said.body);
            ++reported;
        }
        if (said.kind == Kind::reply || said.kind == Kind::error) {
            answers.push_back(said);
            if (asked_ < questions.size()) ask_next(broker, said.peer);
            else control->stop(0);
        }
    }

    std::shared_ptr<Control> control;
    std::vector<std::pair<std::string, Value>> questions;
    std::vector<Said> answers;
    std::vector<Value> ended;
    std::atomic<std::size_t> reported{0};

    /// The launcher may be gone while its last words are still on the way.
    void await_reports(std::size_t count) const {
        const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(3);
        while (reported < count && std::chrono::steady_clock::now() < patience) std::this_thread::yield();
    }

private:
    void ask_next(FakeBroker& broker, const std::string& peer) {
        const auto& [command, body] = questions[asked_++];
        broker.put(peer, Kind::ask, asked_, command, body);
    }
    const Script& script_;
    std::size_t asked_ = 0;
};

Launcher::Options options_for(const FakeBroker& broker, const Script& script, const std::shared_ptr<Control>& control) {
    Launcher::Options options;
    options.broker = broker.endpoint();
    options.worker_binary = script.path();
    options.control = control;
    return options;
}

}  // namespace

TEST_CASE("a child is reaped with its exit status or its signal") {
    const auto end_of = [](Child& child) {
        std::optional<Ended> ended;
        while (!(ended = child.reap())) std::this_thread::yield();
        return *ended;
    };
    Child good({"/bin/sh", "-c", "exit 3"});
    CHECK(end_of(good).status == 3);
    Child killed({"/bin/sleep", "100"});
    killed.signal(SIGKILL);
    const Ended how = end_of(killed);
    CHECK(how.status == 128 + SIGKILL);
    CHECK_THAT(how.text, Catch::Contains("signal 9"));
    CHECK_THROWS_WITH(Child({"/nonexistent/program"}), Catch::Contains("/nonexistent/program"));
}

TEST_CASE("a launcher starts and stops the processes it is asked for, once each") {
    const auto control = std::make_shared<Control>();
    const Script script(until_told);
    Head head(control, script);
    head.questions = {{"start_process", Value::Map{{"process", "process_0"}}},
                      {"start_process", Value::Map{{"process", "process_0"}}},
                      {"start_process", Value::Map{{"process", "../x"}}},
                      {"stop_process", Value::Map{{"process", "process_0"}}},
                      {"stop_process", Value::Map{{"process", "process_7"}}},
                      {"dance", {}}};
    FakeBroker broker([&head](FakeBroker& from, const Said& said) { head.on(from, said); });
    bool ready = false;
    auto options = options_for(broker, script, control);
    options.on_ready = [&ready](const Ready& how) { ready = how.node == "first.main.admin" && how.system == "king"; };
    CHECK(Launcher(options).run() == 0);
    CHECK(ready);
    REQUIRE(head.answers.size() == 6);
    CHECK(head.answers[0].command == "process_is_started");
    CHECK(*head.answers[0].body.find("pid")->as_integer() > 1);
    CHECK(head.answers[1].command == "conflict");
    CHECK(head.answers[2].command == "bad_argument");
    CHECK(head.answers[3].command == "process_is_stopped");
    const auto status = *head.answers[3].body.find("status")->as_integer();
    CHECK((status == 0 || status == 128 + SIGTERM));  // the script may be told before it has begun to listen
    CHECK(head.answers[4].command == "no_such_node");
    CHECK(head.answers[5].command == "is_not_handled");
    head.await_reports(1);
    REQUIRE_FALSE(head.ended.empty());
    CHECK(*head.ended[0].find("node")->as_text() == "first.process_0.admin");
}

TEST_CASE("a first worker that keeps dying is given up with status 1, and each death is reported") {
    const auto control = std::make_shared<Control>();
    const Script script("exit 3");
    Head head(control, script);
    FakeBroker broker([&head](FakeBroker& from, const Said& said) { head.on(from, said); });
    CHECK(Launcher(options_for(broker, script, control)).run() == 1);
    head.await_reports(limits::process_restarts_max + 1);
    CHECK(head.ended.size() == limits::process_restarts_max + 1);
    CHECK(*head.ended[0].find("status")->as_integer() == 3);
}

TEST_CASE("an end that no broker has noted is reported again after the next welcome, and one that was noted is not") {
    const auto control = std::make_shared<Control>();
    const Script script("exit 3");
    Head head(control, script);
    FakeBroker broker([&head](FakeBroker& from, const Said& said) {
        head.on(from, said);
        if (said.command == "process_ended") head.ended.size() == 1 ? from.forget_sessions() : from.reply(said, "noted");
    });
    CHECK(Launcher(options_for(broker, script, control)).run() == 1);
    head.await_reports(limits::process_restarts_max + 2);
    REQUIRE(head.ended.size() == limits::process_restarts_max + 2);
    const auto pid = *head.ended[0].find("pid")->as_integer();
    CHECK(std::ranges::count_if(head.ended, [pid](const Value& report) { return *report.find("pid")->as_integer() == pid; }) == 2);
}

TEST_CASE("what a worker left unread is reported in whatever way it ended: a plug-in may end it with status 0") {
    const auto control = std::make_shared<Control>();
    const Script script("printf '\\003' | dd of=/dev/fd/4 bs=1 seek=64 conv=notrunc 2>/dev/null; exit 0");
    Head head(control, script);
    FakeBroker broker([&head](FakeBroker& from, const Said& said) { head.on(from, said); });
    CHECK(Launcher(options_for(broker, script, control)).run() == 1);
    head.await_reports(1);
    REQUIRE_FALSE(head.ended.empty());
    const Value* lost = head.ended[0].find("lost");
    REQUIRE(lost != nullptr);
    CHECK(*lost->find("waiting")->as_integer() == 3);
}

TEST_CASE("a worker that cannot be started again is tried again later and does not end its host") {
    const auto control = std::make_shared<Control>();
    const Script script(until_told);
    const std::string away = script.path() + ".away";
    Head head(control, script);
    head.questions = {{"start_process", Value(Value::Map{{"process", "process_0"}})}};
    std::atomic<bool> has_started{false}, is_back{false};
    FakeBroker broker([&](FakeBroker& from, const Said& said) {
        if (said.command == "process_is_started") has_started = true;
        else head.on(from, said);
    });
    std::thread fate([&] {
        const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        const auto await = [&](auto holds) {
            while (!holds() && std::chrono::steady_clock::now() < patience) std::this_thread::yield();
        };
        await([&] { return has_started && !script.wrote("process_0").empty(); });
        const auto before = script.wrote("process_0");
        fs::rename(script.path(), away);  // so that the first attempts fail
        kill(std::stoi(before), SIGKILL);
        head.await_reports(1);
        const auto first_attempt = std::chrono::steady_clock::now() + limits::restart_delay_min;
        await([&] { return std::chrono::steady_clock::now() > first_attempt + limits::restart_delay_min; });
        fs::rename(away, script.path());
        await([&] { return script.wrote("process_0") != before && !script.wrote("process_0").empty(); });
        is_back = script.wrote("process_0") != before;
        control->stop(0);
    });
    CHECK(Launcher(options_for(broker, script, control)).run() == 0);
    fate.join();
    CHECK(is_back);
}

TEST_CASE("a worker that refuses its configuration is not tried again") {
    const auto control = std::make_shared<Control>();
    const Script script("exit 78");
    Head head(control, script);
    FakeBroker broker([&head](FakeBroker& from, const Said& said) { head.on(from, said); });
    CHECK(Launcher(options_for(broker, script, control)).run() == 78);
    head.await_reports(1);
    CHECK(head.ended.size() == 1);
}

TEST_CASE("whatever status a plug-in ends the first worker with, it is started again and its host lives on") {
    const int status = GENERATE(0, 2, 7, 8, 78);
    const auto control = std::make_shared<Control>();
    const auto end_once = "if [ ! -e $0.once ]; then touch $0.once; echo begun >&3; exit " + std::to_string(status) + "; fi\n";
    const Script script(end_once + until_told);
    Head head(control, script);
    FakeBroker broker([&head](FakeBroker& from, const Said& said) { head.on(from, said); });
    auto options = options_for(broker, script, control);
    options.on_ready = [&control](const Ready&) { control->stop(0); };
    CHECK(Launcher(options).run() == 0);
    head.await_reports(1);
    REQUIRE_FALSE(head.ended.empty());
    CHECK(*head.ended[0].find("status")->as_integer() == status);
}

TEST_CASE("a worker is started again unless it says itself that it ends with this status, or has not even begun") {
    const auto is_started_again = [](const std::string& fate) {
        const auto control = std::make_shared<Control>();
        const Script script("if [ $7 = process_0 ]; then " + fate + "; fi\n" + until_told);
        Head head(control, script);
        head.questions = {{"start_process", Value::Map{{"process", "process_0"}}}};
        std::string what_is_there;
        FakeBroker broker([&](FakeBroker& from, const Said& said) {
            const auto is_of_process_0 = [&] { return *said.body.find("node")->as_text() == "first.process_0.admin"; };
            if (said.command == "process_ended" && head.reported == 0 && is_of_process_0())
                from.put(said.peer, Kind::ask, 100, "stop_process", Value::Map{{"process", "process_0"}});
            if (said.command == "process_is_started") return;
            if (said.mid == 100 && said.kind != Kind::ask) what_is_there = said.command;
            head.on(from, said);
        });
        CHECK(Launcher(options_for(broker, script, control)).run() == 0);
        CHECK((what_is_there == "process_is_stopped" || what_is_there == "no_such_node"));
        return what_is_there == "process_is_stopped";
    };
    for (const auto* status : {"0", "2", "7", "8", "78"}) {
        INFO(status);
        CHECK(is_started_again(std::string("echo begun >&3; exit ") + status));
    }
    CHECK(is_started_again("echo begun >&3; echo ends 0 >&3; exit 2"));
    CHECK_FALSE(is_started_again("echo begun >&3; echo ends 0 >&3; exit 0"));
    CHECK_FALSE(is_started_again("echo begun >&3; echo ends 7 >&3; exit 7"));
    CHECK_FALSE(is_started_again("exit 2"));
}

TEST_CASE("a first worker that the broker refuses later ends its host with the same status") {
    const auto control = std::make_shared<Control>();
    const Script script("echo begun >&3; echo ends 7 >&3; exit 7");
    Head head(control, script);
    FakeBroker broker([&head](FakeBroker& from, const Said& said) { head.on(from, said); });
    CHECK(Launcher(options_for(broker, script, control)).run() == 7);
    head.await_reports(1);
    CHECK(head.ended.size() == 1);
}

TEST_CASE("a worker of somebody else with the same name is not taken for the own one") {
    const auto control = std::make_shared<Control>();
    FakeBroker broker([](FakeBroker& from, const Said& said) {
        if (said.command == "get_all_nodes") from.reply(said, "all_nodes", Value::Array{"first.main.admin"});
        if (said.command == "stats") from.reply(said, "stats", Value::Map{{"pid", 1}});
    });
    const Script script("sleep 0.2; exit 7");
    bool ready = false;
    auto options = options_for(broker, script, control);
    options.on_ready = [&ready](const Ready&) { ready = true; };
    CHECK(Launcher(options).run() == 7);
    CHECK_FALSE(ready);
}

TEST_CASE("a worker is told how many loops to run and whether to log messages") {
    const auto words_with = [](bool log_messages, std::size_t loops) {
        FakeBroker broker([](FakeBroker&, const Said&) {});
        const Script script("echo \"$@\" >$0.words; exit 78");
        auto options = options_for(broker, script, nullptr);
        options.log_messages = log_messages;
        options.loops = loops;
        CHECK(Launcher(options).run() == 78);
        return script.wrote("words");
    };
    CHECK_THAT(words_with(true, 3), Catch::Contains("--log-messages") && Catch::Contains("--loops 3"));
    CHECK_THAT(words_with(false, 0), !Catch::Contains("--log-messages") && !Catch::Contains("--loops"));
}

TEST_CASE("a worker is told how long a handler may take and how much memory it may have") {
    FakeBroker broker([](FakeBroker&, const Said&) {});
    const Script script("echo \"$@\" >$0.words; exit 78");
    auto options = options_for(broker, script, nullptr);
    options.handler_timeout = std::chrono::seconds(7);
    options.memory_limit = "2G";
    CHECK(Launcher(options).run() == 78);
    CHECK_THAT(script.wrote("words"), Catch::Contains("--handler-timeout 7") && Catch::Contains("--memory-limit 2G"));
}

TEST_CASE("a launcher that meets a system on its way down waits for the next one") {
    const auto control = std::make_shared<Control>();
    FakeBroker broker([](FakeBroker&, const Said&) {});
    broker.refuse_hellos("stopping");
    const Script script(until_told);
    std::thread end([&] {
        const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(5);
        while (broker.hellos() < 2 && std::chrono::steady_clock::now() < patience) std::this_thread::yield();
        control->stop(0);
    });
    CHECK(Launcher(options_for(broker, script, control)).run() == 0);
    CHECK(broker.hellos() >= 2);
    end.join();
}

TEST_CASE("a launcher whose session was closed says hello again") {
    const auto control = std::make_shared<Control>();
    FakeBroker* self = nullptr;
    bool forgotten = false;
    FakeBroker broker([&](FakeBroker& from, const Said& said) {
        self = &from;
        if (said.command == "get_all_nodes") from.reply(said, "all_nodes", Value::Array{"first.main.admin"});
        if (said.command != "heartbeat") return;
        if (!std::exchange(forgotten, true)) from.forget_sessions();
        else control->stop(0);
    });
    const Script script(until_told);
    CHECK(Launcher(options_for(broker, script, control)).run() == 0);
    CHECK(broker.hellos() == 2);
}

TEST_CASE("a broker that cannot start ends the launcher with status 1") {
    const Script broker("exit 1");
    Launcher::Options options;
    options.start_broker = BrokerOptions{};
    options.start_broker->binary = broker.path();
    CHECK(Launcher(options).run() == 1);
}
