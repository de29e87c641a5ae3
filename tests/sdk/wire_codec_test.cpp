// Envelopes and frames that are right, in every width MessagePack allows.
#include "wire/codec.hpp"

#include <limits>
#include <vector>

#include "catch.hpp"
#include "wire/limits.hpp"
#include "wire_bytes.hpp"

using namespace peacepie;
using namespace peacepie::wire_bytes;

namespace {

Envelope read(const std::string& bytes) {
    Envelope envelope;
    const auto fault = read_envelope(bytes, envelope);
    INFO("fault: " << (fault ? code_of(*fault) : "none"));
    REQUIRE_FALSE(fault);
    return envelope;
}

Envelope full() {
    Envelope envelope;
    envelope.kind = Kind::ask;
    envelope.mid = 77;
    envelope.command = "create_actor";
    envelope.recipient = "first.main.admin";
    envelope.sender = "@me.7";
    envelope.timeout_ms = 2500;
    envelope.meta = "\x81\xa1t\x01";
    envelope.body = "\x81\xa4name\xa1x";
    return envelope;
}

void check_same(const Envelope& left, const Envelope& right) {
    CHECK(left.kind == right.kind);
    CHECK(left.mid == right.mid);
    CHECK(left.command == right.command);
    CHECK(left.recipient == right.recipient);
    CHECK(left.recipient_handle == right.recipient_handle);
    CHECK(left.sender == right.sender);
    CHECK(left.timeout_ms == right.timeout_ms);
    CHECK(left.meta == right.meta);
    CHECK(left.body == right.body);
}

std::vector<std::string_view> parts_of(FrameReader& reader) {
    std::vector<std::string_view> parts;
    while (auto part = reader.next()) parts.push_back(*part);
    return parts;
}

}  // namespace

TEST_CASE("an envelope written and read again is the same") {
    auto kind = GENERATE(Kind::send, Kind::ask, Kind::reply, Kind::error);
    auto envelope = full();
    envelope.kind = kind;
    std::string bytes;
    append_envelope(bytes, envelope);
    check_same(read(bytes), envelope);
    CHECK(bytes.size() == encoded_size(envelope));
}

TEST_CASE("an envelope with everything optional left out is the same after a round trip") {
    Envelope envelope;
    envelope.command = "tick";
    std::string bytes;
    append_envelope(bytes, envelope);
    check_same(read(bytes), envelope);
    CHECK(bytes.size() == encoded_size(envelope));
    CHECK(bytes == "\x99\x01" + std::string(2, '\0') + "\xa4tick\xc0\xc0\xc0\xc0\xc0");
}

