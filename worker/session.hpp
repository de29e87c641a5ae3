// session.hpp - this worker's standing with the broker: greeting, heartbeats, losing and finding it again, leaving.
//
//   silent ─begin─▶ greeting ─welcome─▶ joined ─shut_down─▶ leaving ─actors gone, bye said─▶ ended
//                      ▲                  │
//                      └──no_session──────┘     (broker restarted: names are brought along in the next hello)
//
// Part of the admin, used in its turns; has_ended and was_refused from any thread.
// Next: admin.hpp, outbox.hpp (closed to ordinary mail until joined).
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wire/link.hpp"
#include "worker/request.hpp"

namespace peacepie::worker {

class Admin;

class Session {
public:
    enum class Phase : std::uint8_t { silent, greeting, joined, leaving, ended };

    explicit Session(Admin& admin);

    void begin();      ///< says hello
    void lost(std::string_view why);  ///< the broker does not know us (any more)
    void reconnected();               ///< there is a new connection: whoever is behind it has not heard of us
    void stood_still();               ///< the broker may have given this process up meanwhile
    void has_more_to_tell();          ///< an actor came to be that a hello under way does not tell of
    void shut_down();  ///< ends all actors, says bye
    /// An actor has ended.  The next hello tells of those that ended just before, because the broker may not have heard it.
    void note_end(const std::string& name);
    [[nodiscard]] bool is_prime() const noexcept { return prime_; }
    [[nodiscard]] const std::string& system() const noexcept { return system_; }
    [[nodiscard]] Nanoseconds since() const noexcept { return since_; }
    [[nodiscard]] bool has_ended() const noexcept { return phase_.load(std::memory_order_acquire) == Phase::ended; }
    /// Says hello: the broker may have welcomed it already, or have given it up.
    [[nodiscard]] bool is_greeting() const noexcept { return phase_.load(std::memory_order_acquire) == Phase::greeting; }
    /// Its actors are being stopped; the goodbye comes after them.
    [[nodiscard]] bool is_leaving() const noexcept { return phase_.load(std::memory_order_acquire) == Phase::leaving; }
    /// Why the broker will not have this worker, once it said so; the process should end.
    [[nodiscard]] bool was_refused() const noexcept { return refused_.load(std::memory_order_acquire); }

private:
    void greet();
    void bring_more();
    [[nodiscard]] Value ended_of_late();
    void drop_fenced(const Value& body);
    void join();
    void on_welcome(const Value& body);
    void on_refusal(const std::string& code, const std::string& text);
    void beat();
    void look_for_broker();
    void look_often();
    void say_beat();
    [[nodiscard]] Phase phase() const noexcept { return phase_.load(std::memory_order_relaxed); }

    Admin& admin_;
    std::atomic<Phase> phase_{Phase::silent};
    std::atomic<bool> refused_{false};
    bool prime_ = false;
    bool was_joined_ = false;  // when it began to leave
    bool has_joined_ = false;  ///< at least once
    std::string system_ = "king";
    std::string session_;  ///< the broker's secret for this session; shows that a new hello is ours
    bool has_new_session_ = false;  ///< told to the moves when this worker has joined
    Nanoseconds since_{0};
    std::vector<std::string> unbrought_;  ///< names of actors that the broker has not been told of in this greeting
    std::deque<std::pair<Nanoseconds, std::string>> ended_;  ///< not long ago
    bool looks_often_ = false;
    bool was_cut_ = false;  ///< the broker's machine was out of reach in this silence
    std::uint64_t greeting_ = 0;  ///< counts hellos, so that an old one's timeout is known
};

}  // namespace peacepie::worker
