#include "client/client.hpp"

#include <random>
#include <algorithm>
#include <utility>

#include "wire/codec.hpp"
#include "wire/fields.hpp"
#include "wire/limits.hpp"

namespace peacepie::client {
namespace {

using std::chrono::steady_clock;

Milliseconds left(steady_clock::time_point until) {
    return std::max(Milliseconds(0), std::chrono::ceil<Milliseconds>(until - steady_clock::now()));
}

std::string text_of(const Answer& answer) {
    std::string text = text_in(answer.body, "text");
    return text.empty() ? "the peer gave no reason" : text;
}

constexpr Milliseconds reliable_step(5'000);  // then the same question again: an answer may be lost with a broker
constexpr Milliseconds retry_delay(100);

// Bodies are checked where they leave: the broker would refuse them anyway, and says less.
std::string checked_body(const Value& body) {
    if (body.is_nil()) return {};
    std::string bytes = body.encoded();
    if (bytes.size() > limits::body_size_max)
        throw Error(Fault::too_large, "the body has " + std::to_string(bytes.size()) + " bytes, the limit is " +
                                          std::to_string(limits::body_size_max) + "; pass a reference instead");
    // Our own encoder makes well-formed bytes, so what is wrong with them is their size.
    if (check_body(bytes)) throw Error(Fault::too_large, "the body is nested too deeply or has too many elements");
    return bytes;
}

}  // namespace

Refused::Refused(const Answer& answer)
    : Error(answer.command, text_of(answer), text_in(answer.body, "from")), body(answer.body) {}

Client::Client(std::string endpoint, ClientOptions options)
    : endpoint_(std::move(endpoint)), options_(std::move(options)), socket_(endpoint_) {}

const Value& Client::connect() {
    socket_.wait(Milliseconds(0));  // the connection may have changed since the last ask
    if (!has_session()) say_hello();
    return welcome_;
}

void Client::await_connection() {
    const auto until = steady_clock::now() + options_.connect_patience;
    while (!socket_.is_connected()) {
        if (left(until) == Milliseconds(0))
            throw Unreachable("no broker answers at " + endpoint_ + "; start a system with `peacepie up`, or name "
                              "another broker with --broker or PEACEPIE_BROKER");
        socket_.wait(left(until));
    }
}

void Client::say_hello() {
    await_connection();
    const auto until = steady_clock::now() + options_.hello_patience;
    const auto connection = socket_.connections();
    const auto version = limits::protocol_version;
    const Value body = Value::Map{
        {"role", "client"}, {"name", options_.name}, {"protocol", Value::Array{version, version}}};
    const std::string bytes = body.encoded();
    Envelope hello;
    hello.kind = Kind::ask;
    hello.mid = ++last_mid_;
    hello.command = "hello";
    hello.body = bytes;
    put(hello, until);
    const auto answer = await(hello.mid, until, connection);
    if (!answer)
        throw Unreachable("something listens at " + endpoint_ + " but does not answer as a peacepie broker; "
                          "check the port");
    const bool is_for_now = answer->command == code_of(Fault::unavailable) || answer->command == code_of(Fault::stopping);
    if (answer->kind == Kind::error && is_for_now) throw Unreachable(text_of(*answer));
    if (answer->kind == Kind::error)
        throw Incompatible(answer->command, "the broker at " + endpoint_ + " refuses this client: " + text_of(*answer));
    welcome_ = answer->body;
    connection_ = connection;
    ++sessions_;
}

void Client::put(const Envelope& envelope, Deadline until) {
    std::string frame;
    append_envelope(frame, envelope);
    while (socket_.send(frame) != Sent::taken) {
        if (left(until) == Milliseconds(0))
            throw Unreachable("the connection to " + endpoint_ + " takes no more; the broker is gone or stuck");
        socket_.wait_for_room(left(until));
    }
}

Answer Client::ask_reliably(std::string_view recipient, std::string_view command, const Value& body, Milliseconds timeout) {
    static constexpr Fault losses[] = {Fault::worker_lost, Fault::unavailable, Fault::mailbox_full, Fault::expired,
                                       Fault::stopping, Fault::fenced, Fault::no_session};
    const auto until = steady_clock::now() + timeout;
    if (origin_.empty()) {
        std::random_device random;
        origin_ = options_.name + "." + std::to_string(random()) + "." + std::to_string(random());
    }
    const std::string meta = Value(Value::Map{{"delivery", "reliable"}, {"origin", origin_}, {"number", ++last_number_}}).encoded();
    for (;;) {
        try {
            return ask(recipient, command, body, std::clamp(left(until), Milliseconds(1), reliable_step), meta);
        } catch (const Error& error) {
            const bool is_loss = std::ranges::any_of(losses, [&](Fault fault) { return error.code == code_of(fault); });
            if (!is_loss || left(until) <= retry_delay) throw;
        }
        socket_.wait(retry_delay);
    }
}

Answer Client::ask(std::string_view recipient, std::string_view command, const Value& body, Milliseconds timeout, std::string_view meta) {
    const std::string bytes = checked_body(body);
    // A refused session costs one more try: before a hello nothing is served, so nothing is done twice.
    for (int tries = 0;; ++tries) {
        connect();
        const auto until = steady_clock::now() + timeout;
        Envelope question;
        question.kind = Kind::ask;
        question.mid = ++last_mid_;
        question.command = command;
        question.recipient = recipient;
        question.timeout_ms = static_cast<std::uint32_t>(std::clamp<std::int64_t>(timeout.count(), 1, UINT32_MAX));
        question.meta = meta;
        question.body = bytes;
        put(question, until);
        // The hop that gives up answers `expired`; a second more leaves its answer time to arrive.
        auto answer = await(question.mid, until + std::chrono::seconds(1), connection_);
        if (!answer)
            throw Error(Fault::expired, "no answer to `" + std::string(command) + "` within its time; allow it more");
        if (answer->kind != Kind::error) return std::move(*answer);
        if (answer->command != code_of(Fault::no_session) || tries > 0) throw Refused(*answer);
        connection_ = 0;
        say_hello();
    }
}

std::uint64_t Client::send(std::string_view recipient, std::string_view command, const Value& body) {
    const std::string bytes = checked_body(body);
    connect();
    Envelope message;
    message.mid = ++last_mid_;
    message.command = command;
    message.recipient = recipient;
    message.body = bytes;
    put(message, steady_clock::now() + options_.hello_patience);
    return message.mid;
}

std::optional<Message> Client::next(Milliseconds patience) {
    const auto until = steady_clock::now() + patience;
    for (;;) {
        while (auto frame = socket_.receive()) sort_in(*frame, 0);
        if (!inbox_.empty()) {
            Message message = std::move(inbox_.front());
            inbox_.pop_front();
            return message;
        }
        if (left(until) == Milliseconds(0)) return std::nullopt;
        socket_.wait(left(until));
    }
}

std::optional<Answer> Client::await(std::uint64_t mid, Deadline until, std::uint64_t connection) {
    for (;;) {
        while (auto frame = socket_.receive())
            if (auto answer = sort_in(*frame, mid)) return answer;
        if (socket_.connections() != connection || !socket_.is_connected())
            throw Unreachable("the broker at " + endpoint_ + " went away before it answered; the command may have "
                              "been carried out");
        if (left(until) == Milliseconds(0)) return std::nullopt;
        socket_.wait(left(until));
    }
}

std::optional<Answer> Client::sort_in(const std::string& frame, std::uint64_t mid) {
    Envelope envelope;
    if (auto fault = read_envelope(frame, envelope))
        throw Error(*fault, "what listens at " + endpoint_ + " sent no envelope; is it a peacepie broker?");
    Message message{envelope.kind, envelope.mid, std::string(envelope.command), std::string(envelope.sender),
                    Value::decode(envelope.body)};
    if (!envelope.is_answer()) {
        keep(std::move(message));
    } else if (mid != 0 && envelope.mid == mid) {
        return message;
    } else if (envelope.kind == Kind::error) {
        if (message.command == code_of(Fault::no_session)) connection_ = 0;
        keep(std::move(message));
    }
    // Else the reply to an ask that has timed out: nobody waits for it any more.
    return std::nullopt;
}

void Client::keep(Message message) {
    if (inbox_.size() >= inbox_max) {
        ++missed_;
        return;
    }
    inbox_.push_back(std::move(message));
}

}  // namespace peacepie::client
