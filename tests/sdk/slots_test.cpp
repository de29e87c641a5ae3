// Arguments read straight from a body: every type MessagePack has, and everything that is no map of arguments.
#include "catch.hpp"
#include "peacepie/actor_class.hpp"
#include "peacepie/body.hpp"
#include "peacepie/slots.hpp"
#include "wire/limits.hpp"

using namespace peacepie;
using Catch::Matchers::Contains;

namespace {

struct Reading {
    Handler handler;
    std::array<Slot, 2> slots;

    Reading() {
        handler.name = "take";
        handler.arguments = {{"first", "any", false}, {"second", "any", true}};
    }

    std::string body;  // the slots view it

    Reading& of(std::string bytes) {
        body = std::move(bytes);
        slots = {};
        read_slots(handler, body, slots);
        return *this;
    }
    Reading& of(const Value& tree) { return of(tree.encoded()); }
};

Value first_is(Value value) { return Value::Map{{"first", std::move(value)}}; }

}  // namespace

TEST_CASE("a value of every type comes out of its slot as it went in") {
    const Value all[] = {nullptr, true, false, 0, 127, 128, 255, 65'535, 65'536, -1, -32, -33, -128, -129, -32'769,
                         std::int64_t{-5'000'000'000}, std::uint64_t{18'000'000'000'000'000'000u}, 0.5, -1e300, "", "text",
                         std::string(40, 'a'), std::string(300, 'b'), std::string(70'000, 'c'), Binary{"\x01\x02"},
                         Binary{std::string(300, 'd')}, Value::Array{1, "two", Value::Map{{"three", 3}}}, Value::Map{}};
    for (const Value& value : all) {
        INFO(value.type_name() << " " << value.encoded().size());
        Reading reading;
        CHECK(reading.of(first_is(value)).slots[0].take() == value);
        CHECK(reading.slots[1].is == Slot::Is::absent);
    }
    Reading reading;
    CHECK(reading.of(std::string("\x81\xa5" "first\xca\x3f\x00\x00\x00", 12)).slots[0].take() == Value(0.5));  // float32
}

TEST_CASE("an empty body and nil have no arguments") {
    Reading reading;
    CHECK(reading.of(std::string()).slots[0].is == Slot::Is::absent);
    CHECK(reading.of(std::string("\xc0")).slots[0].is == Slot::Is::absent);
    CHECK(reading.of(Value(Value::Map{})).slots[0].is == Slot::Is::absent);
}

TEST_CASE("arguments are found by name in any order, and of equal keys the first counts") {
    Reading reading;
    reading.of(Value(Value::Map{{"second", 2}, {"first", 1}, {"second", 3}}));
    CHECK(reading.slots[0].take() == Value(1));
    CHECK(reading.slots[1].take() == Value(2));
}

TEST_CASE("what is no map of known arguments is refused with the reason") {
    Reading reading;
    CHECK_THROWS_WITH(reading.of(Value(Value::Map{{"frist", 1}})), Contains("no argument frist") && Contains("did you mean `first`"));
    CHECK_THROWS_WITH(reading.of(Value("text")), Contains("takes a map of named arguments, not text"));
    CHECK_THROWS_WITH(reading.of(Value(Value::Array{1})), Contains("not array"));
    CHECK_THROWS_WITH(reading.of(first_is(1).encoded() + "\xc0"), Contains("left over"));
    CHECK_THROWS_WITH(reading.of(std::string("\x81\x01\x02")), Contains("text keys"));
    CHECK_THROWS_WITH(reading.of(std::string("\x81\xa5" "first\xd4\x01\x02")), Contains("ext types"));
}

TEST_CASE("a body that is cut off anywhere is refused") {
    const std::string whole = Value(Value::Map{{"first", Value::Array{1, 2.5, "three"}}, {"second", std::string(300, 'x')}}).encoded();
    for (std::size_t size = 1; size < whole.size(); ++size) {
        Reading reading;
        CHECK_THROWS_AS(reading.of(whole.substr(0, size)), Error);
    }
}

TEST_CASE("a depth bomb in an argument is refused") {
    Reading reading;
    CHECK_THROWS_AS(reading.of("\x81\xa5" "first" + std::string(limits::body_depth_max + 5, '\x91') + '\xc0'), Error);
}

TEST_CASE("a body is written without a tree as the tree would be") {
    const auto same = [](const auto& value) {
        CHECK(encoded(named("x", value)) == body_of(named("x", value)).encoded());
        CHECK(BodyInPassing(named("x", value)).bytes() == encoded(named("x", value)));
    };
    for (const std::int64_t number : {0L, 1L, 127L, 128L, 255L, 256L, 65'535L, 65'536L, 4'294'967'295L, 4'294'967'296L, -1L, -32L, -33L,
                                      -128L, -129L, -32'769L, std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()})
        same(number);
    same(std::numeric_limits<std::uint64_t>::max());
    same(true);
    same(false);
    same(1.5);
    same(2.0F);
    same(std::string("Anna"));
    same(std::string(40, 'x'));
    same(std::string(70'000, 'x'));
    same(Binary{std::string(300, '\0')});
    same(Binary{std::string(70'000, 'b')});
    same(Seconds(0.25));
    same(std::optional<int>());
    same(std::optional<int>(3));
    same(std::vector<std::string>{"a", "b"});
    same(Value(Value::Map{{"k", nullptr}}));
    CHECK(encoded(named(std::string(40, 'n'), 1)) == body_of(named(std::string(40, 'n'), 1)).encoded());
}

TEST_CASE("arguments in their order are read at once as they would be through slots") {
    Handler handler;
    handler.name = "take";
    handler.arguments = {{"number", "integer", false}, {"text", "text", false}, {"flag", "boolean", false}, {"bytes", "binary", false}};
    using Arguments = std::tuple<std::int64_t, std::string, bool, Binary>;
    for (const std::int64_t number : {std::int64_t{0}, std::int64_t{127}, std::int64_t{128}, std::int64_t{70'000}, std::numeric_limits<std::int64_t>::max()})
        for (const std::size_t size : {std::size_t{0}, std::size_t{31}, std::size_t{32}, std::size_t{300}, std::size_t{70'000}}) {
            Arguments arguments;
            const auto body = encoded(named("number", number), named("text", std::string(size, 't')), named("flag", size != 0),
                                      named("bytes", Binary{std::string(size, 'b')}));
            REQUIRE(read_in_order(handler, body, arguments));
            CHECK(std::get<0>(arguments) == number);
            CHECK(std::get<1>(arguments) == std::string(size, 't'));
            CHECK(std::get<2>(arguments) == (size != 0));
            CHECK(std::get<3>(arguments).bytes == std::string(size, 'b'));
            for (std::size_t cut = 0; cut < std::min<std::size_t>(body.size(), 100); ++cut)
                CHECK_FALSE(read_in_order(handler, std::string_view(body).substr(0, cut), arguments));
            CHECK_FALSE(read_in_order(handler, body + "\xc0", arguments));
        }
}

TEST_CASE("arguments in another order, of another type or too large for theirs are left to the slots") {
    Handler handler;
    handler.name = "take";
    handler.arguments = {{"first", "integer", false}, {"second", "integer", false}};
    std::tuple<std::int8_t, std::uint32_t> arguments;
    CHECK(read_in_order(handler, encoded(named("first", 1), named("second", 2)), arguments));
    CHECK_FALSE(read_in_order(handler, encoded(named("second", 1), named("first", 2)), arguments));
    CHECK_FALSE(read_in_order(handler, encoded(named("first", 1)), arguments));
    CHECK_FALSE(read_in_order(handler, encoded(named("first", 1), named("second", 2), named("third", 3)), arguments));
    CHECK_FALSE(read_in_order(handler, encoded(named("first", 200), named("second", 2)), arguments));
    CHECK_FALSE(read_in_order(handler, encoded(named("first", -1), named("second", 2)), arguments));
    CHECK_FALSE(read_in_order(handler, encoded(named("first", "1"), named("second", 2)), arguments));
    CHECK_FALSE(read_in_order(handler, "", arguments));
}
