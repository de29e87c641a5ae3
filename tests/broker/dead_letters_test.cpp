// dead_letters_test.cpp - what becomes of sends that reached nobody: kept within bounds, shown, sent again, forgotten.
#include "broker/dead_letters.hpp"
#include "world.hpp"

using namespace peacepie;
using namespace peacepie::broker;
using namespace std::chrono_literals;

namespace {

DeadLetter letter_to(std::string recipient, std::size_t size = 0, Fault reason = Fault::no_such_actor) {
    const std::string body(size, '\xc0');
    return DeadLetter::of({.command = "tick", .recipient = recipient, .sender = "anna", .body = body}, reason, "nobody", 5);
}

struct Letters : World {
    const Peer worker_peer = worker("first", "main");
    const Peer me = client();

    Message asked(std::string_view command, const Value& body = {}) {
        ask(me, {}, command, body);
        return only(me);
    }
    Message listed(const Value& body = {}) {
        const auto answer = asked("get_dead_letters", body);
        REQUIRE(answer.command == "dead_letters");
        CHECK(answer.number("total") == answer.number("kept") + answer.number("forgotten") + answer.number("sent_again"));
        return answer;
    }
    static std::vector<std::string> of(const Message& list, std::string_view field) {
        std::vector<std::string> all;
        for (const auto& letter : *list.body.find("letters")->as_array()) all.push_back(*letter.find(field)->as_text());
        return all;
    }
    void send_numbers(std::string_view recipient, int count) {
        for (int i = 0; i < count; ++i) send(me, recipient, "count", map({{"number", i}}));
    }
};

Value selected_ids(std::vector<std::int64_t> ids) { return map({{"ids", Value::Array(ids.begin(), ids.end())}}); }

}  // namespace

TEST_CASE("the store is bounded in letters and what went is counted") {
    CountedBounds bounds;
    DeadLetters letters(bounds);
    for (std::size_t i = 0; i < limits::dead_letters_max + 3; ++i) letters.keep(letter_to("ghost"));
    CHECK(letters.kept() == limits::dead_letters_max);
    CHECK(letters.forgotten() == 3);
    CHECK(letters.total() == limits::dead_letters_max + 3);
    std::uint64_t oldest = 0;
    letters.each({}, [&](const DeadLetter& letter) { oldest = oldest == 0 ? letter.id : oldest; });
    CHECK(oldest == 4);
}

TEST_CASE("the store is bounded in bytes and gives them back") {
    CountedBounds bounds;
    DeadLetters letters(bounds);
    constexpr auto fitting = limits::dead_letters_bytes_max / limits::dead_letter_body_max;
    for (std::size_t i = 0; i < 2 * fitting; ++i) letters.keep(letter_to("ghost", limits::dead_letter_body_max));
    CHECK(letters.kept() < fitting);
    CHECK(letters.kept() > fitting / 2);
    const auto kept = letters.kept();
    CHECK(letters.forget({}) == kept);
    for (std::size_t i = 0; i < kept; ++i) letters.keep(letter_to("ghost", limits::dead_letter_body_max));
    CHECK(letters.kept() == kept);
}

TEST_CASE("of a body that is too large only the size is kept and it is not sent again") {
    CountedBounds bounds;
    DeadLetters letters(bounds);
    letters.keep(letter_to("ghost", limits::dead_letter_body_max + 1));
    letters.keep(letter_to("ghost", 10));
    letters.keep(letter_to("", 10));  // a stale handle: nobody knows whose
    CHECK(letters.take_to_send({}).size() == 1);
    REQUIRE(letters.kept() == 2);
    letters.each({.recipient = "ghost"}, [](const DeadLetter& letter) {
        CHECK(letter.body.empty());
        CHECK(letter.body_size == limits::dead_letter_body_max + 1);
    });
    CHECK(letters.forget({.recipient = "ghost"}) == 1);
    CHECK(letters.total() == letters.kept() + letters.forgotten() + letters.sent_again());
}

TEST_CASE("a send to nobody is kept with sender, recipient, command, reason, time and size") {
    Letters world;
    world.send(world.me, "ghost", "tick", map({{"n", 1}}), "somebody_else");
    const auto list = world.listed();
    const auto& letters = *list.body.find("letters")->as_array();
    REQUIRE(letters.size() == 1);
    CHECK(*letters[0].find("sender") == Value("@me.1"));
    CHECK(*letters[0].find("recipient") == Value("ghost"));
    CHECK(*letters[0].find("command") == Value("tick"));
    CHECK(*letters[0].find("reason") == Value("no_such_actor"));
    CHECK(letters[0].find("text")->as_text()->size() > 5);
    CHECK(*letters[0].find("bytes") == Value(4));
    CHECK(*letters[0].find("time") == Value(0));
}

TEST_CASE("asks and answers are no letters, nor is what HEAD is told") {
    Letters world;
    world.ask(world.me, "ghost", "tick");
    world.say(world.me, Kind::reply, 7, "tock", "ghost");
    world.send(world.me, {}, "no_such_command");
    world.say(world.worker_peer, Kind::reply, 7, "tock", "@nobody.9", {}, "greeter");
    world.received(world.me);
    CHECK(world.listed().number("total") == 0);
}

