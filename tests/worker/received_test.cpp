// received_test.cpp - which reliable messages are new, known, early or forgotten.
#include "catch.hpp"
#include "wire/limits.hpp"
#include "worker/received.hpp"

using namespace peacepie;
using namespace peacepie::worker;
using Verdict = Received::Verdict;

namespace {

Delivery from(const std::string& origin, std::uint64_t number) { return {origin, number}; }
Delivery next_of(const std::string& origin, std::uint64_t number, std::uint64_t acked) { return {origin, number, acked}; }

void handle(Received& received, const Delivery& delivery, std::string body = {}) {
    REQUIRE(received.judge(delivery) == Verdict::handle);
    received.begin(delivery);
    received.done(delivery.origin, delivery.acked.has_value(), {delivery.number, MailKind::reply, "counted", std::move(body)});
}

}  // namespace

TEST_CASE("a message is handled once, in work until it is answered, and repeated after that") {
    Received received;
    CHECK(received.judge(from("me", 7)) == Verdict::handle);
    received.begin(from("me", 7));
    CHECK(received.judge(from("me", 7)) == Verdict::in_work);
    CHECK(received.judge(from("you", 7)) == Verdict::handle);
    received.done("me", false, {7, MailKind::error, "bad_argument", "why"});
    CHECK(received.judge(from("me", 7)) == Verdict::repeat);
    REQUIRE(received.answer(from("me", 7)) != nullptr);
    CHECK(received.answer(from("me", 7))->command == "bad_argument");
    CHECK(received.judge(from("me", 3)) == Verdict::handle);
}

TEST_CASE("a message that was called off may come again") {
    Received received;
    received.begin(from("me", 7));
    received.call_off("me", 7);
    CHECK(received.judge(from("me", 7)) == Verdict::handle);
}

TEST_CASE("numbers that are older than what is remembered are not guessed at") {
    Received received;
    for (std::uint64_t number = 1; number <= limits::numbers_remembered + 1; ++number) handle(received, from("me", number));
    CHECK(received.judge(from("me", 1)) == Verdict::too_old);
    CHECK(received.judge(from("me", 2)) == Verdict::repeat);
}

TEST_CASE("a sequence is handled one by one, and what was acknowledged is believed") {
    Received received;
    handle(received, next_of("me", 1, 0));
    CHECK(received.judge(next_of("me", 3, 0)) == Verdict::early);
    CHECK(received.judge(next_of("me", 1, 0)) == Verdict::repeat);
    CHECK(received.answer(next_of("me", 1, 0)) == nullptr);
    handle(received, next_of("me", 2, 0));
    CHECK(received.judge(next_of("me", 9, 8)) == Verdict::handle);
    CHECK(received.judge(next_of("me", 8, 2)) == Verdict::repeat);
}

TEST_CASE("what is remembered travels, and what is in work does not") {
    Received before;
    handle(before, from("me", 5), "body");
    handle(before, next_of("you", 1, 0));
    before.begin(from("me", 6));
    Received after;
    after.read(Value::decode(before.to_value().encoded()));
    CHECK(after.judge(from("me", 5)) == Verdict::repeat);
    CHECK(after.answer(from("me", 5))->body == "body");
    CHECK(after.judge(from("me", 6)) == Verdict::handle);
    CHECK(after.judge(next_of("you", 1, 0)) == Verdict::repeat);
    CHECK(after.judge(next_of("you", 2, 0)) == Verdict::handle);
}

TEST_CASE("a copy whose origin was pushed out by others is not guessed at, and what the origin says next is handled") {
    Received before;
    handle(before, from("client", 7));
    handle(before, from("client", 9));
    for (std::uint64_t number = 1; number <= 3; ++number) handle(before, next_of("actor", number, number - 1));
    for (std::size_t i = 0; i < limits::origins_max; ++i) handle(before, from("origin " + std::to_string(i), 1));
    Received after;
    after.read(Value::decode(before.to_value().encoded()));
    for (auto* received : {&before, &after}) {
        INFO((received == &before ? "where it was" : "at its next home"));
        for (const std::uint64_t number : {9, 7, 8}) CHECK(received->judge(from("client", number)) == Verdict::too_old);
        CHECK(received->judge(next_of("actor", 3, 2)) == Verdict::repeat);
        handle(*received, from("client", 10));
        CHECK(received->judge(from("client", 10)) == Verdict::repeat);
        CHECK(received->judge(from("client", 9)) == Verdict::too_old);
        handle(*received, next_of("actor", 4, 2));
        handle(*received, from("a new one", 1));
    }
}

