// Which actors wait for a fence.
#include "catch.hpp"
#include "worker/fences.hpp"

using namespace peacepie::worker;

TEST_CASE("an actor waits for the newest of its fences, and an earlier one that comes back is none") {
    Fences fences;
    const auto first = fences.send("anna");
    const auto second = fences.send("anna");
    CHECK_FALSE(fences.is_back("anna", first));
    REQUIRE(fences.under_way().size() == 1);
    CHECK(fences.under_way().front().first == "anna");
    CHECK(fences.under_way().front().second == second);
    CHECK(fences.is_back("anna", second));
    CHECK(fences.under_way().empty());
    CHECK_FALSE(fences.is_back("anna", second));
}
