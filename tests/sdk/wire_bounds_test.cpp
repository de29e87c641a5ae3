// wire_bounds_test.cpp - the bounds that a user may set: their names, ranges and spellings.
#include "wire/bounds.hpp"

#include "catch.hpp"
#include "wire/fault.hpp"

using namespace peacepie;

namespace {

std::string refusal_of(std::string_view name, std::string_view value) {
    try {
        Bounds().set(name, value);
    } catch (const Error& error) {
        CHECK(error.code == "bad_argument");
        return error.text;
    }
    return "";
}

}  // namespace

TEST_CASE("what is not set has its default, which lies in its range") {
    const Bounds bounds;
    CHECK(bounds[Bound::mailbox_length] == limits::mailbox_length_max);
    CHECK(bounds[Bound::peer_queue_bytes] == limits::peer_queue_bytes_max);
    CHECK(bounds[Bound::credit_window] == limits::credit_window);
    CHECK(bounds[Bound::dead_letters] == limits::dead_letters_max);
    CHECK(bounds[Bound::kept_bytes] == limits::kept_bytes_max);
    for (const auto& row : bound_rows()) {
        INFO(row.name);
        CHECK(bounds[row.bound] == row.usual);
        CHECK((row.least <= row.usual && row.usual <= row.most));
        CHECK((row.in_worker || row.in_broker));
        CHECK(refusal_of(row.name, std::to_string(row.least)).empty());
        CHECK(refusal_of(row.name, std::to_string(row.most)).empty());
        CHECK_THAT(refusal_of(row.name, std::to_string(row.most + 1)), Catch::Contains(bound_range(row)));
        if (row.least != 0) CHECK_THAT(refusal_of(row.name, std::to_string(row.least - 1)), Catch::Contains(bound_range(row)));
    }
}

TEST_CASE("bytes may have a unit, counts may not") {
    const auto bounds = Bounds::from({"mailbox_bytes=2M", "mailbox_length=7", "dead_letters=0", "mailbox_length=9"});
    CHECK(bounds[Bound::mailbox_bytes] == 2u << 20);
    CHECK(bounds[Bound::mailbox_length] == 9);
    CHECK(bounds[Bound::dead_letters] == 0);
    CHECK(bounds[Bound::held_bytes] == limits::held_bytes_max);
    CHECK(refusal_of("mailbox_length", "2M") == "`mailbox_length` is `2M`, but must be a number from 1 to 4000000");
    for (const auto* wrong : {"", "much", "-1", "1.5", "2T", "99999999999999999999", " 5"}) {
        CHECK_THAT(refusal_of("mailbox_length", wrong), Catch::Contains("must be a number from 1 to 4000000"));
        CHECK_THAT(refusal_of("mailbox_bytes", wrong), Catch::Contains("must be bytes, or a number with K, M or G, from 64K to 64G"));
    }
}

TEST_CASE("an unknown limit is refused with the name that was meant, and so is a word without a value") {
    CHECK(refusal_of("mailbox_lenght", "5") == "`mailbox_lenght` is no limit; did you mean `mailbox_length`?");
    CHECK(refusal_of("", "5") == "`` is no limit");
    CHECK_THROWS_AS(Bounds::from({"mailbox_length"}), Error);
    CHECK_THROWS_AS(Bounds::from({"mailbox_length=5=6"}), Error);
}

TEST_CASE("the help has a line for each limit, and stats show those that a program obeys with how often they were reached") {
    const auto help = bounds_help();
    for (const auto& row : bound_rows()) CHECK_THAT(help, Catch::Contains("  " + std::string(row.name) + "="));
    CHECK_THAT(help, Catch::Contains("credit_window=4M") && Catch::Contains("(64K to 1G)"));
    const auto shown = bounds_shown(Bounds().set(Bound::mailbox_length, 5), Obeys::worker, [](Bound bound) { return bound == Bound::mailbox_length ? 3u : 0u; });
    REQUIRE(shown.find("mailbox_length") != nullptr);
    CHECK(*shown.find("mailbox_length") == Value(Value::Map{{"limit", 5}, {"reached", 3}}));
    CHECK(shown.find("dead_letters") == nullptr);
    CHECK(shown.find("credit_window") != nullptr);
}

TEST_CASE("what is beyond a bound is counted under its name") {
    CountedBounds bounds{Bounds().set(Bound::monitors, 2)};
    CHECK(bounds.allows(Bound::monitors, 2));
    CHECK_FALSE(bounds.allows(Bound::monitors, 3));
    CHECK(bounds.reached[Bound::monitors] == 1);
    CHECK(bounds.reached[Bound::sessions] == 0);
}
