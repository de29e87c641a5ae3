// outbox_test.cpp - batches, the closed door before the welcome, routes that change.
#include "worker/outbox.hpp"

#include <atomic>
#include <vector>

#include "catch.hpp"

using namespace peacepie;
using namespace peacepie::worker;

namespace {

Envelope message(std::uint64_t mid) { return {.kind = Kind::send, .mid = mid, .command = "tick", .recipient = "someone"}; }

std::vector<std::uint64_t> mids(std::string_view frame) {
    std::vector<std::uint64_t> found;
    FrameReader reader(frame);
    while (auto bytes = reader.next()) {
        Envelope envelope;
        REQUIRE_FALSE(read_envelope(*bytes, envelope));
        found.push_back(envelope.mid);
    }
    CHECK_FALSE(reader.is_malformed());
    return found;
}

class ManualClock final : public Clock {
public:
    [[nodiscard]] Nanoseconds now() const noexcept override { return now_; }
    void advance(Nanoseconds by) { now_ += by; }

private:
    Nanoseconds now_ = std::chrono::hours(1);
};

/// What is left of the asks' times, in milliseconds.
std::vector<std::uint32_t> times(std::string_view frame) {
    std::vector<std::uint32_t> found;
    FrameReader reader(frame);
    while (auto bytes = reader.next()) {
        Envelope envelope;
        REQUIRE_FALSE(read_envelope(*bytes, envelope));
        if (envelope.timeout_ms) found.push_back(*envelope.timeout_ms);
    }
    return found;
}

}  // namespace

TEST_CASE("what is said between two rounds goes out as one frame in order") {
    Outbox outbox;
    outbox.open();
    for (std::uint64_t i = 1; i <= 3; ++i) CHECK(outbox.append(message(i)) == Outbox::Put::taken);
    CHECK(mids(outbox.take()->bytes) == std::vector<std::uint64_t>{1, 2, 3});
    CHECK(outbox.empty());
    CHECK_FALSE(outbox.take());
}

TEST_CASE("before the welcome only the greeting goes out and the rest waits") {
    Outbox outbox;
    CHECK(outbox.append(message(1)) == Outbox::Put::taken);
    CHECK(outbox.empty());
    outbox.put_greeting(message(9));
    CHECK_FALSE(outbox.empty());
    CHECK(mids(outbox.take()->bytes) == std::vector<std::uint64_t>{9});
    CHECK_FALSE(outbox.take());
    outbox.open();
    CHECK(mids(outbox.take()->bytes) == std::vector<std::uint64_t>{1});
}

TEST_CASE("a frame that the link did not take stays the oldest") {
    Outbox outbox;
    outbox.open();
    (void)outbox.append(message(1));
    auto frame = outbox.take();
    (void)outbox.append(message(2));
    outbox.put_back(std::move(*frame));
    CHECK(mids(outbox.take()->bytes) == std::vector<std::uint64_t>{1});
    CHECK(mids(outbox.take()->bytes) == std::vector<std::uint64_t>{2});
    CHECK(outbox.empty());
}

TEST_CASE("a message whose route was looked up before it changed is not appended") {
    Outbox outbox;
    outbox.open();
    const auto before = outbox.routes();
    const auto fence = message(7);
    outbox.change_routes([] {}, &fence);
    CHECK(outbox.append(message(1), before) == Outbox::Put::route_changed);
    CHECK(outbox.append(message(2), outbox.routes()) == Outbox::Put::taken);
    CHECK(mids(outbox.take()->bytes) == std::vector<std::uint64_t>{7, 2});
}

TEST_CASE("an outbox at its bound refuses") {
    Outbox outbox;
    const std::string body(8u << 20, '\0');
    Envelope large = message(1);
    large.body = body;
    int taken = 0;
    while (outbox.append(large) == Outbox::Put::taken) ++taken;
    CHECK(taken == static_cast<int>(limits::peer_queue_bytes_max / body.size()) - 1);
}

