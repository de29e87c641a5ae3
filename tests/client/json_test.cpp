#include "catch.hpp"

#include <cmath>

#include "client/base64.hpp"
#include "client/json.hpp"
#include "wire/limits.hpp"

using namespace peacepie;
using namespace peacepie::client;

namespace {

std::string error_code_of(std::string_view text) {
    try {
        (void)value_of_json(text);
    } catch (const Error& error) {
        return error.code;
    }
    return "none";
}

}  // namespace

TEST_CASE("JSON is read into the value it says and written back the same") {
    const std::string text =
        R"({"whom": "Anna", "times": 3, "slow": 0.1, "big": 18446744073709551615, "list": [true, false, null, {}, []]})";
    const Value value = value_of_json(text);
    CHECK(*value.find("whom")->as_text() == "Anna");
    CHECK(*value.find("times")->as_integer() == 3);
    CHECK(*value.find("slow")->as_double() == 0.1);
    CHECK(*value.find("big")->as_large() == 18446744073709551615u);
    CHECK(json_of(value) == text);
    CHECK(value_of_json(json_of(value, Layout::indented)) == value);
}

TEST_CASE("what JSON has no word for travels as a map with one key") {
    const Value value = Value::Map{{"bytes", Binary{std::string("\0\xff!", 3)}}, {"none", std::nan("")}, {"most", HUGE_VAL}};
    CHECK(json_of(value) == R"({"bytes": {"$binary": "AP8h"}, "none": {"$float": "nan"}, "most": {"$float": "inf"}})");
    const Value back = value_of_json(json_of(value));
    CHECK(back.find("bytes")->as_binary()->bytes == std::string("\0\xff!", 3));
    CHECK(std::isnan(*back.find("none")->as_double()));
    CHECK(*back.find("most")->as_double() == HUGE_VAL);
    CHECK(error_code_of(R"({"$binary": "A"})") == "bad_argument");
    CHECK(error_code_of(R"({"$float": "much"})") == "bad_argument");
}

TEST_CASE("base64 of every length comes back") {
    std::string bytes;
    for (int length = 0; length < 40; ++length) {
        CHECK(bytes_of_base64(base64_of(bytes)) == bytes);
        bytes += static_cast<char>(length * 7);
    }
    CHECK_FALSE(bytes_of_base64("abc"));
    CHECK_FALSE(bytes_of_base64("ab*="));
    CHECK_FALSE(bytes_of_base64("=abc"));
}

TEST_CASE("a whole float stays a float when it is written and read again") {
    CHECK(json_of(Value(2.0)) == "2.0");
    CHECK(value_of_json("2.0").as_double() != nullptr);
    CHECK(value_of_json("2").as_integer() != nullptr);
}

TEST_CASE("text that could steer a terminal is escaped") {
    CHECK(json_of(Value("a\n\x1b[31mb\x7f\xc2\x9b")) == R"("a\n\u001b[31mb\u007f\u009b")");
    CHECK(json_of(Value("\xc3\x9cmlaut")) == "\"\xc3\x9cmlaut\"");
    CHECK(json_of(Value("broken \xff text")) == "\"broken \xef\xbf\xbd text\"");
}

TEST_CASE("JSON that is none is refused with its place") {
    CHECK(error_code_of("") == "bad_argument");
    CHECK(error_code_of("{") == "bad_argument");
    CHECK(error_code_of("hello") == "bad_argument");
    CHECK(error_code_of("1 2") == "bad_argument");
    CHECK(error_code_of(R"({"a": 1, "a": 2})") == "bad_argument");
    CHECK_THROWS_WITH(value_of_json("[1, }"), Catch::Contains("character 5"));
    CHECK_THROWS_WITH(value_of_json("-1e400"), Catch::Contains("the number -1e400 is beyond what 64 bits hold"));
}

TEST_CASE("JSON deeper or larger than the wire allows is refused while it is read") {
    const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    CHECK(error_code_of(nested(limits::body_depth_max)) == "none");
    CHECK(error_code_of(nested(limits::body_depth_max + 1)) == "too_large");
    CHECK(error_code_of(nested(1'000'000)) == "too_large");
    std::string many = "[0";
    for (std::size_t i = 0; i < limits::body_elements_max; ++i) many += ",0";
    CHECK(error_code_of(many + "]") == "too_large");
}
