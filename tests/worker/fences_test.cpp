// Which actors wait for a fence.
#include "catch.hpp"
#include "worker/fences.hpp"

using namespace peacepie::worker;

using Names = std::vector<std::string>;

TEST_CASE("an actor waits for the newest of its fences, and an earlier one that comes back is none") {
    Fences fences;
    const auto first = fences.send("anna");
    const auto second = fences.send("anna");
    CHECK_FALSE(fences.is_back("anna", first));
    CHECK(fences.under_way() == Names{"anna"});
    CHECK(fences.is_back("anna", second));
    CHECK(fences.under_way().empty());
    CHECK_FALSE(fences.is_back("anna", second));
}

TEST_CASE("the fence of an actor that is gone is forgotten when it is back, or with its broker") {
    Fences fences;
    CHECK(fences.is_back("anna", fences.send("anna")));
    const auto lost = fences.send("ben");
    fences.forget("ben");
    CHECK(fences.under_way().empty());
    CHECK_FALSE(fences.is_back("ben", lost));
}
