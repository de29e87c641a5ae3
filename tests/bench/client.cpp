// client.cpp - a C++ client outside of the system: round trips, many asks outstanding, a stream.
//
//   client rtt ENDPOINT ACTOR SIZE COUNT           prints p50, p99 and p99.9 of an ask in µs
//   client pipe ENDPOINT ACTOR SIZE COUNT LANES    prints the seconds of COUNT asks, LANES of them outstanding
//   client stream ENDPOINT ACTOR SIZE COUNT CREDIT   sends to a Sink, which knows the seconds
// A Client asks one thing at a time; asks side by side are written to the pipe below it, one envelope a frame.
// Next: outside.py runs it; sdk/client/client.hpp is what most programs use.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "client/client.hpp"
#include "wire/codec.hpp"

namespace {

using namespace peacepie;
using client::Client;
using std::chrono::steady_clock;
using namespace std::chrono_literals;

struct Work {
    std::string endpoint, actor;
    Value body;
    long count;
};

double seconds_since(steady_clock::time_point before) { return std::chrono::duration<double>(steady_clock::now() - before).count(); }

int rtt(const Work& work) {
    Client client(work.endpoint);
    std::vector<double> spans;
    (void)client.ask(work.actor, "echo", work.body);
    for (long i = 0; i < work.count; ++i) {
        const auto before = steady_clock::now();
        (void)client.ask(work.actor, "echo", work.body);
        spans.push_back(seconds_since(before) * 1e6);
    }
    std::sort(spans.begin(), spans.end());
    const auto at = [&](double part) { return spans[static_cast<std::size_t>(static_cast<double>(spans.size() - 1) * part)]; };
    std::printf("%.3f %.3f %.3f\n", at(0.5), at(0.99), at(0.999));
    return 0;
}

/// Asks without waiting, over the library's own pipe.  Names itself as the sender: no broker believes it, but one that is
/// built without stamping (without/stamping.patch) does.
class Lanes {
public:
    explicit Lanes(const Work& work) : socket_(work.endpoint), actor_(work.actor), body_(work.body.encoded()) {
        ask({}, "hello", Value(Value::Map{{"role", "client"}, {"protocol", Value::Array{1, 1}}}).encoded());
        const Value welcome = Value::decode(await());
        if (const auto* address = welcome.find("address")) sender_ = *address->as_text();
    }
    void ask() { ask(actor_, "echo", body_); }
    /// The body of the next answer.  Exits when it is an error: a figure must not be made of those.
    std::string_view await() {
        while (!(received_ = socket_.receive())) socket_.wait(1s);
        Envelope answer;
        if (!read_envelope(*received_, answer) && answer.kind == Kind::reply) return answer.body;
        std::fprintf(stderr, "client: %s\n", std::string(answer.command).c_str());
        std::exit(1);
    }

private:
    void ask(std::string_view recipient, std::string_view command, std::string_view body) {
        frame_.clear();
        append_envelope(frame_, {.kind = Kind::ask, .mid = ++mid_, .command = command, .recipient = recipient, .sender = sender_, .body = body});
        while (socket_.send(frame_) != Sent::taken) socket_.wait(1ms);
    }

    client::Socket socket_;
    const std::string actor_, body_;
    std::string sender_, frame_;
    std::optional<std::string> received_;
    std::uint64_t mid_ = 0;
};

int pipe(const Work& work, long lanes) {
    Lanes asks(work);
    const auto began = steady_clock::now();
    long sent = 0;
    for (; sent < lanes && sent < work.count; ++sent) asks.ask();
    for (long got = 0; got < work.count; ++got) {
        (void)asks.await();
        if (sent < work.count) asks.ask(), ++sent;
    }
    std::printf("%.9f\n", seconds_since(began));
    return 0;
}

/// Two credits are on the way; the sink gives one for every `credit` messages it has handled.
int stream(const Work& work, long credit) {
    Client client(work.endpoint);
    (void)client.ask(work.actor, "expect", Value::Map{{"count", work.count}, {"credit", credit}});
    for (long sent = 0; sent < work.count; ++sent) {
        if (sent >= 2 * credit && sent % credit == 0 && !client.next(10s)) {
            std::fprintf(stderr, "client: no credit comes\n");
            return 1;
        }
        client.send(work.actor, "item", work.body);
    }
    // All of it has reached the broker: who ends with answers unread has its connection reset, and what is on the way is lost.
    (void)client.ask({}, "ping");
    return 0;
}

}  // namespace

int main(int count, char** words) try {
    if (count < 6) return 2;
    const auto number = [&](int which) { return which < count ? std::atol(words[which]) : 0; };
    const Work work{words[2], words[3], Value::Map{{"body", Binary{std::string(static_cast<std::size_t>(number(4)), 'x')}}}, number(5)};
    const std::string verb = words[1];
    return verb == "rtt" ? rtt(work) : verb == "pipe" ? pipe(work, number(6)) : verb == "stream" ? stream(work, number(6)) : 2;
} catch (const Error& error) {
    std::fprintf(stderr, "client: %s: %s\n", error.code.c_str(), error.text.c_str());
    return 1;
}
