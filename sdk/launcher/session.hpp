// session.hpp - the launcher's session at the broker: hello, heartbeats, questions both ways, patience.
//
// One thread, the launcher's; never blocks.  Says hello on every new connection.  While the broker is away reports are
// kept (bounded) and told after the next welcome; an ask that was open is answered `unavailable`.
// Next: launcher.hpp listens to it; client/socket.hpp carries it.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "client/socket.hpp"
#include "wire/envelope.hpp"
#include "wire/limits.hpp"
#include "wire/link.hpp"
#include "wire/value.hpp"

namespace peacepie::launcher {

/// A decoded envelope, as the launcher sees it.
struct Heard {
    Kind kind = Kind::send;
    std::uint64_t mid = 0;
    std::string command;
    std::string sender;
    Value body;
};

class Session {
public:
    /// What the launcher does about it.
    class Listener {
    public:
        virtual ~Listener() = default;
        virtual void welcomed(const Value& welcome) = 0;
        virtual void refused(const Error& why) = 0;    ///< the hello was; it is said again after a while
        virtual void heard(const Heard& message) = 0;  ///< an ask or a send to us
        virtual void lost() = 0;                       ///< the connection, or the broker forgot us
    };
    using OnAnswer = std::function<void(const Heard&)>;

    Session(const std::string& endpoint, std::string host, Listener& listener);

    /// Reads what has arrived and does what is due.
    void turn(Nanoseconds now);
    [[nodiscard]] bool is_joined() const noexcept { return phase_ == Phase::joined; }
    /// How long nothing will be due.
    [[nodiscard]] Nanoseconds next_due() const noexcept { return next_beat_; }
    [[nodiscard]] client::Socket& socket() noexcept { return socket_; }

    /// An empty recipient is HEAD.  `on_answer` is called exactly once, with a reply or an error.
    void ask(std::string_view recipient, std::string_view command, const Value& body, Nanoseconds patience, OnAnswer on_answer);
    /// Nothing more reaches it: what is reported from now on waits for the next one.
    void broker_has_died() {
        if (phase_ != Phase::away && phase_ != Phase::gone) leave();
    }
    /// To HEAD, now or after the next welcome, and again to the next broker until one has answered.
    void report(std::string_view command, const Value& body);
    /// The last word: from now on nothing is said or heard.
    void bye();
    /// To whoever asked; dropped when the session has changed since, because the ask is lost as well.
    void reply(const Heard& to, std::string_view command, const Value& body);
    void fail(const Heard& to, Fault fault, std::string text);

private:
    // A fifth phase, gone, is entered by bye() and never left.
    // away ─connection→ greeting ─welcome→ joined
    //   ↑                  └──refused──→ waiting ─a second→ greeting
    //   └── connection lost, no_session ──┴── from everywhere
    enum class Phase { away, greeting, waiting, joined, gone };
    struct Open {
        Nanoseconds until;
        OnAnswer on_answer;
    };

    struct Report {
        std::uint64_t mid;
        std::string command;
        std::string body;
    };

    void say_hello();
    void leave();
    void put(const Report& report);
    void read(std::string_view frame);
    void read_one(std::string_view bytes);
    void answer_to_hello(const Heard& answer);
    void settle(const Heard& answer);
    void expire();
    void put(const Envelope& envelope);
    void flush();

    const std::string host_;
    Listener& listener_;
    client::Socket socket_;
    std::string address_;              ///< as the last welcome said it
    Phase phase_ = Phase::away;
    Nanoseconds now_{0};
    Nanoseconds next_beat_{0};
    std::uint64_t connection_ = 0;
    std::uint64_t last_mid_ = 0;
    std::uint64_t hello_mid_ = 0;
    std::map<std::uint64_t, Open> open_;
    std::deque<std::string> outbox_;   ///< frames the pipe did not take yet
    std::deque<Report> reports_;       ///< which no broker has noted yet
};

}  // namespace peacepie::launcher
