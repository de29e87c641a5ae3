// Bytes that are wrong: truncated, trailing, of other types, too large, mutated.
#include <memory>
#include <random>
#include <vector>

#include "catch.hpp"
#include "wire/codec.hpp"
#include "wire/limits.hpp"
#include "wire/value.hpp"
#include "wire_bytes.hpp"

using namespace peacepie;
using namespace peacepie::wire_bytes;

namespace {

std::optional<Fault> fault_of_reading(std::string_view bytes) {
    // A copy of exactly this size on the heap, so that the address sanitizer sees one byte too far.
    auto exact = std::make_unique<char[]>(bytes.size());
    bytes.copy(exact.get(), bytes.size());
    Envelope envelope;
    return read_envelope({exact.get(), bytes.size()}, envelope);
}

std::string sample() {
    Fields fields;
    fields.sender = text("@me.7");
    fields.timeout = tagged(0xcd, 2500, 2);
    fields.meta = "\x81\xa1k\xa1v";
    fields.body = "\x81\xa4name\xa1x";
    return fields.encoded();
}

/// Reads everything a peer would read of a frame, touching each byte the readers hand out.
void devour(std::string_view bytes) {
    auto exact = std::make_unique<char[]>(bytes.size());
    bytes.copy(exact.get(), bytes.size());
    FrameReader reader({exact.get(), bytes.size()});
    std::size_t seen = 0;
    while (auto part = reader.next()) {
        Envelope envelope;
        if (read_envelope(*part, envelope)) continue;
        for (auto field : {envelope.command, envelope.recipient, envelope.sender, envelope.meta, envelope.body})
            for (char c : field) seen += static_cast<unsigned char>(c);
        const bool well_formed = !check_body(envelope.body);
        try {
            const auto value = Value::decode(envelope.body);
            if (!well_formed) FAIL("decode took a body that check_body refuses");
            if (Value::decode(value.encoded()) != value && envelope.body.find("\xcb") == envelope.body.npos &&
                envelope.body.find("\xca") == envelope.body.npos)
                FAIL("a decoded body is another after a round trip");
        } catch (const Error& error) {
            if (error.code != "bad_request" && error.code != "too_large") FAIL("unexpected code " << error.code);
        }
    }
    (void)seen;
}

}  // namespace

TEST_CASE("an envelope cut at any byte of its header is bad_request") {
    const auto bytes = sample();
    const auto body_begins = bytes.size() - 8;
    for (std::size_t size = 0; size <= body_begins; ++size) {
        INFO("cut to " << size << " of " << bytes.size());
        CHECK(fault_of_reading(std::string_view(bytes).substr(0, size)) == Fault::bad_request);
    }
}

TEST_CASE("a body cut at any byte is bad_request for who opens it") {
    const std::string body = "\x83\xa4name\xa5" "a\xd0\xb9\xc4\x80" "\xa1n\xcb" + big_endian(0x3ff8000000000000, 8) +
                             "\xa4list\x93\x01\xcd\x01\x02\xc4\x03" "abc";
    REQUIRE_FALSE(check_body(body));
    REQUIRE_NOTHROW(Value::decode(body));
    for (std::size_t size = 1; size < body.size(); ++size) {
        const auto cut = std::string_view(body).substr(0, size);
        INFO("cut to " << size << " of " << body.size());
        CHECK(check_body(cut) == Fault::bad_request);
        CHECK_THROWS_AS(Value::decode(cut), Error);
    }
}

TEST_CASE("bytes after the body are refused by who opens it") {
    const auto body = GENERATE(as<std::string>{}, "\x01\x02", "\xc0\xc0", "\xa1x\xa1y", "\x90\x90", "\x80\x01");
    CHECK(check_body(body) == Fault::bad_request);
    try {
        (void)Value::decode(body);
        FAIL("decoded");
    } catch (const Error& error) {
        CHECK(error.code == "bad_request");
    }
}

TEST_CASE("eight and ten elements are not an envelope") {
    Fields fields;
    CHECK(fault_of_reading("\x98" + fields.eight()) == Fault::bad_request);
    CHECK(fault_of_reading("\x9a" + fields.eight() + nil + nil) == Fault::bad_request);
    CHECK(fault_of_reading(tagged(0xdd, 0xffffffff, 4) + fields.eight() + nil) == Fault::bad_request);
    CHECK(fault_of_reading("\x80") == Fault::bad_request);
    CHECK(fault_of_reading("") == Fault::bad_request);
    CHECK(fault_of_reading("GET / HTTP/1.1\r\n\r\n") == Fault::bad_request);
}

