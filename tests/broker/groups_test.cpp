// groups_test.cpp - what the end of one member means for its group, by strategy and intensity.
#include "world.hpp"

using namespace peacepie;
using namespace peacepie::broker;
using namespace std::chrono_literals;

namespace {

struct Band : World {
    Peer main = worker("first", "main");
    Peer child = worker("first", "process_0");
    Peer me = client();

    void declare(Peer peer, const char* name, const char* strategy, int intensity = 3, double period = 5) {
        const Value group = map({{"name", "band"}, {"strategy", strategy}, {"intensity", intensity}, {"period", period}});
        ask(peer, {}, "register_actors", map({{"names", names({name})}, {"class_desc", map({{"class", "C"}})}, {"group", group}}), address[peer]);
        REQUIRE(only(peer).command == "actors_are_registered");
    }
    /// Who is told to end in the first worker when the other one dies.
    std::vector<std::string> ended_when_child_dies() {
        link.gone[child] = true;
        broker.on_disconnected(child);
        advance(300ms, {main});
        std::vector<std::string> ended;
        for (const auto& message : received(main))
            if (message.command == "end_actor") ended.push_back(message.text("name"));
        std::ranges::sort(ended);
        return ended;
    }
    void child_comes_back() {
        child = stranger();
        ask(child, {}, "hello", map({{"role", "worker"}, {"host", "first"}, {"process", "process_0"}}));
        address[child] = only(child).text("address");
        advance(600ms, {main, child});
    }
    void has_ended(const char* name) {
        send(main, {}, "unregister_actors", map({{"names", names({name})}}), address[main]);
    }
    std::int64_t stat(std::string_view which) {
        ask(me, {}, "stats");
        return only(me).number(which);
    }
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("one_for_all ends all members, rest_for_one those created later, one_for_one nobody else") {
    const std::pair<const char*, Names> cases[] = {{"one_for_all", {"after", "before"}}, {"rest_for_one", {"after"}}, {"one_for_one", {}}};
    for (const auto& [strategy, expected] : cases) {
        Band world;
        world.declare(world.main, "before", strategy);
        world.declare(world.child, "victim", strategy);
        world.declare(world.main, "after", strategy);
        CHECK(world.ended_when_child_dies() == expected);
    }
}

TEST_CASE("a member that was ended for its group is made again in its own process, and one that was removed by hand is not") {
    Band world;
    world.declare(world.main, "other", "one_for_all");
    world.declare(world.main, "removed", "one_for_all");
    world.declare(world.child, "victim", "one_for_all");
    REQUIRE(world.ended_when_child_dies().size() == 2);
    world.has_ended("other");
    world.ask(world.me, "other", "tick");
    CHECK(world.only(world.me).command == "unavailable");
    world.advance(200ms, {world.main});
    const auto wish = world.only(world.main);
    CHECK(wish.command == "create_actor");
    CHECK(wish.text("name") == "other");
    CHECK(*wish.body.find("group")->find("strategy") == Value("one_for_all"));
}

TEST_CASE("a group that ends more often than its intensity is given up as a whole, and begins anew when it is created by hand") {
    Band world;
    world.declare(world.main, "other", "one_for_one", 1, 60);
    world.declare(world.child, "victim", "one_for_one", 1, 60);
    CHECK(world.ended_when_child_dies().empty());
    world.child_comes_back();
    CHECK(world.only(world.child).command == "create_actor");
    world.declare(world.child, "victim", "one_for_one", 1, 60);
    CHECK(world.ended_when_child_dies() == Names{"other"});
    CHECK(world.stat("given_up") == 2);
    CHECK(world.stat("fallen") == 0);
    world.has_ended("other");
    world.child_comes_back();
    CHECK(world.received(world.child).empty());
    world.declare(world.child, "victim", "one_for_one", 1, 60);
    CHECK(world.ended_when_child_dies().empty());
    CHECK(world.stat("fallen") == 1);
}

TEST_CASE("a permanent member that ends by itself counts for its group") {
    Band world;
    const Value group = map({{"name", "band"}, {"strategy", "one_for_all"}});
    world.ask(world.child, {}, "register_actors", map({{"names", names({"leaver"})}, {"class_desc", map({{"class", "C"}})}, {"group", group},
                                                     {"restart", "permanent"}}), world.address[world.child]);
    REQUIRE(world.only(world.child).command == "actors_are_registered");
    world.declare(world.main, "other", "one_for_all");
    world.send(world.child, {}, "unregister_actors", map({{"names", names({"leaver"})}, {"ended", true}}), world.address[world.child]);
    const auto told = world.only(world.main);
    CHECK(told.command == "end_actor");
    CHECK(told.text("name") == "other");
    CHECK(world.stat("fallen") == 1);
}
