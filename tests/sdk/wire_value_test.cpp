// Bodies as trees: what goes through unchanged and what is refused before it costs memory.
#include "wire/value.hpp"

#include <cmath>
#include <limits>

#include "catch.hpp"
#include "wire/codec.hpp"
#include "wire/limits.hpp"
#include "wire_bytes.hpp"

using namespace peacepie;
using namespace peacepie::wire_bytes;

namespace {

std::string refusal_of(std::string_view bytes) {
    try {
        (void)Value::decode(bytes);
        return "taken";
    } catch (const Error& error) {
        CHECK_FALSE(error.text.empty());
        return error.code;
    }
}

}  // namespace

TEST_CASE("every kind of value is the same after a round trip") {
    const Value::Array values{
        Value(),
        Value(true),
        Value(false),
        Value(0),
        Value(-1),
        Value(std::numeric_limits<std::int64_t>::min()),
        Value(std::numeric_limits<std::int64_t>::max()),
        Value(std::numeric_limits<std::uint64_t>::max()),
        Value(0.1),
        Value(-1e300),
        Value(""),
        Value("текст"),
        Value(std::string(70'000, 'x')),
        Value(Binary{std::string("\0\xff", 2)}),
        Value(Binary{std::string(70'000, '\0')}),
        Value(Value::Array{}),
        Value(Value::Map{}),
        Value(Value::Array(70'000, Value(1)))};
    for (const auto& value : values) CHECK(Value::decode(value.encoded()) == value);
    CHECK(Value::decode(Value(values).encoded()) == Value(values));
}

TEST_CASE("integers of every width and sign are read") {
    struct Row {
        std::string bytes;
        Value value;
    };
    const std::vector<Row> rows{
        {"\x7f", 127},
        {"\xe0", -32},
        {tagged(0xcc, 200, 1), 200},
        {tagged(0xcd, 60'000, 2), 60'000},
        {tagged(0xce, 4'000'000'000u, 4), 4'000'000'000u},
        {tagged(0xcf, ~std::uint64_t{0}, 8), ~std::uint64_t{0}},
        {tagged(0xd0, 0x80, 1), -128},
        {tagged(0xd1, 0x8000, 2), -32'768},
        {tagged(0xd2, 0x80000000, 4), std::numeric_limits<std::int32_t>::min()},
        {tagged(0xd3, std::uint64_t{1} << 63, 8), std::numeric_limits<std::int64_t>::min()}};
    for (const auto& row : rows) CHECK(Value::decode(row.bytes) == row.value);
}

TEST_CASE("0.1 stays 0.1 and a short float is read as well") {
    CHECK(*Value::decode(Value(0.1).encoded()).as_double() == 0.1);
    CHECK(*Value::decode(tagged(0xca, 0x3fc00000, 4)).as_double() == 1.5);
    CHECK(std::isnan(*Value::decode(tagged(0xcb, 0x7ff8000000000000, 8)).as_double()));
}

TEST_CASE("a number above int64 is kept apart from those within") {
    const auto most = Value(std::numeric_limits<std::uint64_t>::max());
    CHECK(most.as_large());
    CHECK_FALSE(most.as_integer());
    CHECK(Value(std::uint64_t{5}).as_integer());
}

TEST_CASE("the order of a map's keys is kept") {
    const auto value = Value::decode("\x83\xa1z\x01\xa1" "a\x02\xa1m\x03");
    REQUIRE(value.as_map());
    CHECK(value.as_map()->at(0).first == "z");
    CHECK(value.as_map()->at(1).first == "a");
    CHECK(value.as_map()->at(2).first == "m");
}

TEST_CASE("of two equal keys one is seen, the same by every reader") {
    const auto value = Value::decode("\x82\xa1k\x01\xa1k\x02");
    REQUIRE(value.find("k"));
    const auto seen = *value.find("k");
    const auto again = Value::decode(value.encoded());
    REQUIRE(again.find("k"));
    CHECK(*again.find("k") == seen);
}

TEST_CASE("no bytes are nil") { CHECK(Value::decode("").is_nil()); }

TEST_CASE("nesting up to the limit is taken and one more level is too_large") {
    const auto limit = limits::body_depth_max;
    CHECK(refusal_of(nested(limit, "\x01")) == "taken");
    CHECK_FALSE(check_body(nested(limit, "\x01")));
    CHECK(refusal_of(nested(limit + 1, "\x01")) == "too_large");
    CHECK(check_body(nested(limit + 1, "\x01")));
}

TEST_CASE("the two readers of a body draw the line of depth at the same level") {
    for (std::size_t levels = limits::body_depth_max - 2; levels < limits::body_depth_max + 3; ++levels)
        for (const char* inside : {"\x90", "\x80", "\x01"}) {
            const auto bytes = nested(levels, inside);
            INFO(levels << " levels around " << static_cast<int>(static_cast<unsigned char>(*inside)));
            CHECK((refusal_of(bytes) == "taken") == !check_body(bytes));
        }
}

TEST_CASE("a depth bomb of two million levels is refused at once") {
    CHECK(refusal_of(nested(2'000'000, "\xc0")) == "too_large");
    CHECK(check_body(nested(2'000'000, "\xc0")));
    std::string maps;
    for (int i = 0; i < 200'000; ++i) maps += "\x81\xa1k";
    CHECK(refusal_of(maps + "\xc0") == "too_large");
}

TEST_CASE("five bytes that announce two thousand million elements cost nothing") {
    for (unsigned tag : {0xddu, 0xdfu, 0xdbu, 0xc6u}) {
        const auto bomb = tagged(tag, 0x7fffffff, 4);
        CHECK(refusal_of(bomb) != "taken");
        CHECK(check_body(bomb));
        CHECK(refusal_of(nested(20, bomb)) != "taken");
    }
}

TEST_CASE("more elements than the limit are too_large although every byte is there") {
    const auto count = static_cast<std::uint32_t>(limits::body_elements_max + 1);
    CHECK(refusal_of(array(count) + std::string(count, '\xc0')) == "too_large");
}

TEST_CASE("a body beyond 16 MiB is too_large") {
    CHECK(refusal_of(text(std::string(limits::body_size_max, 'x'))) == "too_large");
    CHECK(check_body(text(std::string(limits::body_size_max, 'x'))) == Fault::too_large);
}

TEST_CASE("ext types and the unused tag are refused by both readers") {
    for (const auto& bytes : {std::string("\xd4\x01x"), std::string("\xd5\x01xx"), std::string("\xd6\x01xxxx"),
                              std::string("\xd7\x01xxxxxxxx"), "\xd8\x01" + std::string(16, 'x'),
                              std::string("\xc7\x01\x01x"), std::string("\xc8\x00\x01\x01x", 5),
                              std::string("\xc9\x00\x00\x00\x01\x01x", 7), std::string("\xc1")}) {
        CHECK(refusal_of(bytes) == "bad_request");
        CHECK(check_body(bytes) == Fault::bad_request);
    }
}

TEST_CASE("a key that is no text is bad_request") {
    for (const auto* key : {"\x01", "\xc0", "\xc3", "\xc4\x01k", "\x90", "\x80", "\x91\xa1k", "\x81\xa1k\x01"})
        CHECK(refusal_of(std::string("\x81") + key + "\x01") == "bad_request");
}

TEST_CASE("set makes a map of nil, replaces a field and refuses another type") {
    Value value;
    value.set("a", 1).set("b", "two").set("a", 3);
    CHECK(*value.find("a") == Value(3));
    CHECK(value.as_map()->size() == 2);
    Value number(5);
    CHECK_THROWS_AS(number.set("a", 1), Error);
}

TEST_CASE("every type has a name for people") {
    CHECK(std::string(Value().type_name()) == "nil");
    CHECK(std::string(Value(true).type_name()) == "bool");
    CHECK(std::string(Value(1).type_name()) == "int");
    CHECK(std::string(Value(~std::uint64_t{0}).type_name()) == "int");
    CHECK(std::string(Value(0.5).type_name()) == "float");
    CHECK(std::string(Value("x").type_name()) == "text");
    CHECK(std::string(Value(Binary{}).type_name()) == "binary");
    CHECK(std::string(Value(Value::Array{}).type_name()) == "array");
    CHECK(std::string(Value(Value::Map{}).type_name()) == "map");
}