TEST_CASE("a handle takes the place of the recipient's text") {
    auto envelope = full();
    envelope.recipient = {};
    envelope.recipient_handle = GENERATE(1u, 127u, 128u, 256u, 65'536u, std::uint64_t{1} << 32);
    std::string bytes;
    append_envelope(bytes, envelope);
    check_same(read(bytes), envelope);
    CHECK(bytes.size() == encoded_size(envelope));
}

TEST_CASE("encoded_size foretells what append_envelope adds at every boundary of a width") {
    auto mid = GENERATE(std::uint64_t{0}, std::uint64_t{127}, std::uint64_t{128}, std::uint64_t{255}, std::uint64_t{256},
                        std::uint64_t{65'535}, std::uint64_t{65'536}, std::uint64_t{0xffffffff},
                        std::uint64_t{0x100000000}, std::numeric_limits<std::uint64_t>::max());
    auto size = GENERATE(std::size_t{1}, std::size_t{31}, std::size_t{32}, std::size_t{128});
    auto envelope = full();
    const std::string command(size, 'c');
    envelope.mid = mid;
    envelope.command = command;
    std::string bytes = "before";
    append_envelope(bytes, envelope);
    CHECK(bytes.size() == 6 + encoded_size(envelope));
    check_same(read(bytes.substr(6)), envelope);
}

TEST_CASE("a mid is read from every width of integer that holds it") {
    struct Row {
        std::string bytes;
        std::uint64_t mid;
    };
    const std::vector<Row> rows{
        {std::string(1, '\0'), 0},           {"\x7f", 127},
        {tagged(0xcc, 5, 1), 5},             {tagged(0xcc, 255, 1), 255},
        {tagged(0xcd, 5, 2), 5},             {tagged(0xcd, 65'535, 2), 65'535},
        {tagged(0xce, 5, 4), 5},             {tagged(0xce, 0xffffffff, 4), 0xffffffff},
        {tagged(0xcf, 5, 8), 5},             {tagged(0xcf, ~std::uint64_t{0}, 8), ~std::uint64_t{0}},
        {tagged(0xd0, 5, 1), 5},             {tagged(0xd0, 127, 1), 127},
        {tagged(0xd1, 5, 2), 5},             {tagged(0xd1, 32'767, 2), 32'767},
        {tagged(0xd2, 5, 4), 5},             {tagged(0xd2, 0x7fffffff, 4), 0x7fffffff},
        {tagged(0xd3, 5, 8), 5},             {tagged(0xd3, INT64_MAX, 8), INT64_MAX}};
    for (const auto& row : rows) {
        Fields fields;
        fields.mid = row.bytes;
        const auto bytes = fields.encoded();
        CHECK(read(bytes).mid == row.mid);
    }
}

TEST_CASE("a text is read from every width that holds it") {
    const std::string word = "tick";
    for (const auto& encoded : {"\xa4" + word, tagged(0xd9, 4, 1) + word, tagged(0xda, 4, 2) + word,
                                tagged(0xdb, 4, 4) + word}) {
        Fields fields;
        fields.command = encoded;
        fields.recipient = encoded;
        fields.sender = encoded;
        const auto bytes = fields.encoded();
        const auto envelope = read(bytes);
        CHECK(envelope.command == word);
        CHECK(envelope.recipient == word);
        CHECK(envelope.sender == word);
    }
}

TEST_CASE("the array of nine is read from every width") {
    Fields fields;
    for (const auto& head : {std::string("\x99"), tagged(0xdc, 9, 2), tagged(0xdd, 9, 4)}) {
        const auto bytes = head + fields.eight() + fields.body;
        CHECK(read(bytes).command == "tick");
    }
}

TEST_CASE("meta is read from every width of map") {
    const std::string content = "\xa1k\xa1v";
    for (const auto& head : {std::string("\x81"), tagged(0xde, 1, 2), tagged(0xdf, 1, 4)}) {
        Fields fields;
        fields.meta = head + content;
        const auto bytes = fields.encoded();
        CHECK(read(bytes).meta == fields.meta);
    }
}

TEST_CASE("a timeout is capped instead of overflowing") {
    Fields fields;
    fields.timeout = tagged(0xcf, ~std::uint64_t{0}, 8);
    const auto bytes = fields.encoded();
    const auto most = std::chrono::milliseconds(limits::ask_timeout_max).count();
    CHECK(read(bytes).timeout_ms == static_cast<std::uint32_t>(most));
}

TEST_CASE("a frame with one envelope is that envelope") {
    std::string bytes;
    append_envelope(bytes, full());
    FrameReader reader(bytes);
    CHECK(parts_of(reader) == std::vector<std::string_view>{bytes});
    CHECK_FALSE(reader.is_malformed());
}

TEST_CASE("a batch gives back its envelopes in order") {
    std::string batch;
    std::vector<std::string> made;
    for (std::uint64_t mid = 0; mid < 300; ++mid) {
        auto envelope = full();
        envelope.mid = mid;
        const std::string body = "\xc5" + big_endian(mid * 7, 2) + std::string(mid * 7, 'b');
        envelope.body = body;
        append_batched(batch, envelope);
        append_envelope(made.emplace_back(), envelope);
    }
    FrameReader reader(batch);
    const auto parts = parts_of(reader);
    CHECK_FALSE(reader.is_malformed());
    CHECK(parts == std::vector<std::string_view>(made.begin(), made.end()));
}

TEST_CASE("bytes that already are an envelope batch the same as the envelope") {
    std::string encoded;
    append_envelope(encoded, full());
    std::string from_bytes, from_envelope;
    append_batched(from_bytes, encoded);
    append_batched(from_envelope, full());
    CHECK(from_bytes == from_envelope);
}

TEST_CASE("the elements of a batch are read from every width of bin") {
    std::string encoded;
    append_envelope(encoded, full());
    const auto size = encoded.size();
    const auto batch = tagged(0xc4, size, 1) + encoded + tagged(0xc5, size, 2) + encoded + tagged(0xc6, size, 4) + encoded;
    FrameReader reader(batch);
    CHECK(parts_of(reader) == std::vector<std::string_view>(3, encoded));
    CHECK_FALSE(reader.is_malformed());
}

namespace {

std::string written(const Envelope& envelope) {
    std::string bytes;
    append_envelope(bytes, envelope);
    return bytes;
}

}  // namespace

TEST_CASE("an envelope that repeats the header before it is read like any other") {
    const std::string long_body(5'000, '\x01');
    const auto first = written({.command = "item", .recipient = "sink", .sender = "source", .body = "\x01"});
    const auto second = written({.command = "item", .recipient = "sink", .sender = "source", .body = long_body});
    const auto third = written({.command = "item", .recipient = "sink", .sender = "source"});
    const auto other = written({.command = "item", .recipient = "sinks", .sender = "source", .body = "\x01"});
    EnvelopeReader reader;
    Envelope envelope;
    REQUIRE_FALSE(reader.read(first, envelope));
    CHECK_FALSE(reader.repeats());
    REQUIRE_FALSE(reader.read(second, envelope));
    CHECK(reader.repeats());
    CHECK(envelope.recipient == "sink");
    CHECK(envelope.body == long_body);
    REQUIRE_FALSE(reader.read(third, envelope));
    CHECK(reader.repeats());
    CHECK(envelope.body.empty());
    REQUIRE_FALSE(reader.read(other, envelope));
    CHECK_FALSE(reader.repeats());
    CHECK(envelope.recipient == "sinks");
    CHECK(envelope.body == "\x01");
}

TEST_CASE("neither a header without a body nor what follows a refused envelope counts as a repetition") {
    const auto whole = written({.command = "item", .recipient = "sink", .sender = "source", .body = "\x01"});
    EnvelopeReader reader;
    Envelope envelope;
    REQUIRE_FALSE(reader.read(whole, envelope));
    CHECK(reader.read(std::string_view(whole).substr(0, whole.size() - 1), envelope) == Fault::bad_request);
    CHECK_FALSE(reader.repeats());
    REQUIRE_FALSE(reader.read(whole, envelope));
    CHECK_FALSE(reader.repeats());
    CHECK(envelope.body == "\x01");
}

TEST_CASE("a header written once and a body make the same element of a batch as an envelope") {
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{200}, std::size_t{300}, std::size_t{70'000}}) {
        const std::string body(size, '\x01');
        const Envelope envelope{.command = "item", .recipient = "sink", .sender = "source", .body = body};
        std::string header, once, whole;
        append_header(header, envelope);
        append_batched(once, header, body);
        append_batched(whole, envelope);
        CHECK(once == whole);
    }
}