TEST_CASE("a field of another type is bad_request") {
    const std::string number = "\x05", word = text("x"), list = "\x90", table = "\x80", yes = "\xc3",
                      real = tagged(0xcb, 0, 8), minus = "\xff", bytes = "\xc4\x01x", extension = "\xd4\x01x";
    struct Row {
        std::string Fields::*field;
        std::vector<std::string> refused;
    };
    const std::vector<Row> rows{
        {&Fields::version, {nil, word, list, table, yes, real, minus, bytes, extension, "\x02", std::string(1, '\0')}},
        {&Fields::kind, {nil, word, list, table, yes, real, minus, bytes, extension, "\x04", tagged(0xcd, 256, 2)}},
        {&Fields::mid, {nil, word, list, table, yes, real, minus, bytes, extension, tagged(0xd0, 0x80, 1),
                        tagged(0xd1, 0x8000, 2), tagged(0xd2, 0x80000000, 4), tagged(0xd3, 1ull << 63, 8)}},
        {&Fields::command, {nil, number, list, table, yes, real, minus, bytes, extension, text("")}},
        {&Fields::recipient, {list, table, yes, real, minus, bytes, extension}},
        {&Fields::sender, {number, list, table, yes, real, minus, bytes, extension}},
        {&Fields::timeout, {word, list, table, yes, real, minus, bytes, extension}},
        {&Fields::meta, {number, word, list, yes, real, minus, bytes, extension, tagged(0xdf, 0xffffffff, 4)}}};
    for (const auto& row : rows)
        for (const auto& value : row.refused) {
            Fields fields;
            fields.*row.field = value;
            INFO("field " << (&row - rows.data()) << ", value " << (&value - row.refused.data()));
            CHECK(fault_of_reading(fields.encoded()) == Fault::bad_request);
        }
}

TEST_CASE("a field beyond its limit is too_large") {
    Fields fields;
    SECTION("command") { fields.command = text(std::string(limits::command_size_max + 1, 'c')); }
    SECTION("recipient") { fields.recipient = text(std::string(limits::address_size_max + 1, 'r')); }
    SECTION("sender") { fields.sender = text(std::string(limits::address_size_max + 1, 's')); }
    SECTION("meta") { fields.meta = "\x81\xa1k" + text(std::string(limits::meta_size_max, 'm')); }
    SECTION("body") { fields.body = text(std::string(limits::body_size_max, 'b')); }
    CHECK(fault_of_reading(fields.encoded()) == Fault::too_large);
}

TEST_CASE("a field at its limit is taken") {
    Fields fields;
    fields.command = text(std::string(limits::command_size_max, 'c'));
    fields.recipient = text(std::string(limits::address_size_max, 'r'));
    fields.sender = text(std::string(limits::address_size_max, 's'));
    fields.body = text(std::string(limits::body_size_max - 5, 'b'));
    CHECK_FALSE(fault_of_reading(fields.encoded()));
    CHECK_FALSE(check_body(fields.body));
}

TEST_CASE("a length that announces more than there is ends as bad_request") {
    for (unsigned tag : {0xd9u, 0xdau, 0xdbu}) {
        Fields fields;
        fields.command = tagged(tag, ~std::uint64_t{0}, 1 << (tag - 0xd9));
        CHECK(fault_of_reading(fields.encoded()) == Fault::bad_request);
    }
}

TEST_CASE("an empty frame is malformed") {
    FrameReader reader("");
    CHECK_FALSE(reader.next());
    CHECK(reader.is_malformed());
}

TEST_CASE("a batch gives what is before its first malformed byte and says so") {
    const auto envelope = sample();
    const auto good = binary(envelope);
    const auto bad = GENERATE(as<std::string>{}, "\xc0", "\x99\x01", "\xc4", "\xc4\x05" "ab", "\xc5\x01", "\xc6\xff\xff\xff\xff",
                              "garbage");
    const auto frame = good + good + bad;
    FrameReader reader(frame);
    std::size_t count = 0;
    while (auto part = reader.next()) {
        CHECK(*part == envelope);
        ++count;
    }
    CHECK(count == 2);
    CHECK(reader.is_malformed());
}

TEST_CASE("an empty element of a batch is malformed") {
    const std::string frame("\xc4\x00", 2);
    FrameReader reader(frame);
    CHECK_FALSE(reader.next());
    CHECK(reader.is_malformed());
}

TEST_CASE("a deep meta is refused without deep recursion") {
    Fields fields;
    fields.meta = "\x81\xa1k" + nested(4000, "\x90");
    CHECK(fault_of_reading(fields.encoded()).has_value());
}

TEST_CASE("a hundred thousand mutated frames never lead a reader out of bounds") {
    std::mt19937 random(20'240'229);
    std::vector<std::string> seeds{sample(), binary(sample()) + binary(sample()), nested(70, "\x90"), text("x")};
    Fields rich;
    rich.body = "\x84\xa1" "a\x93\x01\xff\xcb" + big_endian(0x3ff0000000000000, 8) + "\xa1" "b\xc4\x02xy\xa1" "c\x81\xa1z\xc3" +
                "\xa1" "d" + tagged(0xd3, ~std::uint64_t{6}, 8);
    seeds.push_back(rich.encoded());
    for (int round = 0; round < 100'000; ++round) {
        auto bytes = seeds[random() % seeds.size()];
        for (auto edits = 1 + random() % 4; edits > 0 && !bytes.empty(); --edits) {
            const auto at = random() % bytes.size();
            switch (random() % 5) {
                case 0: bytes[at] = static_cast<char>(random()); break;
                case 1: bytes.resize(at); break;
                case 2: bytes.insert(at, 1, static_cast<char>(0xc0 + random() % 0x40)); break;
                case 3: bytes.erase(at, 1 + random() % 3); break;
                default: bytes.insert(at, bytes.substr(random() % bytes.size(), random() % 16));
            }
        }
        devour(bytes);
    }
}
