// Which actors wait for a fence.
#include "catch.hpp"
#include "worker/fences.hpp"

using namespace peacepie::worker;

using Standing = Fences::Standing;

TEST_CASE("an actor waits for the newest of its fences, and an earlier one that comes back is none") {
    Fences fences;
    const auto first = fences.send("anna");
    const auto second = fences.send("anna");
    CHECK_FALSE(fences.is_back("anna", first));
    CHECK(fences.standing_of("anna") == Standing::sent);
    CHECK(fences.is_back("anna", second));
    CHECK(fences.standing_of("anna") == Standing::none);
    CHECK_FALSE(fences.is_back("anna", second));
}

TEST_CASE("an order that ends in a fence promises one, and one that ends without promises nothing any more") {
    Fences fences;
    fences.promise("anna");
    CHECK(fences.standing_of("anna") == Standing::promised);
    fences.order_is_over("anna");
    CHECK(fences.standing_of("anna") == Standing::none);
    fences.promise("anna");
    const auto number = fences.send("anna");
    fences.order_is_over("anna");
    CHECK(fences.standing_of("anna") == Standing::sent);
    fences.promise("anna");
    CHECK(fences.is_back("anna", number));
}

TEST_CASE("the fence of an actor that is gone is forgotten when it is back, or when its broker is gone") {
    Fences fences;
    const auto gone = fences.send("anna");
    CHECK(fences.is_back("anna", gone));
    (void)fences.send("ben");
    (void)fences.send("carl");
    fences.promise("dora");
    fences.forget_if([](const std::string& actor) { return actor != "ben"; });
    CHECK(fences.standing_of("ben") == Standing::sent);
    CHECK(fences.standing_of("carl") == Standing::none);
    CHECK(fences.standing_of("dora") == Standing::promised);
}
