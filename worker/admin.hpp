// admin.hpp - `host.process.admin`: the actor that every worker has, written in the worker itself.
//
// Commands come as mail like any actor's; each goes to the part that registered it.  What takes time (the broker, a cell,
// the launcher) goes on in a continuation, so the admin never waits and one slow request delays no other.
// Thread: post() and order_is_back() from any; everything else by run(), one thread at a time: a loop, or the monitor when
// all loops are busy.
// Next: session.hpp (the broker), actor_commands.hpp, process_commands.hpp, migration.hpp.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "wire/convert.hpp"
#include "worker/mailbox.hpp"
#include "worker/observation.hpp"
#include "worker/order.hpp"
#include "worker/plugin_store.hpp"
#include "worker/request.hpp"
#include "worker/symbols.hpp"
#include "worker/wake_times.hpp"

namespace peacepie::worker {

class Worker;
class Session;
class ActorCommands;
class ProcessCommands;
class Migration;

/// What came back for an ask of the admin.
struct Answer {
    bool ok = false;      ///< a reply; else an error
    std::string command;  ///< its name, or the fault's code
    Value body;
    [[nodiscard]] std::string text() const;  ///< an error's sentence
};

class Admin {
public:
    using Handler = std::function<void(RequestPointer)>;
    using Then = std::function<void(const Answer&)>;

    explicit Admin(Worker& worker);
    ~Admin();

    // -- any thread
    void post(Mail* mail);
    void order_is_back(std::unique_ptr<Order> order);
    enum class Signal : std::uint64_t { time, shut_down, session_lost, disconnected, reconnected, standstill, begin, dead_letter };
    void signal(Signal signal);
    [[nodiscard]] bool has_ended() const noexcept;
    [[nodiscard]] bool is_leaving() const noexcept;

    // -- in run()
    void run();
    /// Registers a command; `arguments` as "name:type", "?" behind the type of an optional one, for `describe`.
    void on(std::string command, std::string arguments, std::string text, Handler handler);
    /// Asks anyone; exactly one answer comes to `then`, at the latest when the time is up.  Empty recipient: HEAD.
    void ask(std::string_view recipient, std::string_view command, const Value& body, Nanoseconds timeout, Then then);
    /// An ask to HEAD that goes out before the broker has welcomed this worker: its hello.
    void greet(std::string_view command, const Value& body, Nanoseconds timeout, Then then);
    void send(std::string_view recipient, std::string_view command, const Value& body);
    /// Runs `then` once, not before `delay` has passed.
    void after(Nanoseconds delay, std::function<void()> then);

    [[nodiscard]] Worker& worker() noexcept { return worker_; }
    [[nodiscard]] PluginStore& store() noexcept { return store_; }
    [[nodiscard]] Session& session() noexcept { return *session_; }
    [[nodiscard]] ActorCommands& actors() noexcept { return *actors_; }
    [[nodiscard]] Migration& migration() noexcept { return *migration_; }

private:
    struct Command {
        std::string arguments, text;
        Handler handler;
    };
    struct OpenAsk {
        Nanoseconds deadline;
        Then then;
    };

    [[nodiscard]] std::uint64_t open_ask(Nanoseconds timeout, Then then);
    void handle(Mail* mail);
    void handle_signal(Signal signal);
    void handle_time();
    template <class Step>
    static void attempt(const Step& step);
    void handle_request(Mail* mail);
    void refuse_unknown(Request& request) const;
    void handle_answer(const Mail& mail);
    void describe(const RequestPointer& request);
    void stats(const RequestPointer& request);
    [[nodiscard]] Value limits_shown() const;
    void register_own_commands();
    void arm(Nanoseconds when);

    Worker& worker_;
    PluginStore store_;
    Mailbox mailbox_;
    Observation observation_;
    std::unordered_map<std::string, Command, TextHash, std::equal_to<>> commands_;
    std::map<std::uint64_t, OpenAsk> asks_;
    std::multimap<Nanoseconds, std::function<void()>> later_;
    std::uint64_t last_mid_ = 0;
    std::uint64_t handled_ = 0;
    WakeTimes wake_times_;
    std::unique_ptr<Session> session_;
    std::unique_ptr<ActorCommands> actors_;
    std::unique_ptr<ProcessCommands> processes_;
    std::unique_ptr<Migration> migration_;
};

}  // namespace peacepie::worker
