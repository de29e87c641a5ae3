// world.hpp - a Broker among peers that are only recorded, with a clock that stands still until told.
//
// For tests: no socket, no thread, no time of its own.
// Next: the tests of this folder.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "broker/broker.hpp"
#include "catch.hpp"
#include "wire/codec.hpp"
#include "wire/value.hpp"

namespace peacepie::broker {

class ManualClock final : public Clock {
public:
    [[nodiscard]] Nanoseconds now() const noexcept override { return now_; }
    void advance(Nanoseconds span) { now_ += span; }

private:
    Nanoseconds now_ = std::chrono::seconds(1'000);
};

class RecordingLink final : public PeerLink {
public:
    Sent send(Peer peer, std::string_view frame) override {
        ++tries;
        if (full.contains(peer)) return Sent::pipe_full;
        if (gone.contains(peer)) return Sent::peer_unknown;
        frames[peer].emplace_back(frame);
        return Sent::taken;
    }
    void forget(Peer peer) override { forgotten.push_back(peer); }

    std::map<Peer, std::deque<std::string>> frames;
    std::map<Peer, bool> full, gone;
    std::vector<Peer> forgotten;
    int tries = 0;
};

struct Message {
    Kind kind = Kind::send;
    std::uint64_t mid = 0;
    std::string command, recipient, sender;
    std::optional<std::uint32_t> timeout_ms;
    Value body;

    [[nodiscard]] std::string text(std::string_view key) const {
        const auto* field = body.find(key);
        return field != nullptr && field->as_text() ? *field->as_text() : std::string();
    }
    [[nodiscard]] std::int64_t number(std::string_view key) const {
        const auto* field = body.find(key);
        return field != nullptr && field->as_integer() ? *field->as_integer() : -1;
    }
    [[nodiscard]] bool flag(std::string_view key) const {
        const auto* field = body.find(key);
        return field != nullptr && field->as_bool() && *field->as_bool();
    }
};

inline Value map(Value::Map fields) { return fields; }
inline Value names(std::vector<std::string> items) {
    Value::Array array;
    for (auto& item : items) array.emplace_back(std::move(item));
    return array;
}

class World {
public:
    World() = default;
    explicit World(const Bounds& bounds) : broker(link, clock, Options{.broker_epoch = 7, .bounds = bounds}) {}
    explicit World(Ledger* ledger) : broker(link, clock, Options{.broker_epoch = 7, .is_successor = ledger != nullptr}, ledger) {}
    explicit World(Options options) : broker(link, clock, std::move(options)) {}

    /// Raw bytes from a peer, then the round ends.
    void feed(Peer peer, std::string_view frame) {
        broker.on_frame(peer, frame);
        broker.on_round();
    }
    void say(Peer peer, Kind kind, std::uint64_t mid, std::string_view command, std::string_view recipient,
             const Value& body = {}, std::string_view sender = {}, std::optional<std::uint32_t> timeout_ms = std::nullopt) {
        const auto bytes = body.encoded();
        std::string frame;
        append_envelope(frame, {.kind = kind, .mid = mid, .command = command, .recipient = recipient, .sender = sender,
                                .timeout_ms = timeout_ms, .body = bytes});
        feed(peer, frame);
    }
    /// Returns the mid.
    std::uint64_t ask(Peer peer, std::string_view recipient, std::string_view command, const Value& body = {},
                      std::string_view sender = {}, std::optional<std::uint32_t> timeout_ms = std::nullopt) {
        say(peer, Kind::ask, ++last_mid_, command, recipient, body, sender, timeout_ms);
        return last_mid_;
    }
    void send(Peer peer, std::string_view recipient, std::string_view command, const Value& body = {},
              std::string_view sender = {}) {
        say(peer, Kind::send, 0, command, recipient, body, sender);
    }
    void reply(Peer peer, const Message& to, std::string_view command, const Value& body = {}, std::string_view sender = {}) {
        say(peer, Kind::reply, to.mid, command, to.sender, body, sender);
    }
    void fail(Peer peer, const Message& to, std::string_view code, std::string_view text, std::string_view sender = {}) {
        say(peer, Kind::error, to.mid, code, to.sender, map({{"text", text}}), sender);
    }

    /// Everything a peer has received since the last call; heartbeats are left out.
    std::vector<Message> received(Peer peer) {
        std::vector<Message> messages;
        for (const auto& frame : std::exchange(link.frames[peer], {})) {
            FrameReader reader(frame);
            while (const auto bytes = reader.next()) {
                Envelope envelope;
                REQUIRE_FALSE(read_envelope(*bytes, envelope));
                if (envelope.command == "heartbeat") continue;
                messages.push_back({envelope.kind, envelope.mid, std::string(envelope.command), std::string(envelope.recipient),
                                    std::string(envelope.sender), envelope.timeout_ms, Value::decode(envelope.body)});
            }
            REQUIRE_FALSE(reader.is_malformed());
        }
        return messages;
    }
    /// The one message that a peer has received.
    Message only(Peer peer) {
        auto messages = received(peer);
        REQUIRE(messages.size() == 1);
        return messages.front();
    }
    std::vector<std::string> commands(Peer peer) {
        std::vector<std::string> all;
        for (const auto& message : received(peer)) all.push_back(message.command);
        return all;
    }

    Peer stranger() { return ++last_peer_; }
    /// A client that has been welcomed; the address of the first is "@me.1".
    Peer client(const std::string& label = "me") {
        const Peer peer = stranger();
        ask(peer, {}, "hello", map({{"role", "client"}, {"name", label}}));
        address[peer] = only(peer).text("address");
        return peer;
    }
    Peer worker(const std::string& host, const std::string& process) {
        const Peer peer = stranger();
        ask(peer, {}, "hello", map({{"role", "worker"}, {"host", host}, {"process", process}, {"pid", 42}}));
        const auto welcome = only(peer);
        REQUIRE(welcome.command == "welcome");
        address[peer] = welcome.text("address");
        return peer;
    }
    Peer launcher(const std::string& host) {
        const Peer peer = stranger();
        ask(peer, {}, "hello", map({{"role", "launcher"}, {"host", host}, {"pid", 41}}));
        address[peer] = only(peer).text("address");
        return peer;
    }
    void register_actors(Peer worker_peer, const std::vector<std::string>& actor_names) {
        ask(worker_peer, {}, "register_actors",
            map({{"names", names(actor_names)}, {"class_desc", map({{"requires_dist", "p"}, {"class", "C"}})}}),
            address[worker_peer]);
        REQUIRE(only(worker_peer).command == "actors_are_registered");
    }
    /// The source of a move says so when it is asked.
    void gates_nobody(Peer source) {
        const auto asked = only(source);
        REQUIRE(asked.command == "await_fence");
        reply(source, asked, "fence_is_back", {}, address[source]);
    }

    /// In small steps, as the broker's deadlines want it; workers and launchers named in `alive` keep speaking.
    void advance(Nanoseconds span, const std::vector<Peer>& alive = {}) {
        for (Nanoseconds done{0}; done < span; done += limits::broker_tick) {
            clock.advance(limits::broker_tick);
            for (const Peer peer : alive) send(peer, {}, "heartbeat");
            broker.on_time();
            broker.on_round();
        }
    }

    ManualClock clock;
    RecordingLink link;
    Broker broker{link, clock, Options{.broker_epoch = 7}};
    std::map<Peer, std::string> address;

private:
    Peer last_peer_ = 100;
    std::uint64_t last_mid_ = 1'000;
};

}  // namespace peacepie::broker
