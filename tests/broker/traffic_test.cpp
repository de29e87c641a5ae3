// traffic_test.cpp - what a broker leaves for the next one.
#include "catch.hpp"

#include <deque>
#include <memory>

#include "broker/traffic.hpp"

using namespace peacepie;
using namespace peacepie::broker;

namespace {

constexpr std::int64_t first_broker = 11, second_broker = 12;

struct Page {
    std::unique_ptr<TrafficPage> memory = std::make_unique<TrafficPage>();
    Traffic of(std::int64_t broker) { return Traffic(memory.get(), broker); }
};

struct Worker : Session {
    Worker(std::string node, std::uint64_t stamp) : Session(stamp, Role::worker) {
        address = std::move(node);
        sends.own = {.stamp = stamp, .pid = 100};
    }
};

Envelope a_send() { return {.kind = Kind::send, .command = "count", .recipient = "counter", .sender = "sender"}; }

}  // namespace

TEST_CASE("what a broker had counted of its workers and what it held is there for the next one") {
    Page page;
    {
        Traffic traffic = page.of(first_broker);
        CHECK(traffic.take_up().pid == 0);
        Worker worker("first.main.admin", 7);
        traffic.begin(worker);
        worker.note_passed(a_send());
        worker.sends.numbers->received = 3;
        traffic.hold(a_send());
        traffic.hold(a_send());
        traffic.hold({.kind = Kind::ask, .mid = 1, .command = "count", .recipient = "counter", .sender = "sender"});
        traffic.let_go(a_send());
        traffic.add_lost(5);
    }
    Traffic traffic = page.of(second_broker);
    const auto left = traffic.take_up();
    CHECK(left.pid == first_broker);
    CHECK(left.held == 1);
    CHECK(traffic.lost() == 5);
    REQUIRE(left.workers.size() == 1);
    CHECK(left.workers[0].node == "first.main.admin");
    CHECK(left.workers[0].numbers.passed == 1);
    CHECK(left.workers[0].numbers.received == 3);
    CHECK(left.workers[0].numbers.pid == 100);
}

TEST_CASE("a session that ended stays on the page until it is known what was lost with it, and its line is taken again") {
    Page page;
    Traffic traffic = page.of(first_broker);
    Worker one("first.main.admin", 7), other("first.process_0.admin", 8), third("first.process_1.admin", 9);
    traffic.begin(one);
    traffic.begin(other);
    one.note_passed(a_send());
    Traffic::end(one);
    CHECK(one.sends.numbers->passed == 1);
    CHECK(page.of(second_broker).take_up().workers.size() == 2);
    traffic.give_up(7);
    CHECK(page.of(second_broker).take_up().workers.size() == 1);
    traffic.begin(third);
    CHECK(page.memory->sums.lines == 2);
    CHECK(page.of(second_broker).take_up().workers[0].node == "first.process_1.admin");
    CHECK(page.memory->lines[0].numbers.passed == 0);
}

TEST_CASE("workers beyond the page count for this broker alone") {
    Page page;
    Traffic traffic = page.of(first_broker);
    std::deque<Worker> workers;
    for (std::uint64_t number = 1; number <= TrafficPage::lines_max + 1; ++number)
        traffic.begin(workers.emplace_back("first.process_" + std::to_string(number) + ".admin", number));
    workers.back().note_passed(a_send());
    CHECK(workers.back().sends.numbers->passed == 1);
    CHECK(page.of(second_broker).take_up().workers.size() == TrafficPage::lines_max);
}

TEST_CASE("of a page nothing is read that another layout or numbers that cannot be would lead to") {
    Page page;
    Worker worker("first.main.admin", 7);
    page.of(first_broker).begin(worker);
    SECTION("another layout") {
        page.memory->sums.layout = 99;
        const auto left = page.of(second_broker).take_up();
        CHECK(left.workers.empty());
        CHECK(left.held == 0);
    }
    SECTION("more lines than there are") {
        page.memory->sums.lines = ~std::uint64_t{0};
        CHECK(page.of(second_broker).take_up().workers.size() == 1);
    }
    SECTION("a name without an end") {
        page.memory->lines[0].node.fill('x');
        CHECK(page.of(second_broker).take_up().workers[0].node.size() == page.memory->lines[0].node.size());
    }
}
