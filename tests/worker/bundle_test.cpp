// bundle_test.cpp - several messages in one block: how they go in, come out and become mails.  Next: chain_test.cpp.
#include "worker/bundle.hpp"

#include <string>
#include <vector>

#include "catch.hpp"

using namespace peacepie::worker;

namespace {

constexpr std::uint64_t sender = 1'000;

/// Its body is as long as its number.
std::string body_of(std::uint32_t number) { return std::string(number, static_cast<char>('a' + number % 26)); }

/// As many as fit.
std::uint32_t fill(Bundle& bundle) {
    std::uint32_t number = 0;
    while (bundle.append(number + 1, bytes(body_of(number)))) ++number;
    return number;
}

struct Said {
    std::uint64_t sender;
    std::string sender_text;
    std::uint32_t command;
    std::string body;
    bool counted;
    bool operator==(const Said&) const = default;
};

std::vector<Said> all_of(Mail* chain) {
    std::vector<Said> all;
    while (chain != nullptr) {
        Mail* mail = std::exchange(chain, chain->next);
        all.push_back({mail->sender, std::string(mail->sender_text()), mail->command, std::string(mail->body()), mail->counted});
        Mail::destroy(mail);
    }
    return all;
}

}  // namespace

TEST_CASE("messages come out of a bundle as they went in, and there is no more room than its block has") {
    Bundle* bundle = Bundle::make(sender, mail_block::large);
    const auto count = fill(*bundle);
    CHECK(count > 30);
    CHECK(bundle->filled <= bundle->block_size);
    CHECK(bundle->unread == count);
    for (std::uint32_t number = 0; number < count; ++number) {
        const auto message = bundle->read();
        CHECK(message.command == number + 1);
        CHECK(view(message.body) == body_of(number));
    }
    CHECK(bundle->unread == 0);
    Mail::destroy(bundle);
}

TEST_CASE("a bundle that was read in part and taken apart is a mail for each that is left, in front of what came after") {
    Bundle* bundle = Bundle::make(sender, mail_block::large);
    const auto count = fill(*bundle);
    (void)bundle->read();
    Mail* later = Mail::tell(sender + 1, 99, {});
    const auto all = all_of(Bundle::apart(bundle, later));
    REQUIRE(all.size() == count);
    for (std::uint32_t number = 1; number < count; ++number) CHECK(all[number - 1] == Said{sender, "", number + 1, body_of(number), true});
    CHECK(all.back() == Said{sender + 1, "", 99, "", false});
}

TEST_CASE("messages of one who lives elsewhere keep its name, in the bundle and apart") {
    const std::string name = "an_actor_elsewhere";
    Bundle* bundle = Bundle::make(name, mail_block::medium);
    REQUIRE(bundle->append(1, bytes(std::string_view("one"))));
    REQUIRE(bundle->append(2, bytes(std::string_view("two"))));
    CHECK(bundle->origin == Origin::link);
    CHECK(view(bundle->envelope().sender_text) == name);
    CHECK(bundle->envelope().sender == 0);
    Mail* chain = Bundle::apart(bundle, nullptr);
    CHECK(chain->origin == Origin::link);
    CHECK_FALSE(chain->is_told);
    CHECK(chain->block_size == sizeof(Mail) + name.size() + 3);  // as much as it counted for in the bundle
    CHECK(all_of(chain) == std::vector<Said>{{0, name, 1, "one", true}, {0, name, 2, "two", true}});
}

TEST_CASE("what a message in a bundle counts for is what it counts for as a mail") {
    Bundle* bundle = Bundle::make(sender, mail_block::medium);
    const auto body = body_of(20);
    const auto counted = bundle->bytes_of(body.size());
    REQUIRE(bundle->append(1, bytes(body)));
    Mail* mail = Bundle::apart(bundle, nullptr);
    CHECK(mail->block_size == counted);
    Mail::destroy(mail);
}
