#include "launcher/session.hpp"

#include <unistd.h>
#include <utility>

#include "log/log.hpp"
#include "wire/codec.hpp"
#include "wire/fields.hpp"

namespace peacepie::launcher {
namespace {

// A refused hello is usually a session that the broker has not yet given up; that takes `heartbeat_patience`.
constexpr Nanoseconds hello_again = std::chrono::seconds(1);

Envelope envelope_of(Kind kind, std::uint64_t mid, std::string_view command, std::string_view recipient,
                     std::string_view body) {
    Envelope envelope;
    envelope.kind = kind;
    envelope.mid = mid;
    envelope.command = command;
    envelope.recipient = recipient;
    envelope.body = body;
    return envelope;
}

std::string bytes_of(const Value& body) { return body.is_nil() ? std::string() : body.encoded(); }

Heard error_of(std::uint64_t mid, Fault fault, std::string_view text) {
    return {Kind::error, mid, std::string(code_of(fault)), {}, Value::Map{{"text", text}}};
}

}  // namespace

Session::Session(const std::string& endpoint, std::string host, Listener& listener)
    : host_(std::move(host)), listener_(listener), socket_(endpoint, limits::transport_heartbeat_interval) {}

void Session::turn(Nanoseconds now) {
    now_ = now;
    if (phase_ == Phase::gone) {
        next_beat_ = now_ + limits::heartbeat_interval;
        return flush();
    }
    while (auto frame = socket_.receive()) read(*frame);
    if (phase_ != Phase::away && (!socket_.is_connected() || socket_.connections() != connection_)) leave();
    if (phase_ == Phase::away && socket_.is_connected()) say_hello();
    if (now_ >= next_beat_) {
        if (phase_ == Phase::waiting || phase_ == Phase::greeting) say_hello();
        if (phase_ == Phase::joined) put(envelope_of(Kind::send, 0, "heartbeat", {}, {}));
        next_beat_ = now_ + limits::heartbeat_interval;
    }
    expire();
    flush();
}

void Session::say_hello() {
    const auto version = limits::protocol_version;
    const std::string body = Value(Value::Map{{"role", "launcher"},
                                              {"host", host_},
                                              {"pid", static_cast<std::int64_t>(getpid())},
                                              {"protocol", Value::Array{version, version}}})
                                 .encoded();
    connection_ = socket_.connections();
    hello_mid_ = ++last_mid_;
    put(envelope_of(Kind::ask, hello_mid_, "hello", {}, body));
    phase_ = Phase::greeting;
    next_beat_ = now_ + hello_again;
}

void Session::leave() {
    const bool was_joined = phase_ == Phase::joined;
    phase_ = Phase::away;
    outbox_.clear();
    for (auto& [mid, one] : std::exchange(open_, {}))
        one.on_answer(error_of(mid, Fault::unavailable, "the broker went away"));
    if (was_joined) listener_.lost();
}

void Session::read(std::string_view frame) {
    Envelope single;
    if (!read_envelope(frame, single)) return read_one(frame);
    FrameReader reader(frame);
    while (auto bytes = reader.next()) read_one(*bytes);
    if (reader.is_malformed()) log::warning("the broker sent a frame that is none; it is left out");
}

void Session::read_one(std::string_view bytes) try {
    Envelope envelope;
    if (auto fault = read_envelope(bytes, envelope)) throw Error(*fault, "no envelope");
    const Heard heard{envelope.kind, envelope.mid, std::string(envelope.command), std::string(envelope.sender),
                      Value::decode(envelope.body)};
    if (heard.kind == Kind::error && heard.command == code_of(Fault::no_session)) return leave();
    if (!envelope.is_answer()) {
        if (heard.command != "heartbeat") return listener_.heard(heard);
        put(envelope_of(Kind::send, 0, "heartbeat", {}, {}));
        next_beat_ = now_ + limits::heartbeat_interval + limits::heartbeat_lateness;
    } else if (heard.mid == hello_mid_ && phase_ == Phase::greeting) {
        answer_to_hello(heard);
    } else {
        settle(heard);
    }
} catch (const Error& error) {
    log::warning("a message of the broker cannot be read: {}", error.text);
}

void Session::answer_to_hello(const Heard& answer) {
    if (answer.kind == Kind::error) {
        phase_ = Phase::waiting;
        return listener_.refused(Error(answer.command, text_in(answer.body, "text")));
    }
    phase_ = Phase::joined;
    address_ = text_in(answer.body, "address");
    next_beat_ = now_ + limits::heartbeat_interval;
    for (const auto& report : reports_) put(report);
    listener_.welcomed(answer.body);
}

void Session::settle(const Heard& answer) {
    if (std::erase_if(reports_, [&](const Report& report) { return report.mid == answer.mid; }) != 0 && answer.kind == Kind::reply) return;
    const auto one = open_.find(answer.mid);
    if (one == open_.end()) {
        if (answer.kind == Kind::error) log::warning("the broker says {}: {}", answer.command, text_in(answer.body, "text"));
        return;
    }
    const OnAnswer on_answer = std::move(one->second.on_answer);
    open_.erase(one);
    on_answer(answer);
}

void Session::expire() {
    for (auto one = open_.begin(); one != open_.end();) {
        if (now_ < one->second.until) {
            ++one;
            continue;
        }
        const auto mid = one->first;
        const OnAnswer on_answer = std::move(one->second.on_answer);
        open_.erase(one);
        on_answer(error_of(mid, Fault::expired, "the broker did not answer in time"));
        one = open_.begin();  // the answer may have asked something new
    }
}

void Session::ask(std::string_view recipient, std::string_view command, const Value& body, Nanoseconds patience,
                  OnAnswer on_answer) {
    const std::uint64_t mid = ++last_mid_;
    if (phase_ != Phase::joined) return on_answer(error_of(mid, Fault::unavailable, "the broker is away"));
    open_.emplace(mid, Open{now_ + patience, std::move(on_answer)});
    const std::string bytes = bytes_of(body);
    Envelope question = envelope_of(Kind::ask, mid, command, recipient, bytes);
    question.sender = address_;  // a part of the system says itself where its answers go
    question.timeout_ms =
        static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::milliseconds>(patience).count());
    put(question);
}

