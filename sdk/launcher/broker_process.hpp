// broker_process.hpp - the broker as a child: started, heard to be ready, started again at the same endpoint.
//
// All brokers that it starts share a page of memory: each finds there what was under way in the one before.
// Owned by the launcher, one thread.  The broker writes its endpoint to a pipe once it listens, so nobody guesses when.
// Next: launcher.hpp decides when it runs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "launcher/child.hpp"
#include "launcher/descriptor.hpp"
#include "wire/restart_rule.hpp"

namespace peacepie::launcher {

struct BrokerOptions {
    std::string binary;
    std::string bind = "tcp://127.0.0.1:5998";
    std::string system = "king";
    bool insecure_bind = false;
    std::string state_dir;   ///< empty: it keeps nothing
    bool ephemeral = false;  ///< it keeps no names on disk
};

class BrokerProcess {
public:
    BrokerProcess(BrokerOptions options, std::string log_format, std::string log_level, std::vector<std::string> limits = {});

    /// Throws Error unavailable when it cannot be started.
    void start();
    /// The endpoint, once after each start.
    [[nodiscard]] std::optional<std::string> ready();
    /// -1 when nothing more is expected.
    [[nodiscard]] int descriptor() const noexcept { return ready_.number(); }

    [[nodiscard]] bool is_running() const noexcept { return child_.has_value(); }
    [[nodiscard]] bool was_ready() const noexcept { return !endpoint_.empty(); }
    [[nodiscard]] const std::string& bind() const noexcept { return options_.bind; }
    [[nodiscard]] std::optional<Ended> reap();
    void signal(int number) const noexcept;

    RestartRule rule;
    std::optional<Nanoseconds> restart_at;

private:
    [[nodiscard]] std::vector<std::string> words() const;

    const BrokerOptions options_;
    const std::vector<std::string> limits_;
    const std::string log_format_;
    const std::string log_level_;
    const Descriptor page_;  // empty: the system gave none, and each broker counts for itself
    std::optional<Child> child_;
    Descriptor ready_;
    std::string heard_;
    std::string endpoint_;  ///< where it listened first: port 0 is chosen only once
};

}  // namespace peacepie::launcher
