// tally_test.cpp - sends are counted in lines apart, and their sum is never behind what has ended.
#include "worker/tally.hpp"

#include <thread>
#include <vector>

#include "catch.hpp"
#include "worker/outbox.hpp"

using namespace peacepie;
using namespace peacepie::worker;

namespace {

Envelope send(std::string_view sender, std::string_view recipient) { return {.kind = Kind::send, .command = "tick", .recipient = recipient, .sender = sender}; }

std::int64_t number(const Value& value, const char* key) { return *value.find(key)->as_integer(); }

const SteadyClock clock_of_test;

}  // namespace

TEST_CASE("threads with lines of their own and strangers count together what each has counted") {
    Tally tally;
    std::vector<std::thread> threads;
    for (std::uint32_t i = 0; i < 4; ++i)
        threads.emplace_back([&tally, i] {
            if (i < 2) Tally::give_line(i + 1);  // the others share the first one
            for (int n = 0; n < 50'000; ++n) tally.enter(), tally.end(n % 2);
        });
    for (auto& thread : threads) thread.join();
    CHECK(tally.entered() == 200'000);
    CHECK(tally.ended() == 100'000);
    CHECK(tally.unread().waiting == 100'000);
}

TEST_CASE("at no moment have more sends ended than were taken in, whoever looks") {
    Tally tally;
    std::atomic<bool> done{false};
    std::atomic<std::uint64_t> handed_over{0};
    std::thread sender([&] {
        Tally::give_line(1);
        for (int n = 0; n < 100'000; ++n) tally.enter(), handed_over.fetch_add(1, std::memory_order_release);
    });
    std::thread reader([&] {
        Tally::give_line(2);
        for (std::uint64_t ended = 0; ended < 100'000;)
            if (handed_over.load(std::memory_order_acquire) > ended) tally.end(), ++ended;
        done = true;
    });
    std::uint64_t most = 0;
    while (!done) most = std::max(most, tally.unread().waiting);  // less than nothing would be a very large number
    sender.join();
    reader.join();
    CHECK(most <= 100'000);
    CHECK(tally.unread().waiting == 0);
}

TEST_CASE("of what the outbox was given, what still waits in it belongs to the session that begins") {
    Tally tally;
    Outbox outbox(tally.left(), clock_of_test);
    outbox.open();
    const auto put = [&](const Envelope& envelope) { REQUIRE(outbox.append(envelope) == Outbox::Put::taken); };
    tally.enter(5);
    for (int i = 0; i < 3; ++i) put(send("anna", "ben"));
    put(send("first.main.admin", {}));  // to HEAD
    put({.kind = Kind::ask, .command = "tick", .recipient = "ben", .sender = "anna"});
    outbox.with_sends([&](std::uint64_t waiting) { tally.begin_session(7, waiting); });
    CHECK(tally.unread().left == 3);
    REQUIRE(outbox.take());
    for (int i = 0; i < 2; ++i) put(send("anna", "ben"));
    tally.arrive(4);
    CHECK(tally.unread().arrived == 4);
    CHECK(tally.unread().left == 5);
    CHECK(tally.unread().waiting == 4);
    outbox.with_sends([&](std::uint64_t waiting) { tally.begin_session(8, waiting); });
    CHECK(tally.unread().arrived == 0);
    CHECK(tally.unread().left == 2);
    const auto told = tally.told();
    CHECK(number(told, "session") == 8);
    CHECK(number(*told.find("before"), "session") == 7);
    CHECK(number(*told.find("before"), "arrived") == 4);
    CHECK(number(*told.find("before"), "left") == 3);
}

TEST_CASE("what is taken out of the outbox again has not left") {
    Tally tally;
    Outbox outbox(tally.left(), clock_of_test);
    for (const auto* sender : {"anna", "ben", "anna"}) REQUIRE(outbox.append(send(sender, "carl")) == Outbox::Put::taken);
    CHECK(tally.left() == 3);
    (void)outbox.mute({"anna"});
    CHECK(tally.left() == 1);
    outbox.with_sends([](std::uint64_t waiting) { CHECK(waiting == 1); });
}

TEST_CASE("a dead letter waits in its process until it leaves with a report, which belongs to the session that begins while it waits") {
    Tally tally;
    Outbox outbox(tally.left(), clock_of_test);
    const auto letter = Value::Map{{"sender", "anna"}, {"command", "tick"}};
    const auto body = Value(Value::Map{{"letters", Value::Array{letter, letter}}, {"more", Value::Map{{"mailbox_full", 3}}}}).encoded();
    const auto report = [&body](std::string_view sender) { return Envelope{.command = "dead_letters", .sender = sender, .body = body}; };
    tally.enter(6);
    REQUIRE(outbox.append_letters(report("first.main.admin"), 5) == Outbox::Put::taken);
    REQUIRE(outbox.append(report("anna")) == Outbox::Put::taken);  // an actor's own word of that name
    CHECK(tally.unread().waiting == 1);
    CHECK(tally.left() == 5);
    outbox.with_sends([&](std::uint64_t waiting) { tally.begin_session(7, waiting); });
    CHECK(tally.unread().left == 5);
    Outbox full(tally.left(), clock_of_test, 10);
    CHECK(full.append_letters(report("first.main.admin"), 5) == Outbox::Put::full);
    CHECK(tally.left() == 5);
}