TEST_CASE("the origins that were pushed out are bounded, too: the one unheard longest is forgotten first") {
    Received received;
    const auto nth = [](std::size_t i) { return from("origin " + std::to_string(i), 1); };
    const auto known = limits::origins_max + Received::pushed_out_max;
    for (std::size_t i = 0; i <= known; ++i) handle(received, nth(i));
    CHECK(received.judge(nth(1)) == Verdict::too_old);
    CHECK(received.judge(nth(0)) == Verdict::handle);
}

TEST_CASE("an origin with a message in work is not pushed out") {
    Received received;
    REQUIRE(received.judge(from("slow", 1)) == Verdict::handle);
    received.begin(from("slow", 1));
    for (std::size_t i = 0; i <= limits::origins_max; ++i) handle(received, from("origin " + std::to_string(i), 1));
    CHECK(received.judge(from("slow", 1)) == Verdict::in_work);
    CHECK(received.judge(from("origin 0", 1)) == Verdict::too_old);
    received.call_off("slow", 1);
    CHECK(received.judge(from("slow", 1)) == Verdict::handle);
}

TEST_CASE("a window that was written by an earlier version is read") {
    Received received;
    const Value done = Value::Array{7, static_cast<std::uint64_t>(PP_REPLY), "counted", Binary{}, true};
    received.read(Value::Array{Value::Array{"forgetful", 0, true, Value::Array{done}}, Value::Array{"other", 0, false, Value::Array{done}}});
    CHECK(received.judge(from("forgetful", 7)) == Verdict::repeat);
    CHECK(received.judge(from("forgetful", 6)) == Verdict::too_old);
    CHECK(received.judge(from("other", 6)) == Verdict::handle);
}

TEST_CASE("what cannot be read is passed over") {
    Received received;
    for (const Value& odd : {Value(7), Value(Value::Array{1, "x"}), Value(Value::Array{Value::Array{"me", "one", false, Value::Array{}}}),
                             Value(Value::Array{Value::Array{"me", 1, false, Value::Array{Value::Array{1}}}}),
                             Value(Value::Array{Value::Array{Value::Array{"me", 9}}}), Value(Value::Array{Value::Array{Value::Array{9, "me", 9}}})})
        received.read(odd);
    CHECK(received.judge(from("me", 5)) == Verdict::handle);
}

TEST_CASE("origins, answers and their bytes are bounded") {
    Received received;
    handle(received, from("first", 1), std::string(limits::repeated_answer_max + 1, 'x'));
    CHECK_FALSE(received.answer(from("first", 1))->is_kept);
    for (std::size_t i = 0; i < limits::origins_max; ++i) handle(received, from("origin " + std::to_string(i), 1));
    CHECK(received.answer(from("first", 1)) == nullptr);
    for (std::uint64_t number = 2; number <= 1 + limits::numbers_remembered; ++number)
        handle(received, from("first", number), std::string(limits::repeated_answer_max, 'x'));
    handle(received, from("first", 999), std::string(limits::repeated_answer_max, 'x'));
    CHECK(received.judge(from("first", 2)) == Verdict::too_old);
}

TEST_CASE("what is remembered of many origins can be read again") {
    Received before;
    constexpr std::uint64_t each = 200;
    for (std::uint64_t number = 1; number <= each; ++number)
        for (std::size_t i = 0; i < limits::origins_max; ++i) handle(before, from("origin " + std::to_string(i), number));
    const auto kept = Value(Value::Map{{"received", before.to_value()}}).encoded();
    Received after;
    after.read(*Value::decode(kept).find("received"));
    std::size_t repeated = 0;
    for (std::size_t i = 0; i < limits::origins_max; ++i)
        for (std::uint64_t number = 1; number <= each; ++number) {
            const auto verdict = after.judge(from("origin " + std::to_string(i), number));
            CHECK((verdict == Verdict::repeat || verdict == Verdict::too_old));
            repeated += verdict == Verdict::repeat ? 1 : 0;
        }
    CHECK(repeated >= Received::numbers_max / 2);
    CHECK(repeated <= Received::numbers_max);
}