TEST_CASE("letters are counted by reason and chosen by reason and recipient, page by page") {
    Letters world;
    world.send_numbers("ghost", 5);
    world.send(world.me, "first.ghost", "tick");
    world.send(world.me, "other", "tick");
    const auto all = world.listed();
    CHECK(*all.body.find("by_reason") == map({{"no_such_actor", 6}, {"no_such_node", 1}}));
    CHECK(Letters::of(world.listed(map({{"reason", "no_such_node"}})), "recipient") == std::vector<std::string>{"first.ghost.admin"});
    CHECK(Letters::of(world.listed(map({{"recipient", "ghost"}, {"reason", "no_such_actor"}})), "recipient").size() == 5);
    CHECK(Letters::of(world.listed(map({{"recipient", "ghost"}, {"reason", "expired"}})), "recipient").empty());
    CHECK(Letters::of(world.listed(selected_ids({7})), "recipient") == std::vector<std::string>{"other"});
    const auto last = world.listed(map({{"page_size", 3}, {"page", 3}}));
    CHECK(Letters::of(last, "recipient") == std::vector<std::string>{"other"});
    CHECK(*last.body.find("nav") == map({{"page", 3}, {"pages", 3}}));
    CHECK(world.asked("get_dead_letters", map({{"page_size", 3}, {"page", 4}})).command == "bad_argument");
    const auto stats = world.asked("stats");
    CHECK(stats.number("dead_letters_kept") == 7);
    CHECK(*stats.body.find("dead_letters_by_reason") == *all.body.find("by_reason"));
}

TEST_CASE("letters sent again arrive in their order from their senders and are not kept any more") {
    Letters world;
    world.send_numbers("late", 20);
    world.send(world.worker_peer, "late", "count", map({{"number", 20}}), "greeter");
    world.register_actors(world.worker_peer, {"late"});
    CHECK(world.asked("send_again").number("count") == 21);
    const auto arrived = world.received(world.worker_peer);
    REQUIRE(arrived.size() == 21);
    for (int i = 0; i < 21; ++i) {
        CHECK(arrived[static_cast<std::size_t>(i)].kind == Kind::send);
        CHECK(arrived[static_cast<std::size_t>(i)].number("number") == i);
        CHECK(arrived[static_cast<std::size_t>(i)].sender == (i < 20 ? "@me.1" : "greeter"));
    }
    const auto list = world.listed();
    CHECK(list.number("kept") == 0);
    CHECK(list.number("sent_again") == 21);
}

TEST_CASE("only the letters that are named are sent again, and one that fails again is one new letter") {
    Letters world;
    world.send_numbers("ghost", 3);
    CHECK(world.asked("send_again", selected_ids({2, 3, 77})).number("count") == 2);
    const auto list = world.listed();
    CHECK(list.number("kept") == 3);
    CHECK(list.number("total") == 5);
    CHECK(*list.body.find("letters")->as_array()->back().find("id") == Value(5));
    CHECK(world.asked("send_again", selected_ids({})).number("count") == 0);
    CHECK(world.asked("forget_dead_letters", selected_ids({5})).number("count") == 1);
    CHECK(world.asked("forget_dead_letters", map({{"recipient", "ghost"}})).number("count") == 2);
    CHECK(world.listed().number("kept") == 0);
}

TEST_CASE("as many letters as are kept can be named and looked at, be it more or fewer than usual") {
    for (const std::uint64_t kept : {limits::dead_letters_max + 5, std::size_t{2}, std::size_t{0}}) {
        INFO(kept);
        World world(Bounds().set(Bound::dead_letters, kept));
        const Peer me = world.client();
        for (std::uint64_t i = 0; i < kept; ++i) world.send(me, "ghost", "tick");
        const auto count = static_cast<std::int64_t>(std::max<std::uint64_t>(kept, 1));
        world.ask(me, {}, "get_dead_letters", map({{"page_size", 1}, {"page", count}}));
        CHECK(world.only(me).command == "dead_letters");
        Value::Array ids;
        for (std::int64_t id = 1; id <= count; ++id) ids.emplace_back(id);
        world.ask(me, {}, "forget_dead_letters", map({{"ids", ids}}));
        CHECK(world.only(me).number("count") == static_cast<std::int64_t>(kept));
        ids.emplace_back(count + 1);
        world.ask(me, {}, "forget_dead_letters", map({{"ids", std::move(ids)}}));
        CHECK(world.only(me).command == "bad_argument");
    }
}

