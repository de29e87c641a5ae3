// unread_sends_test.cpp - the page of a process that died is read as something that a plug-in may have written.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <random>
#include <thread>

#include "catch.hpp"
#include "launcher/child.hpp"
#include "launcher/unread_sends.hpp"
#include "wire/limits.hpp"

using namespace peacepie;
using namespace peacepie::launcher;

namespace {

struct Page {
    Descriptor descriptor = make_tally_page();
    TallyPage* memory = static_cast<TallyPage*>(mmap(nullptr, sizeof(TallyPage), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor.number(), 0));
    ~Page() { munmap(memory, sizeof(TallyPage)); }
    [[nodiscard]] std::optional<Unread> read() const { return read_unread(descriptor.number()); }
};

}  // namespace

TEST_CASE("what a dead process left unread is what came in and has not ended") {
    const Page page;
    CHECK(page.read()->waiting == 0);
    page.memory->lines[0].entered = 5;
    page.memory->lines[3].ended = 4;
    page.memory->link.arrived = 1'010;
    page.memory->link.arrived_before = 10;
    page.memory->link.left = 9;
    page.memory->link.left_before = 2;
    page.memory->link.stamp = 77;
    const auto unread = page.read();
    REQUIRE(unread);
    CHECK(unread->waiting == 5 + 1'010 - 4 - 9);
    CHECK(unread->arrived == 1'000);
    CHECK(unread->left == 7);
    CHECK(unread->stamp == 77);
}

TEST_CASE("a page on which more has ended than came in is not believed") {
    const Page page;
    page.memory->lines[1].ended = 1;
    CHECK_FALSE(page.read());
    page.memory->lines[1].entered = 1;
    CHECK(page.read());
    page.memory->link.arrived_before = 1;
    CHECK_FALSE(page.read());
}

TEST_CASE("a page on which more waits than a process can hold is not believed") {
    const Page page;
    page.memory->lines[1].entered = limits::sends_lost_max;
    CHECK(page.read());
    page.memory->lines[2].entered = 1;
    CHECK_FALSE(page.read());
}

TEST_CASE("a page that was cut short, or is none, is not believed") {
    const Page page;
    REQUIRE(ftruncate(page.descriptor.number(), sizeof(TallyPage) - 1) == 0);
    CHECK_FALSE(page.read());
    CHECK_FALSE(read_unread(-1));
}

TEST_CASE("whatever is scribbled over a page, it is read, and what is believed is within bounds and can be told") {
    std::mt19937_64 random(7);
    const Page page;
    for (int round = 0; round < 300; ++round) {
        for (int i = 0; i < 30; ++i) {
            const auto value = random() >> random() % 64;
            REQUIRE(pwrite(page.descriptor.number(), &value, sizeof value, static_cast<off_t>(random() % (sizeof(TallyPage) - sizeof value))) == sizeof value);
        }
        const auto unread = page.read();
        if (!unread) continue;
        CHECK(unread->waiting <= limits::sends_lost_max);
        CHECK(Unread::from_value(Value::decode(unread->to_value().encoded()))->waiting == unread->waiting);
    }
}

TEST_CASE("a child finds each descriptor that it is given under the number that follows the one before") {
    std::array<int, 2> first{}, second{};
    REQUIRE(pipe2(first.data(), O_CLOEXEC) == 0);
    REQUIRE(pipe2(second.data(), O_CLOEXEC) == 0);
    const Descriptor ends[] = {Descriptor(first[0]), Descriptor(first[1]), Descriptor(second[0]), Descriptor(second[1])};
    Child child({"/bin/sh", "-c", "printf one >&3; printf two >&4"}, {first[1], second[1]});
    while (!child.reap()) std::this_thread::yield();
    std::array<char, 3> text{};
    CHECK(read(first[0], text.data(), text.size()) == 3);
    CHECK(std::string(text.data(), 3) == "one");
    CHECK(read(second[0], text.data(), text.size()) == 3);
    CHECK(std::string(text.data(), 3) == "two");
}

TEST_CASE("a child whose descriptor cannot be copied is not started") {
    CHECK_THROWS_WITH(Child({"/bin/true"}, {-1}), Catch::Contains("/bin/true") && Catch::Contains("descriptor"));
}
