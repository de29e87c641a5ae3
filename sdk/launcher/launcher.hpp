// launcher.hpp - the plug-in-free parent of a host: it starts, reaps and restarts the host's processes.
//
// `peacepie up` is one (with the broker as a child), `peacepie-worker` started by hand becomes one.  Everything runs on
// the thread that calls run(), because children are told of the death of the thread that started them; only Control may
// be used from elsewhere.  No plug-in ever runs here, so what crashes is a child.
// Next: session.hpp talks to the broker, workers.hpp and broker_process.hpp are the children.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "launcher/broker_process.hpp"
#include "launcher/session.hpp"
#include "launcher/signals.hpp"
#include "launcher/workers.hpp"

namespace peacepie::launcher {

/// Ends a running launcher from another thread.
class Control {
public:
    Control();
    /// Everything is shut down in order; run() returns `status`.  The first call counts.
    void stop(int status) noexcept;
    [[nodiscard]] int descriptor() const noexcept { return wake_.number(); }
    [[nodiscard]] std::optional<int> asked() const noexcept;

private:
    static constexpr int nothing = -1;
    Descriptor wake_;
    std::atomic<int> status_{nothing};
};

/// The first worker has joined.
struct Ready {
    std::string broker;  ///< endpoint
    std::string system;
    std::string node;    ///< `first.main.admin`
};

class Launcher final : private Session::Listener {
public:
    struct Options {
        std::string host = "first";
        std::string process = "main";                ///< the first worker's; it is started again when it dies
        std::string broker;                          ///< endpoint of a running broker ...
        std::optional<BrokerOptions> start_broker;   ///< ... or how to start one
        std::string worker_binary;
        std::string packages;
        std::string log_format = "auto";
        std::string log_level = "info";
        bool log_messages = false;                   ///< of the workers
        std::size_t loops = 0;                       ///< threads of each worker; 0: its default
        std::chrono::seconds handler_timeout = limits::handler_timeout_default;  ///< of each worker
        std::string memory_limit;                    ///< of each worker; empty: its default
        std::vector<std::string> limits = {};        ///< NAME=VALUE, of each worker and the broker that is started here
        std::function<void(const Ready&)> on_ready = nullptr;  ///< once; must return soon
        std::shared_ptr<Control> control = nullptr;
    };

    explicit Launcher(Options options);
    /// Returns the exit status: 0 after a clean end.
    [[nodiscard]] int run();

private:
    // starting_broker ─it listens→ joining ─welcome→ awaiting_worker ─it has joined→ running
    //        └───────────────┴───────────────┴── quit, signal, given up ──┴→ stopping ─no child left→ run() returns
    enum class Phase { starting_broker, joining, awaiting_worker, running, stopping };

    void welcomed(const Value& welcome) override;
    void refused(const Error& why) override;
    void heard(const Heard& message) override;
    void lost() override;

    void turn();
    void sleep();
    void begin();
    void connect(const std::string& endpoint);
    void read_signals();
    void read_control();
    void reap();
    void broker_ended(const Ended& how);
    void report(const Workers::EndedWorker& worker);
    void worker_ended(const Workers::EndedWorker& worker);
    void first_worker_ended(const Workers::EndedWorker& worker);
    static void tell_of_crash(const std::string& name, const LastWords& words);
    void start_later(const std::string& process);
    void start_again();
    void start_what_is_due();
    void start_first_worker();
    void look_for_first_worker();
    void ask_whose_it_is();
    void look_again();
    void first_worker_joined();
    void start_process(const Heard& ask);
    void stop_process(const Heard& ask);

    void stop(int status, bool children_know);
    void note_unclean(const std::string& name, const Ended& how);
    void go_on_stopping();
    [[nodiscard]] bool has_children() const { return workers_.count() > 0 || (broker_ && broker_->is_running()); }
    [[nodiscard]] std::string node() const;

    const Options options_;
    Signals signals_;
    SteadyClock clock_;
    Nanoseconds now_;
    Phase phase_ = Phase::starting_broker;
    std::string endpoint_;
    std::string system_;
    std::optional<BrokerProcess> broker_;
    Workers workers_;
    std::unique_ptr<Session> session_;

    RestartRule first_worker_rule_{limits::process_restarts_max};
    std::map<std::string, RestartRule> rules_;      ///< of the other workers
    std::map<std::string, Nanoseconds> restarts_;   ///< when to start which of them again
    std::optional<Nanoseconds> first_worker_at_;   ///< when to start it (again)
    std::optional<Nanoseconds> look_again_at_;
    std::optional<Nanoseconds> complain_at_;       ///< say once that something takes long
    bool ready_said_ = false;
    bool refusal_said_ = false;
    Nanoseconds refused_since_{0};

    int status_ = 0;
    int endings_asked_ = 0;                        ///< by signals; the second one kills
    std::optional<Nanoseconds> terminate_workers_at_;
    std::optional<Nanoseconds> terminate_broker_at_;
    Nanoseconds kill_at_{0};
};

/// Makes a launcher and runs it; starts the log.  Throws Error for what cannot even begin.
[[nodiscard]] int run(Launcher::Options options);

}  // namespace peacepie::launcher