TEST_CASE("what is wrong in the choice of letters is named and changes nothing") {
    Letters world;
    world.send_numbers("ghost", 2);
    for (const auto* verb : {"get_dead_letters", "send_again", "forget_dead_letters"})
        for (const auto& body : {map({{"recpient", "ghost"}}), map({{"reason", "no_such_reason"}}), map({{"reason", 5}}), map({{"recipient", 5}}),
                                 map({{"ids", "all"}}), map({{"ids", names({"1"})}}), map({{"ids", Value::Array{-1}}}), Value(5)})
            CHECK(world.asked(verb, body).command == "bad_argument");
    for (const auto& body : {map({{"page_size", 0}}), map({{"page_size", 1'000'000}}), map({{"page", "x"}})})
        CHECK(world.asked("get_dead_letters", body).command == "bad_argument");
    CHECK(world.listed().number("kept") == 2);
}

TEST_CASE("a letter with a word between parts reaches neither admin nor launcher when it is sent again") {
    Letters world;
    const Peer starter = world.launcher("first");
    world.send(world.me, "first.main.admin", "freeze", map({{"entity", "x"}}));
    world.send(world.me, "first.launcher", "stop_process", map({{"process", "main"}}));
    world.received(world.worker_peer);
    world.received(starter);
    CHECK(world.asked("send_again").number("count") == 2);
    CHECK(world.received(world.worker_peer).empty());
    CHECK(world.received(starter).empty());
    CHECK(*world.listed().body.find("by_reason") == map({{"is_not_handled", 4}}));
}

TEST_CASE("a worker reports its letters and counts what it could not keep") {
    Letters world;
    const Value letter = map({{"sender", "anna"}, {"recipient", "greeter"}, {"command", "tock"}, {"mid", 3}, {"reason", "is_not_handled"},
                              {"text", "no such command"}, {"bytes", 1}, {"body", Binary{"\x07"}}, {"age", 2}});
    Value nobodys = letter, torn = letter, large = letter;
    nobodys.set("sender", "");
    torn.set("body", Binary{"\x93\x01"});
    large.set("bytes", 1'000'000).set("body", {});
    world.send(world.worker_peer, {}, "dead_letters",
               map({{"letters", Value::Array{letter, nobodys, torn, large, 5}}, {"more", map({{"mailbox_full", 40}})}}), "first.main.admin");
    const auto list = world.listed();
    CHECK(list.number("kept") == 2);
    CHECK(list.number("forgotten") == 40);
    CHECK(*list.body.find("by_reason") == map({{"is_not_handled", 2}, {"mailbox_full", 40}}));
    CHECK(world.broker.counters().malformed == 3);
    world.register_actors(world.worker_peer, {"greeter"});
    CHECK(world.asked("send_again").number("count") == 1);
    const auto again = world.only(world.worker_peer);
    CHECK(again.sender == "anna");
    CHECK(again.mid == 3);
    CHECK(again.body == Value(7));
    for (const auto* who : {"", "first.main"}) {
        world.ask(world.me, who, "dead_letters", map({{"letters", Value::Array{letter}}}));
        CHECK(world.only(world.me).command == "is_not_handled");
    }
}

TEST_CASE("what waited for a process that died becomes letters in order and what was held for its actor follows") {
    Letters world;
    const Peer child = world.worker("first", "process_0");
    world.register_actors(child, {"greeter"});
    world.ask(world.me, {}, "recreate_actor", map({{"entity", "greeter"}, {"node", "first.main"}}));
    const auto prepare = world.only(world.worker_peer);
    REQUIRE(prepare.command == "prepare_move");
    world.link.full[child] = true;
    world.send_numbers("greeter", 3);
    world.ask(world.me, "greeter", "tick");
    world.reply(world.worker_peer, prepare, "move_is_prepared");
    auto asked = prepare;  // whether its gate is open: waits with the rest, and is answered all the same
    ++asked.mid;
    world.reply(child, asked, "fence_is_back", {}, world.address[child]);
    for (int i = 3; i < 6; ++i) world.send(world.me, "greeter", "count", map({{"number", i}}));  // held now
    world.link.full.clear();
    world.link.gone[child] = true;
    world.clock.advance(std::chrono::milliseconds(1));
    world.send(world.me, "first.process_0", "ping");
    CHECK(world.received(world.me).size() == 2);  // the move and the ask have ended
    const auto list = world.listed(map({{"recipient", "greeter"}}));
    CHECK(Letters::of(list, "reason") == std::vector<std::string>(6, "worker_lost"));
    world.received(world.worker_peer);
    world.register_actors(world.worker_peer, {"greeter"});
    CHECK(world.asked("send_again", map({{"recipient", "greeter"}})).number("count") == 6);
    const auto arrived = world.received(world.worker_peer);
    REQUIRE(arrived.size() == 6);
    for (int i = 0; i < 6; ++i) CHECK(arrived[static_cast<std::size_t>(i)].number("number") == i);
}

TEST_CASE("what a hostile name does to a list is nothing") {
    Letters world;
    world.send(world.me, "a\xff\x1b[31m\nb", "c\xff");
    const auto list = world.listed();
    CHECK(list.number("kept") == 1);
    const auto recipient = Letters::of(list, "recipient").front();
    for (const char c : recipient) CHECK((c >= 0x20 && c < 0x7f));
}
