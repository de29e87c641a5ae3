// printing_test.cpp - what an actor prints cannot break its line nor steer a terminal.
#include "worker/printing.hpp"

#include "catch.hpp"

using peacepie::worker::without_controls;

TEST_CASE("a printed text is one line and has no control characters of either set") {
    CHECK(without_controls("plain, with a\ttab") == "plain, with a\ttab");
    CHECK(without_controls("two\nlines\r") == "two lines ");
    CHECK(without_controls("\x1b[31mred\x7f") == " [31mred ");
    CHECK(without_controls("a\xc2\x9b\x33\x31mb") == "a 31mb");  // U+009B begins a sequence on some terminals
}

TEST_CASE("a printed text keeps every other character") {
    CHECK(without_controls("привет, größe, \xc2\xa0|") == "привет, größe, \xc2\xa0|");
    CHECK(without_controls("cut \xc2") == "cut \xc2");
    CHECK(without_controls("").empty());
}
