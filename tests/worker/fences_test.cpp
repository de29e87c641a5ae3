// Which actors wait for a fence.
#include "catch.hpp"
#include "worker/fences.hpp"

using namespace peacepie::worker;

using Standing = Fences::Standing;

TEST_CASE("an actor waits for the newest of its fences, and an earlier one that comes back is none") {
    Fences fences;
    const auto first = fences.send("anna").number;
    const auto second = fences.send("anna").number;
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
    fences.release("anna");
    CHECK(fences.standing_of("anna") == Standing::none);
    fences.promise("anna");
    const auto number = fences.send("anna").number;
    CHECK(fences.standing_of("anna") == Standing::sent);
    fences.promise("anna");
    CHECK(fences.standing_of("anna") == Standing::promised);
    CHECK(fences.is_back("anna", number));
    CHECK(fences.standing_of("anna") == Standing::promised);
    fences.release("anna");
    CHECK(fences.standing_of("anna") == Standing::none);
}

TEST_CASE("the fence of an actor that is gone is forgotten when it is back, or when its broker is gone") {
    Fences fences;
    const auto gone = fences.send("anna").number;
    CHECK(fences.is_back("anna", gone));
    (void)fences.send("ben");
    (void)fences.send("carl");
    fences.promise("dora");
    fences.forget_if([](const std::string& actor) { return actor != "ben"; });
    CHECK(fences.standing_of("ben") == Standing::sent);
    CHECK(fences.standing_of("carl") == Standing::none);
    CHECK(fences.standing_of("dora") == Standing::promised);
}

TEST_CASE("a fence of an earlier session is lost, until another is sent") {
    Fences fences;
    fences.begin_session(1);
    const auto first = fences.send("anna");
    CHECK(first.session == 1);
    fences.begin_session(2);
    CHECK(fences.standing_of("anna") == Standing::lost);
    CHECK(fences.send("anna").session == 2);
    CHECK(fences.standing_of("anna") == Standing::sent);
    CHECK_FALSE(fences.is_back("anna", first.number));
}
