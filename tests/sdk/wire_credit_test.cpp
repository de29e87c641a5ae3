// wire_credit_test.cpp - what may be under way, and when it is told.
#include "wire/credit.hpp"

#include "catch.hpp"
#include "wire/codec.hpp"

using namespace peacepie;

TEST_CASE("credit is used up by a window of bytes, and one frame may reach beyond it") {
    Credit credit;
    credit.begin(100);
    credit.spend(99);
    CHECK(credit.is_left());
    credit.spend(16u << 20);
    CHECK_FALSE(credit.is_left());
    credit.give_back(16u << 20);
    CHECK(credit.is_left());
}

TEST_CASE("a peer that tells nothing is never out of credit") {
    Credit credit;
    credit.spend(1ull << 60);
    CHECK(credit.is_left());
    credit.begin(100);
    credit.spend(100);
    CHECK_FALSE(credit.is_left());
    credit.begin(0);
    credit.spend(1ull << 60);
    CHECK(credit.is_left());
}

TEST_CASE("a peer that tells of more than it was sent gains no credit by it") {
    Credit credit;
    credit.begin(100);
    credit.spend(50);
    credit.give_back(1ull << 62);
    credit.spend(100);
    CHECK_FALSE(credit.is_left());
}

TEST_CASE("what was taken in is told at each quarter of the window, all of it once") {
    Intake intake(100);
    CHECK(intake.take_in(24) == 0);
    CHECK(intake.take_in(1) == 25);
    CHECK(intake.take_in(20) == 0);
    CHECK(intake.take_in(1'000) == 1'020);
    Intake silent;
    CHECK(silent.take_in(1ull << 60) == 0);
}

TEST_CASE("credit that is used up comes back: what is not told yet is always less than the window") {
    for (const std::uint64_t window : {1u, 2u, 3u, 5u, 100u, 4u << 20}) {
        Credit credit;
        Intake intake(window);
        credit.begin(window);
        for (std::uint64_t frame = 1; frame < 3 * window; frame = frame * 3 + 1)
            for (int i = 0; i < 10; ++i) {
                REQUIRE(credit.is_left());
                credit.spend(frame);
                credit.give_back(intake.take_in(frame));
            }
        CHECK(credit.is_left());
    }
}

TEST_CASE("the word about it is an envelope to the other end, and what is no number in it tells nothing") {
    std::string batch;
    append_taken(batch, 1'048'576);
    FrameReader reader(batch);
    Envelope envelope;
    REQUIRE_FALSE(read_envelope(*reader.next(), envelope));
    CHECK(envelope.command == "taken");
    CHECK(envelope.kind == Kind::send);
    CHECK((envelope.recipient.empty() && envelope.sender.empty()));
    CHECK(credit_in(Value::decode(envelope.body), "bytes") == 1'048'576);
    for (const Value& wrong : {Value(), Value(7), Value(Value::Map{{"bytes", -1}}), Value(Value::Map{{"bytes", "1"}}), Value(Value::Map{{"bytes", UINT64_MAX}})})
        CHECK(credit_in(wrong, "bytes") == 0);
}
