// declared_test.cpp - what a hello tells of declarations: each once, and no more than a message carries.
#include "worker/declared.hpp"

#include "catch.hpp"

using namespace peacepie;
using namespace peacepie::worker;

TEST_CASE("actors that share a declaration name the same place, and those created with nothing but a class that of an empty one") {
    DeclaredList list;
    const auto one = share("one"), other = share("other");
    CHECK(list.place_of(one) == 0);
    CHECK(list.place_of(nullptr) == 1);
    CHECK(list.place_of(one) == 0);
    CHECK(list.place_of(other) == 2);
    CHECK(list.place_of(share({})) == 1);
    const auto texts = list.take();
    REQUIRE(texts.size() == 3);
    CHECK(texts[0].as_binary()->bytes == "one");
    CHECK(Value::decode(texts[1].as_binary()->bytes) == Value(Value::Map{}));
}

TEST_CASE("a list of declarations ends far below what a message may carry, and goes on in the next") {
    std::vector<DeclaredPointer> all;
    for (int i = 0; i < 200; ++i) all.push_back(share(std::string(declared_size_max, 'x')));
    std::size_t told = 0;
    for (int message = 0; told < all.size() && message < 10; ++message) {
        DeclaredList list;
        const auto before = told;
        while (told < all.size() && list.place_of(all[told])) ++told;
        CHECK(told > before);
        if (told > before) CHECK(list.place_of(all[before]) == 0);  // what is told already has its place, however full it is
        CHECK(Value(list.take()).encoded().size() < limits::body_size_max / 3);
    }
    CHECK(told == all.size());
}