TEST_CASE("an outbox refuses beyond the bytes that it was given and counts that, and a fence passes all the same") {
    Outbox outbox(100'000);
    const std::string body(40'000, 'x');
    Envelope large = message(1);
    large.body = body;
    for (int i = 0; i < 2; ++i) CHECK(outbox.append(large) == Outbox::Put::taken);
    for (int i = 0; i < 3; ++i) CHECK(outbox.append(large, outbox.routes()) == Outbox::Put::full);
    CHECK(outbox.refused() == 3);
    const auto before = outbox.bytes();
    outbox.change_routes([] {}, &large);
    CHECK(outbox.bytes() > before);
    CHECK(outbox.refused() == 3);
}

TEST_CASE("a window of bytes that the broker has not told of goes out, the rest waits, and is refused beyond the bound") {
    Outbox outbox;
    outbox.open();
    outbox.begin_credit(100'000);
    const std::string body(40'000, 'x');
    auto large = message(0);
    large.body = body;
    std::uint64_t put = 0;
    for (; put < 6; large.mid = ++put) CHECK(outbox.append(large) == Outbox::Put::taken);
    for (std::uint64_t mid = 0; mid < 3; ++mid) CHECK(mids(outbox.take()->bytes) == std::vector{mid});
    CHECK_FALSE(outbox.take());
    CHECK(outbox.empty());  // so nobody tries in vain
    CHECK_FALSE(outbox.has_said_all());
    CHECK(outbox.credit_waits() == 1);
    outbox.give_back(50'000);
    CHECK_FALSE(outbox.empty());
    CHECK(mids(outbox.take()->bytes) == std::vector<std::uint64_t>{3});
    CHECK_FALSE(outbox.take());
    while (outbox.append(large) == Outbox::Put::taken) ++put;
    CHECK(put == 4 + limits::peer_queue_bytes_max / (body.size() + 30));
}

TEST_CASE("what was taken in is told with the mail, and without credit in a frame of its own that is tried until the link takes it") {
    Outbox outbox;
    outbox.open();
    outbox.begin_credit(0);
    outbox.tell(500);
    CHECK(outbox.empty());  // a broker that does not ask for it is not told
    (void)outbox.append(message(1));
    CHECK(mids(outbox.take()->bytes).size() == 1);
    outbox.begin_credit(100);
    CHECK(outbox.empty());  // nor is a later one of what came from another
    (void)outbox.append(message(1));
    outbox.tell(600);
    CHECK(mids(outbox.take()->bytes).size() == 2);
    CHECK_FALSE(outbox.take());
    const std::string body(100, 'x');
    auto large = message(2);
    large.body = body;
    for (int i = 0; i < 3; ++i) (void)outbox.append(large);
    (void)outbox.take();
    (void)outbox.append(message(3));
    CHECK(outbox.empty());
    outbox.tell(700);
    CHECK_FALSE(outbox.empty());
    auto word = outbox.take();
    CHECK(word->told == 700);
    outbox.put_back(std::move(*word));
    outbox.tell(1);
    CHECK(outbox.take()->told == 701);
    CHECK_FALSE(outbox.take());
    outbox.put_greeting(message(9));
    CHECK(outbox.take()->is_greeting);  // a hello needs no credit either
    outbox.begin_credit(100);
    CHECK(mids(outbox.take()->bytes) == std::vector<std::uint64_t>{3});
    CHECK(outbox.has_said_all());
}

TEST_CASE("a closed outbox still tells what was taken in, because a welcome may wait for it, and a frame that came back costs no credit") {
    Outbox outbox;
    outbox.begin_credit(60);
    outbox.tell(100);
    (void)outbox.append(message(1));
    CHECK(outbox.take()->told == 100);
    CHECK_FALSE(outbox.take());
    outbox.open();
    for (int i = 0; i < 5; ++i) outbox.put_back(std::move(*outbox.take()));
    CHECK(mids(outbox.take()->bytes) == std::vector<std::uint64_t>{1});
}

TEST_CASE("what a muted sender said comes out, the rest stays in order, and more of it is taken only when it is no longer muted") {
    Outbox outbox;
    const auto say = [&](std::uint64_t mid, std::string_view sender) {
        auto one = message(mid);
        one.sender = sender;
        return outbox.append(one);
    };
    for (std::uint64_t i = 1; i <= 6; ++i) CHECK(say(i, i % 2 == 0 ? "zombie" : "other") == Outbox::Put::taken);
    CHECK(mids(outbox.mute({"zombie"})) == std::vector<std::uint64_t>{2, 4, 6});
    CHECK(say(7, "zombie") == Outbox::Put::muted);
    CHECK(say(9, "other") == Outbox::Put::taken);
    outbox.unmute("zombie");
    CHECK(say(10, "zombie") == Outbox::Put::taken);
    outbox.open();
    const auto frame = outbox.take()->bytes;
    CHECK(mids(frame) == std::vector<std::uint64_t>{1, 3, 5, 9, 10});
    CHECK(outbox.bytes() == 0);
    CHECK(outbox.empty());
}

TEST_CASE("asks that waited go out with what is left of their time, and with none when it is over") {
    using namespace std::chrono_literals;
    ManualClock clock;
    std::atomic<std::uint64_t> left{0};
    Outbox outbox(left, clock);
    const auto ask = [&](std::uint64_t mid, std::uint32_t timeout_ms) {
        auto one = message(mid);
        one.kind = Kind::ask;
        one.timeout_ms = timeout_ms;
        CHECK(outbox.append(one) == Outbox::Put::taken);
    };
    ask(1, 1'000);
    clock.advance(1'500ms);
    (void)outbox.append(message(2));
    ask(3, 10'000);
    clock.advance(500ms);
    ask(4, 70);
    const auto before = outbox.bytes();
    outbox.open();
    std::vector<std::uint32_t> found;
    std::vector<std::uint64_t> order;
    std::size_t bytes = 0;
    while (auto frame = outbox.take()) {
        bytes += frame->bytes.size();
        for (const auto time : times(frame->bytes)) found.push_back(time);
        for (const auto mid : mids(frame->bytes)) order.push_back(mid);
    }
    CHECK(found == std::vector<std::uint32_t>{0, 9'500, 70});
    CHECK(order == std::vector<std::uint64_t>{1, 2, 3, 4});
    CHECK(bytes <= before);
    CHECK(outbox.bytes() == 0);
    ask(5, 2'000);
    auto frame = outbox.take();
    clock.advance(300ms);
    outbox.put_back(std::move(*frame));  // the link is full
    clock.advance(300ms);
    CHECK(times(outbox.take()->bytes) == std::vector<std::uint32_t>{1'400});
    CHECK(outbox.bytes() == 0);
}

TEST_CASE("when all that waited is taken out, what is said later leaves no empty frame in front of it") {
    using namespace std::chrono_literals;
    ManualClock clock;
    std::atomic<std::uint64_t> left{0};
    Outbox outbox(left, clock);
    const auto ask = [&](std::uint64_t mid, std::string_view sender) {
        auto one = message(mid);
        one.kind = Kind::ask;
        one.sender = sender;
        one.timeout_ms = 1'000;
        CHECK(outbox.append(one) == Outbox::Put::taken);
    };
    ask(1, "zombie");
    CHECK(mids(outbox.mute({"zombie"})) == std::vector<std::uint64_t>{1});
    clock.advance(100ms);
    ask(2, "other");
    outbox.open();
    const auto frame = outbox.take();
    REQUIRE(frame);
    CHECK(mids(frame->bytes) == std::vector<std::uint64_t>{2});
    CHECK(times(frame->bytes) == std::vector<std::uint32_t>{1'000});
}
