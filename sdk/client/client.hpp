// client.hpp - talk to a running system without being an actor.
//
//     peacepie::client::Client client("tcp://127.0.0.1:5998");
//     auto answer = client.ask("hello_world", "tick");          // answer.command == "hello_world"
//
// Synchronous; one thread at a time.  Says hello by itself, also after the broker was restarted.  Whatever arrives that
// answers no ask (notifications, refused sends) is kept for `next`, at most `inbox_max` of them.
// Next: socket.hpp is the pipe; exit_code.hpp says what an error means to a shell.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "client/socket.hpp"
#include "wire/envelope.hpp"
#include "wire/value.hpp"

namespace peacepie::client {

using Milliseconds = std::chrono::milliseconds;

/// A decoded envelope: an answer, a notification, a refusal.
struct Message {
    Kind kind = Kind::reply;
    std::uint64_t mid = 0;
    std::string command;
    std::string sender;
    Value body;
};
using Answer = Message;

/// No broker, or the connection was lost in the middle.
class Unreachable : public Error {
public:
    explicit Unreachable(std::string text) : Error(Fault::unavailable, std::move(text)) {}
};

/// The broker is there and will not have us (another protocol, or it is full).
class Incompatible : public Error {
public:
    using Error::Error;
};

/// An error envelope, with its body (`no_such_actor` has `close` names in it).
class Refused : public Error {
public:
    explicit Refused(const Answer& answer);
    Value body;
};

struct ClientOptions {
    std::string name = "client";              ///< a label in the broker's lists; need not be unique
    Milliseconds connect_patience{900};       ///< no connection by then: Unreachable
    Milliseconds hello_patience{3000};        ///< connected, but no welcome by then: Unreachable
};

class Client {
public:
    static constexpr std::size_t inbox_max = 10'000;  ///< a watcher that sleeps must not eat the machine

    /// Throws Error bad_argument for a broken endpoint; the hello comes with the first ask.
    explicit Client(std::string endpoint, ClientOptions options = {});

    /// An empty recipient is HEAD.  Returns the reply; throws Refused, Unreachable, Incompatible or Error expired.
    Answer ask(std::string_view recipient, std::string_view command, const Value& body = {},
               Milliseconds timeout = Milliseconds(10'000)) {
        return ask(recipient, command, body, timeout, {});
    }
    /// The same question until it is answered or the time is up, across deaths of the recipient and of the broker; it is
    /// handled once, because it is numbered (PROTOCOL.md section 10).  Throws what the last try did.
    Answer ask_reliably(std::string_view recipient, std::string_view command, const Value& body, Milliseconds timeout);
    /// Nobody answers; what finds no recipient is a dead letter (get_dead_letters).  Returns the mid that
    /// an error would carry when the broker does not take the message at all (`no_session`).
    std::uint64_t send(std::string_view recipient, std::string_view command, const Value& body = {});
    /// What arrived besides answers; waits at most that long.
    std::optional<Message> next(Milliseconds patience);

    /// Says hello when there is no session; returns the welcome's body.
    const Value& connect();
    [[nodiscard]] const std::string& endpoint() const noexcept { return endpoint_; }
    /// Grows by one with each session: whoever subscribed does so again.
    [[nodiscard]] std::uint64_t sessions() const noexcept { return sessions_; }
    [[nodiscard]] std::uint64_t missed() const noexcept { return missed_; }  ///< messages beyond `inbox_max`

private:
    using Deadline = std::chrono::steady_clock::time_point;

    Answer ask(std::string_view recipient, std::string_view command, const Value& body, Milliseconds timeout, std::string_view meta);
    void say_hello();
    void await_connection();
    [[nodiscard]] bool has_session() const noexcept {
        return sessions_ > 0 && socket_.is_connected() && connection_ == socket_.connections();
    }
    void put(const Envelope& envelope, Deadline until);
    std::optional<Answer> await(std::uint64_t mid, Deadline until, std::uint64_t connection);
    std::optional<Answer> sort_in(const std::string& frame, std::uint64_t mid);
    void keep(Message message);

    const std::string endpoint_;
    const ClientOptions options_;
    Socket socket_;
    std::string origin_;            ///< this client's name as a sender of reliable messages; made when it is needed
    std::uint64_t last_number_ = 0;
    std::uint64_t last_mid_ = 0;
    std::uint64_t connection_ = 0;  ///< the one our hello was said on
    std::uint64_t sessions_ = 0;
    std::uint64_t missed_ = 0;
    Value welcome_;
    std::deque<Message> inbox_;
};

}  // namespace peacepie::client
