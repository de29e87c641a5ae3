// The grammar of names and addresses.
#include "wire/address.hpp"

#include <string>

#include "catch.hpp"
#include "wire/limits.hpp"
#include "wire/spawned_name.hpp"

using namespace peacepie;

TEST_CASE("a name is 1 to 128 letters, digits, underscores and hyphens, not a hyphen first") {
    for (const auto* good : {"a", "Z", "0", "_", "hello_world", "dancer_00", "a-b", "process_0", "_leading"})
        CHECK(is_name(good));
    for (const auto* bad : {"", "-a", "a.b", "a/b", "a!b", "a b", "a\nb", "a\x1b[31m", "имя", "@a", "<b>", "a%2f", "a\\b", "\"a\""})
        CHECK_FALSE(is_name(bad));
    CHECK(is_name(std::string(limits::name_size_max, 'n')));
    CHECK_FALSE(is_name(std::string(limits::name_size_max + 1, 'n')));
    CHECK_FALSE(is_name(std::string_view("a\0b", 3)));
}

TEST_CASE("a node is host.process.admin and nothing else") {
    CHECK(is_node("first.main.admin"));
    CHECK(is_node("first.process_0.admin"));
    for (const auto* bad : {"first.main", "first.admin", ".main.admin", "first..admin", "first.main.admin.admin", "admin",
                            "first.main.admin ", "first.main.Admin", "a.b.c.admin", ".admin", "..admin"})
        CHECK_FALSE(is_node(bad));
}

TEST_CASE("the short form of a node means its admin") {
    CHECK(node_of("first.main") == "first.main.admin");
    CHECK(node_of("first.main.admin") == "first.main.admin");
    CHECK_FALSE(node_of("first"));
    CHECK_FALSE(node_of("first."));
    CHECK_FALSE(node_of(".main"));
    CHECK_FALSE(node_of(""));
    CHECK_FALSE(node_of("a.b.c"));
    CHECK(node_name("first", "main") == "first.main.admin");
    CHECK(host_of("first.main.admin") == "first");
    CHECK(process_of("first.main.admin") == "main");
}

TEST_CASE("every form of an address is read") {
    CHECK(Address::parse("greeter") == Address{"", "", "greeter"});
    CHECK(Address::parse("first.main") == Address{"", "first.main.admin", ""});
    CHECK(Address::parse("first.main.admin") == Address{"", "first.main.admin", ""});
    CHECK(Address::parse("first.main/greeter") == Address{"", "first.main.admin", "greeter"});
    CHECK(Address::parse("first.main.admin/greeter") == Address{"", "first.main.admin", "greeter"});
    CHECK(Address::parse("king!greeter") == Address{"king", "", "greeter"});
    CHECK(Address::parse("king!first.main") == Address{"king", "first.main.admin", ""});
    CHECK(Address::parse("king!first.main/greeter") == Address{"king", "first.main.admin", "greeter"});
    CHECK(Address::parse("@me.7") == Address{"", "", "@me.7"});
}

TEST_CASE("what breaks the grammar is no address") {
    for (const auto* bad : {"", "!", "!a", "king!", "a!b!c", "/", "/a", "first.main/", "first/a", "a/b/c", "first.main/a.b",
                            "first.main/-a", "a b", "a\n", "@", "@a b", "first.main//a", "-a", "king!-a", "a.b.c.d",
                            "<script>", "../../etc/passwd", "first.main/../x"})
        CHECK_FALSE(Address::parse(bad));
    CHECK_FALSE(Address::parse(std::string(limits::address_size_max + 1, 'a')));
}

TEST_CASE("an address printed and read again is the same") {
    for (const auto* text : {"greeter", "first.main.admin", "first.main/greeter", "king!greeter", "king!first.main.admin",
                             "king!first.main/greeter", "@me.7"}) {
        const auto address = Address::parse(text);
        REQUIRE(address);
        CHECK(address->text() == text);
        CHECK(Address::parse(address->text()) == address);
    }
}

TEST_CASE("the key is the entity, or the node of an admin") {
    CHECK(Address::parse("first.main/greeter")->key() == "greeter");
    CHECK(Address::parse("first.main")->key() == "first.main.admin");
}

TEST_CASE("the name of a spawned actor says in which nursery it was born and reads back as the same") {
    for (const SpawnedName name : {SpawnedName{0, 0}, SpawnedName{1, 63}, SpawnedName{63, 64}, SpawnedName{60'000'000'000, 16'777'215},
                                   SpawnedName{(1ull << 53) - 1, SpawnedName::number_max}}) {
        const auto text = name.text();
        INFO(text);
        const auto read = SpawnedName::parse(text);
        REQUIRE(read);
        CHECK(read->nursery == name.nursery);
        CHECK(read->number == name.number);
        CHECK(is_entity(text));
        CHECK_FALSE(is_name(text));
        CHECK(Address::parse("first.main/" + text)->entity == text);
    }
    CHECK(SpawnedName{60'000'000'000, 16'777'215}.text().size() <= 15);  // no allocation for a usual one
}

TEST_CASE("what only looks like a spawned actor's name is none") {
    for (const auto* bad : {"", "~", "~~", "~1", "~1~", "~~1", "1~1", "~1~1~1", "~1~01", "~00~1", "~1~1 ", "~1~\n", "~1.2~3", "~1~-------------",
                            "~zzzzzzzzzzzzzzz~1", "~1~zzzzzzzzz"})
        CHECK_FALSE(is_entity(bad));
}