void Session::report(std::string_view command, const Value& body) {
    if (reports_.size() >= limits::reports_waiting_max) {
        log::warning("the broker has been away for so long that a report is dropped");
        reports_.pop_front();
    }
    reports_.push_back({++last_mid_, std::string(command), bytes_of(body)});
    if (phase_ == Phase::joined) put(reports_.back());
}

void Session::put(const Report& report) {
    Envelope envelope = envelope_of(Kind::ask, report.mid, report.command, {}, report.body);
    envelope.sender = address_;
    put(envelope);
}

void Session::bye() {
    if (phase_ == Phase::joined) put(envelope_of(Kind::send, 0, "bye", {}, {}));
    phase_ = Phase::gone;
    open_.clear();
}

void Session::reply(const Heard& to, std::string_view command, const Value& body) {
    if (phase_ != Phase::joined || to.kind != Kind::ask) return;
    const std::string bytes = bytes_of(body);
    put(envelope_of(Kind::reply, to.mid, command, to.sender, bytes));
}

void Session::fail(const Heard& to, Fault fault, std::string text) {
    if (phase_ != Phase::joined || to.kind != Kind::ask) return;
    const std::string bytes = Value(Value::Map{{"text", std::move(text)}, {"from", host_ + ".launcher"}}).encoded();
    put(envelope_of(Kind::error, to.mid, code_of(fault), to.sender, bytes));
}

void Session::put(const Envelope& envelope) {
    append_envelope(outbox_.emplace_back(), envelope);
    flush();
}

void Session::flush() {
    while (!outbox_.empty() && socket_.send(outbox_.front()) == Sent::taken) outbox_.pop_front();
}

}  // namespace peacepie::launcher
