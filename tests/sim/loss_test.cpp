// loss_test.cpp - what a process had not handled when it died is known afterwards, to the message.  Next: crashes_test.cpp.
#include "catch.hpp"
#include "sim/world.hpp"
#include "worker/mailbox.hpp"

using namespace peacepie;
using namespace peacepie::sim;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t workers = 3, victim = 1;

/// Senders in the victim, elsewhere and outside; all that they say is numbered, so that the checker knows where it is.
struct Loss : World {
    explicit Loss(std::uint64_t seed) : World(seed, workers) {
        create("counter", "Counter", victim);
        create("other", "Counter", 2);
        create("local", "Sender", victim);
        create("remote", "Sender", 2);
    }
    void say(const char* recipient, int count, const char* command) {
        for (int i = 0; i < count; ++i) send(recipient, command, Value::Map{{"sender", "outside"}, {"number", outside_++}});
    }
    void load() {
        (void)ask("remote", "send_numbers", Value::Map{{"to", "counter"}, {"count", 200}, {"first", first_}}, 60'000);
        (void)ask("local", "send_numbers", Value::Map{{"to", "counter"}, {"count", 100}, {"first", first_}}, 60'000);
        (void)ask("local", "send_numbers", Value::Map{{"to", "other"}, {"count", 100}, {"first", first_}}, 60'000);
        first_ += 200;
        say("counter", 20, "slower");
        say("counter", 50, "count");
    }
    [[nodiscard]] const Value* losses() {
        letters_ = call("", "get_dead_letters").body;
        return letters_.find("losses");
    }

private:
    int outside_ = 0, first_ = 0;
    Value letters_;
};

}  // namespace

TEST_CASE("what a process had not handled when it died is what the broker counts as lost, to the message") {
    std::uint64_t all = 0;
    for (const auto seed : seeds(60)) {
        INFO("seed " << seed);
        Loss world(seed);
        world.checker().may_go_back("counter");
        for (int life = 0; life < 3; ++life) {
            world.load();
            world.run_for(Nanoseconds(world.random().below(60'000'000)));
            world.crash_worker(victim);
            world.run_for(Nanoseconds(world.random().below(4'000'000'000)));
            world.start_worker(victim);
            world.run_for(15s);
        }
        CHECK(world.lost() == world.checker().lost_with_processes());
        world.must_be_accounted_for();
        if (const auto* losses = world.losses())
            for (const auto& loss : *losses->as_array()) {
                CHECK(*loss.find("at_most")->as_bool() == false);
                CHECK(*loss.find("node")->as_text() == world.node(victim));
                if (number(loss, "first") > 0) CHECK(number(loss, "last") - number(loss, "first") + 1 >= number(loss, "to"));
            }
        all += world.lost();
    }
    CHECK(all > 0);
}

TEST_CASE("what a process had refused and not told of when it died is counted as lost with it, and what it had told of is a dead letter") {
    struct Restored {
        worker::MailboxCapacity before = worker::Mailbox::capacity;
        ~Restored() { worker::Mailbox::capacity = before; }
    } restored;
    worker::Mailbox::capacity.length = 20;
    std::uint64_t letters = 0, all = 0;
    for (const auto seed : seeds(60)) {
        INFO("seed " << seed);
        Loss world(seed);
        world.checker().may_go_back("counter");
        for (int life = 0; life < 3; ++life) {
            world.load();
            world.say("counter", 30, "slower");
            world.run_for(Nanoseconds(world.random().below(60'000'000)));
            world.load();
            world.run_for(Nanoseconds(world.random().below(1'200'000'000)));
            world.crash_worker(victim);
            world.run_for(Nanoseconds(world.random().below(4'000'000'000)));
            world.start_worker(victim);
            world.run_for(15s);
        }
        CHECK(world.lost() == world.checker().lost_with_processes());
        world.must_be_accounted_for();
        letters += world.checker().letters();
        all += world.lost();
    }
    CHECK(letters > 0);
    CHECK(all > 0);
}

TEST_CASE("letters that were under way to a broker that died are lost with it, and those that waited come to the next one") {
    struct Restored {
        worker::MailboxCapacity before = worker::Mailbox::capacity;
        ~Restored() { worker::Mailbox::capacity = before; }
    } restored;
    worker::Mailbox::capacity.length = 20;
    for (const auto seed : seeds(60)) {
        INFO("seed " << seed);
        Loss world(seed);
        world.load();
        world.say("counter", 30, "slower");
        world.run_for(Nanoseconds(world.random().below(60'000'000)));
        world.load();
        world.run_for(Nanoseconds(world.random().below(1'200'000'000)));
        world.restart_broker();
        world.run_for(15s);
        CHECK(world.lost() == world.checker().lost_with_brokers());
        CHECK(world.checker().letters() > 0);
        world.must_be_accounted_for();
    }
}

TEST_CASE("what was under way in a broker that died, to it and from it, is what the next one counts as lost, to the message") {
    std::uint64_t all = 0;
    for (const auto seed : seeds(60)) {
        INFO("seed " << seed);
        Loss world(seed);
        for (int life = 0; life < 3; ++life) {
            world.load();
            world.run_for(Nanoseconds(world.random().below(40'000'000)));
            world.restart_broker();
            world.run_for(15s);
        }
        CHECK(world.lost() == world.checker().lost_with_brokers());
        world.must_be_accounted_for();
        if (const auto* losses = world.losses())
            for (const auto& loss : *losses->as_array()) CHECK(*loss.find("at_most")->as_bool() == false);
        all += world.lost();
    }
    CHECK(all > 0);
}

TEST_CASE("what was lost with a process and what with a broker, dying soon after each other, is all counted once") {
    for (const auto seed : seeds(60)) {
        INFO("seed " << seed);
        Loss world(seed);
        world.checker().may_go_back("counter");
        for (int life = 0; life < 2; ++life) {
            world.load();
            world.run_for(Nanoseconds(world.random().below(40'000'000)));
            const bool broker_first = world.random().one_in(2);
            if (broker_first) world.restart_broker();
            else world.crash_worker(victim);
            world.run_for(Nanoseconds(world.random().below(60'000'000)));
            if (broker_first) world.crash_worker(victim);
            else world.restart_broker();
            world.run_for(Nanoseconds(world.random().below(2'000'000'000)));
            world.start_worker(victim);
            world.run_for(15s);
        }
        CHECK(world.lost() == world.checker().lost_with_processes() + world.checker().lost_with_brokers());
        world.must_be_accounted_for();
    }
}

TEST_CASE("brokers that die in a row, before their workers have told, leave no session that is open for ever") {
    for (const auto seed : seeds(60)) {
        INFO("seed " << seed);
        Loss world(seed);
        world.load();
        for (int life = 0; life < 4; ++life) {
            world.run_for(Nanoseconds(world.random().below(20'000'000)));
            world.restart_broker();
        }
        world.run_for(20s);
        CHECK(world.lines_of_traffic() == workers);
        world.must_be_accounted_for();
    }
}

TEST_CASE("what moved away before its process died is not lost with it, and what moved in is") {
    for (const auto seed : seeds(40)) {
        INFO("seed " << seed);
        Loss world(seed);
        world.checker().may_go_back("counter");
        world.load();
        world.run_for(Nanoseconds(world.random().below(30'000'000)));
        const bool moves_out = world.random().one_in(2);
        (void)world.call("", "recreate_actor", to_node(moves_out ? "counter" : "other", world.node(moves_out ? 0 : victim)));
        world.run_for(Nanoseconds(world.random().below(30'000'000)));
        world.crash_worker(victim);
        world.run_for(500ms);
        world.start_worker(victim);
        world.run_for(15s);
        CHECK(world.lost() == world.checker().lost_with_processes());
        world.must_be_accounted_for();
    }
}

TEST_CASE("a process that was frozen and comes back has lost nothing but what it said to a session that was over") {
    for (const auto seed : seeds(40)) {
        INFO("seed " << seed);
        Loss world(seed);
        world.load();
        world.run_for(Nanoseconds(world.random().below(30'000'000)));
        world.freeze_worker(victim, 12s + Nanoseconds(world.random().below(4'000'000'000)));
        world.run_for(60s);
        if (const auto* losses = world.losses())
            for (const auto& loss : *losses->as_array()) {
                CHECK(number(loss, "inside") + number(loss, "to") == 0);
                CHECK(*loss.find("at_most")->as_bool() == false);
            }
        world.must_be_accounted_for();
    }
}

TEST_CASE("what a cut connection took with it is counted as lost on its way, and nothing else is") {
    for (const auto seed : seeds(40)) {
        INFO("seed " << seed);
        Loss world(seed);
        world.load();
        world.run_for(Nanoseconds(world.random().below(30'000'000)));
        world.cut(victim, Nanoseconds(world.random().below(8'000'000'000)));
        world.run_for(60s);
        if (const auto* losses = world.losses())
            for (const auto& loss : *losses->as_array()) {
                CHECK(number(loss, "inside") == 0);
                CHECK(*loss.find("at_most")->as_bool() == false);
            }
        world.must_be_accounted_for();
    }
}
