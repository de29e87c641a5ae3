// bounds_test.cpp - workers obey other bounds than the defaults, and their stats say how often each was reached.  Next: world.hpp.
#include "catch.hpp"
#include "sim/world.hpp"
#include "worker/mailbox.hpp"

using namespace peacepie;
using namespace peacepie::sim;
using namespace std::chrono_literals;

namespace {

Value shown(World& world, const char* bound) {
    const auto stats = world.call(world.node(0), "stats");
    const auto* limits = stats.body.find("limits");
    REQUIRE(limits != nullptr);
    REQUIRE(limits->find(bound) != nullptr);
    return *limits->find(bound);
}

}  // namespace

TEST_CASE("an actor that may wait for one answer has its second ask refused at once") {
    World world(1, 2, Bounds().set(Bound::open_asks, 1));
    world.create("counter", "Counter", 1);
    world.create("asker", "Sender", 0);
    CHECK(world.call("asker", "ask_two_at_once", Value::Map{{"to", "counter"}}).body == Value("no_space"));
    CHECK(shown(world, "open_asks") == Value(Value::Map{{"limit", 1}, {"reached", 1}}));
}

TEST_CASE("a mailbox of a few messages refuses the rest of a flood, and each refusal is counted") {
    struct Restored {
        worker::MailboxCapacity before = worker::Mailbox::capacity;
        ~Restored() { worker::Mailbox::capacity = before; }
    } restored;
    worker::Mailbox::capacity.length = 20;
    World world(1, 2, Bounds().set(Bound::mailbox_length, 20));
    world.create("counter", "Counter", 0);
    world.create("flooder", "Sender", 0);
    (void)world.call("flooder", "flood", Value::Map{{"to", "counter"}, {"count", 500}});
    world.run_for(1s);
    const auto refused = world.dead_letters();
    CHECK((refused >= 470 && refused < 500));
    CHECK(number(shown(world, "mailbox_length"), "limit") == 20);
    CHECK(number(shown(world, "mailbox_length"), "reached") == static_cast<std::int64_t>(refused));
    CHECK(world.call("counter", "ping").command == "pong");
}
