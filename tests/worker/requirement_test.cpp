// requirement_test.cpp - versions and conditions.
#include "worker/requirement.hpp"

#include <string>

#include "catch.hpp"
#include "wire/fault.hpp"

using namespace peacepie;
using namespace peacepie::worker;

namespace {

bool fits(const char* requirement, const char* version) {
    return Requirement::parse(requirement).fits(*Version::parse(version));
}

}  // namespace

TEST_CASE("versions are ordered by number and a pre-release comes before its release") {
    const char* rising[] = {"0.9", "1.0a1", "1.0b1", "1.0rc1", "1.0", "1.0.1", "1.2", "1.10", "2"};
    for (std::size_t i = 0; i + 1 < std::size(rising); ++i) {
        INFO(rising[i] << " < " << rising[i + 1]);
        CHECK((*Version::parse(rising[i]) < *Version::parse(rising[i + 1])));
    }
    CHECK((*Version::parse("1.0") == *Version::parse("1.0.0")));
}

TEST_CASE("a requirement names a package and any number of conditions") {
    CHECK(Requirement::parse("peacepie_example").package() == "peacepie_example");
    CHECK(Requirement::parse("peacepie_example[extra] (>=0.2, <1)").package() == "peacepie_example");
    CHECK(fits("a", "0.0.1"));
    CHECK(fits("a[x]>=0.2,<1", "0.9"));
    CHECK_FALSE(fits("a (>=0.2, <1)", "1.0"));
    CHECK(fits("a == 1.*", "1.7.2"));
    CHECK_FALSE(fits("a==1.*", "2.0"));
    CHECK(fits("a!=1.5", "1.4"));
    CHECK_FALSE(fits("a!=1.*", "1.4"));
    CHECK(fits("a~=1.4.2", "1.4.9"));
    CHECK_FALSE(fits("a~=1.4.2", "1.5"));
    CHECK(fits("a^=1.4", "1.9"));
    CHECK_FALSE(fits("a^=1.4", "2.0"));
    CHECK_FALSE(fits("a>1", "1"));
    CHECK(fits("a<=1", "1"));
}

TEST_CASE("a text that is no requirement is refused with a reason") {
    for (const char* text : {"", "../evil", "a>>1", "a=1", "a>=x", "a>=", "a>=99999999999999999999", "a,b", "/etc/passwd"}) {
        INFO(text);
        CHECK_THROWS_AS(Requirement::parse(text), Error);
    }
    CHECK_FALSE(Version::parse("1.2.3.4.5.6.7.8.9"));
    CHECK_FALSE(Version::parse("1..2"));
    CHECK_FALSE(Version::parse(""));
}
