// log_test.cpp - what strangers say cannot forge a line.
#include "catch.hpp"
#include "log/log.hpp"

using namespace peacepie;
using namespace std::chrono_literals;

TEST_CASE("text for a log line has no control characters, no broken UTF-8 and no direction marks") {
    CHECK(log::escaped("plain text, Привет") == "plain text, Привет");
    CHECK(log::escaped("a\nb\r\tc") == "a<nl>b<0D> c");
    CHECK(log::escaped("\x1b[31mred") == "<1B>[31mred");
    CHECK(log::escaped("\xff\xc3") == "<FF><C3>");
    CHECK(log::escaped("\xc0\xaf") == "<C0><AF>");
    CHECK(log::escaped("\xe2\x80\xae" "abc") == "<E2><80><AE>abc");
    CHECK(log::escaped("\xc2\x9b" "31m") == "<C2><9B>31m");
}

TEST_CASE("a repeated line comes once per interval and says how many were held back") {
    log::Repeat repeat(5s);
    CHECK(repeat.due(1s) == std::optional<std::uint64_t>(0));
    CHECK_FALSE(repeat.due(2s));
    CHECK_FALSE(repeat.due(5s));
    CHECK(repeat.due(6s) == std::optional<std::uint64_t>(2));
    CHECK_FALSE(repeat.due(7s));
}

TEST_CASE("levels and formats are known by their names only") {
    CHECK(log::level_of("warning") == log::Level::warning);
    CHECK_FALSE(log::level_of("loud"));
    CHECK(log::format_of("json") == log::Format::json);
    CHECK_FALSE(log::format_of("xml"));
}

TEST_CASE("before start nothing is written and nothing fails") {
    CHECK_FALSE(log::is_on(log::Level::error));
    log::error("nobody sees {}", 1);
}
