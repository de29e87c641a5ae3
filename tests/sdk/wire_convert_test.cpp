// Values to an author's types and back, and the names of arguments.
#include "wire/convert.hpp"

#include <limits>

#include "catch.hpp"
#include "wire/named.hpp"

using namespace peacepie;
using namespace std::chrono_literals;

namespace {

template <class T>
void check_round_trip(const T& value) {
    CHECK(convert<T>::from(convert<T>::to(value)) == value);
    CHECK(convert<T>::from(Value::decode(convert<T>::to(value).encoded())) == value);
    CHECK_FALSE(convert<T>::name().empty());
}

template <class T>
std::string refusal_of(const Value& value) {
    try {
        (void)convert<T>::from(value);
        return "taken";
    } catch (const Error& error) {
        CHECK_FALSE(error.text.empty());
        return error.code;
    }
}

}  // namespace

TEST_CASE("every convertible type is the same after a round trip") {
    check_round_trip(true);
    check_round_trip(std::int8_t{-128});
    check_round_trip(std::numeric_limits<std::int64_t>::min());
    check_round_trip(std::numeric_limits<std::uint64_t>::max());
    check_round_trip(0.1);
    check_round_trip(std::string("слово"));
    check_round_trip(Binary{"\x01\x02"});
    check_round_trip(Seconds(0.25));
    check_round_trip(std::chrono::milliseconds(1500));
    check_round_trip(std::optional<int>());
    check_round_trip(std::optional<int>(5));
    check_round_trip(std::vector<std::string>{"a", "b"});
    check_round_trip(std::map<std::string, int>{{"a", 1}, {"b", 2}});
    check_round_trip(std::vector<std::optional<std::vector<int>>>{{{1, 2}}, std::nullopt});
    check_round_trip(*Address::parse("king!first.main/greeter"));
}

TEST_CASE("a whole number of seconds travels as an integer and a part as a float") {
    CHECK(convert<Seconds>::to(2s) == Value(2));
    CHECK(convert<Seconds>::to(Seconds(0.1)) == Value(0.1));
    CHECK(convert<Seconds>::from(Value(2)) == 2s);
}

TEST_CASE("a number that does not fit is bad_argument") {
    CHECK(refusal_of<std::int8_t>(Value(128)) == "bad_argument");
    CHECK(refusal_of<std::uint32_t>(Value(-1)) == "bad_argument");
    CHECK(refusal_of<std::int64_t>(Value(std::numeric_limits<std::uint64_t>::max())) == "bad_argument");
    CHECK(refusal_of<int>(Value(1.5)) == "bad_argument");
    CHECK(refusal_of<int>(Value(1e300)) == "bad_argument");
    CHECK(refusal_of<int>(Value(std::numeric_limits<double>::quiet_NaN())) == "bad_argument");
    CHECK(refusal_of<int>(Value(std::numeric_limits<double>::infinity())) == "bad_argument");
    CHECK(convert<int>::from(Value(3.0)) == 3);
}

TEST_CASE("seconds outside of 0 to a thousand million are bad_argument") {
    CHECK(refusal_of<Seconds>(Value(-1)) == "bad_argument");
    CHECK(refusal_of<Seconds>(Value(1e300)) == "bad_argument");
    CHECK(refusal_of<Seconds>(Value(std::numeric_limits<double>::quiet_NaN())) == "bad_argument");
}

TEST_CASE("a value of another type is bad_argument and says both types") {
    const Value::Array wrong{Value(), Value("x"), Value(Value::Array{}), Value(Value::Map{})};
    for (const auto& value : wrong) {
        CHECK(refusal_of<bool>(value) == "bad_argument");
        CHECK(refusal_of<int>(value) == "bad_argument");
        CHECK(refusal_of<double>(value) == "bad_argument");
        CHECK(refusal_of<Seconds>(value) == "bad_argument");
        CHECK(refusal_of<Binary>(value) == "bad_argument");
    }
    CHECK(refusal_of<std::string>(Value(1)) == "bad_argument");
    CHECK(refusal_of<std::vector<int>>(Value(1)) == "bad_argument");
    CHECK(refusal_of<std::vector<int>>(Value(Value::Array{Value("x")})) == "bad_argument");
    CHECK(refusal_of<std::map<std::string, int>>(Value(1)) == "bad_argument");
    try {
        (void)convert<int>::from(Value("x"));
    } catch (const Error& error) {
        CHECK(error.text == "expected int, got text");
    }
}

TEST_CASE("an address is read from its text and from a map of its parts") {
    const auto expected = *Address::parse("king!first.main/greeter");
    CHECK(convert<Address>::from("king!first.main/greeter") == expected);
    CHECK(convert<Address>::from(body_of(named("system", "king"), named("node", "first.main.admin"),
                                         named("entity", "greeter"))) == expected);
    CHECK(convert<Address>::from(body_of(named("node", "first.main"), named("entity", Value()))) ==
          *Address::parse("first.main"));
    CHECK(convert<Address>::from(body_of(named("entity", "greeter"))) == *Address::parse("greeter"));
}

TEST_CASE("a broken address is bad_argument") {
    CHECK(refusal_of<Address>(Value()) == "bad_argument");
    CHECK(refusal_of<Address>(Value(1)) == "bad_argument");
    CHECK(refusal_of<Address>(Value("a b")) == "bad_argument");
    CHECK(refusal_of<Address>(Value(Value::Map{})) == "bad_argument");
    CHECK(refusal_of<Address>(body_of(named("entity", 5))) == "bad_argument");
    CHECK(refusal_of<Address>(body_of(named("system", "a!b"), named("entity", "x"))) == "bad_argument");
}

TEST_CASE("named takes texts, numbers, lists and nothing") {
    const std::string text = "Anna";
    CHECK(Named(named("whom", text)).value == Value("Anna"));
    CHECK(Named(named("whom", "Anna")).value == Value("Anna"));
    CHECK(Named(named("whom", std::string_view("Anna"))).value == Value("Anna"));
    CHECK(Named(named("times", 3)).value == Value(3));
    CHECK(Named(named("flag", true)).value == Value(true));
    CHECK(Named(named("limit", std::optional<int>())).value.is_nil());
    CHECK(Named(named("names", std::vector<std::string>{"a"})).value == Value(Value::Array{Value("a")}));
    CHECK(Named(named("period", Seconds(0.5))).value == Value(0.5));
}

TEST_CASE("a body of named arguments is a map in their order, and nil for none") {
    CHECK(body_of().is_nil());
    const auto body = body_of(named("b", 1), named("a", 2));
    REQUIRE(body.as_map());
    CHECK(body.as_map()->at(0).first == "b");
    CHECK(body.as_map()->at(1).first == "a");
}
