#include "catch.hpp"

#include "client/suggest.hpp"

using namespace peacepie::client;

TEST_CASE("a typo is answered with the word that was meant") {
    const std::vector<std::string> verbs{"up", "ask", "send", "tree", "describe", "create", "move", "watch", "quit"};
    CHECK(nearest("aks", verbs) == "ask");
    CHECK(nearest("snd", verbs) == "send");
    CHECK(nearest("creat", verbs) == "create");
    CHECK(nearest("describ", verbs) == "describe");
    CHECK(nearest("desc", verbs) == "describe");
    CHECK(did_you_mean("qiut", verbs) == "; did you mean `quit`?");
}

TEST_CASE("a word that is like none brings no suggestion") {
    const std::vector<std::string> verbs{"ask", "send"};
    CHECK_FALSE(nearest("elephant", verbs));
    CHECK_FALSE(nearest("", verbs));
    CHECK_FALSE(nearest(std::string(100'000, 'a'), verbs));
    CHECK(did_you_mean("elephant", verbs).empty());
    CHECK_FALSE(nearest("ask", std::vector<std::string>{}));
}

TEST_CASE("two swapped letters are one mistake") {
    CHECK(distance("aks", "ask") == 1);
    CHECK(distance("", "ask") == 3);
    CHECK(distance("ask", "ask") == 0);
    CHECK(distance("kitten", "sitting") == 3);
}
