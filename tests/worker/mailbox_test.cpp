// mailbox_test.cpp - bounds, order and closing, also from several threads.
#include "worker/mailbox.hpp"

#include <atomic>
#include <thread>
#include <vector>

#include "catch.hpp"

using namespace peacepie;
using namespace peacepie::worker;

namespace {

constexpr std::uint16_t tenant = 3;

Mail* message(std::uint64_t number, Origin origin = Origin::local) {
    Mail* mail = Mail::make(MailKind::send, number);
    mail->origin = origin;
    return mail;
}

std::uint64_t message_weight() {
    Mail* mail = message(0);
    const auto bytes = mail->block_size;
    Mail::destroy(mail);
    return bytes;
}

struct OpenBox : Mailbox {
    OpenBox() { begin(tenant); }
    ~OpenBox() { drop(close()); }
    std::vector<std::uint64_t> drop(Mail* chain) {
        std::vector<std::uint64_t> numbers;
        while (chain) {
            Mail* mail = std::exchange(chain, chain->next);
            numbers.push_back(mail->mid);
            took(*mail);
            Mail::destroy(mail);
        }
        return numbers;
    }
    /// True when the box took it; a refused mail is destroyed.
    Posted put(Mail* mail, std::uint16_t to = tenant) {
        const auto posted = post(mail, to);
        if (posted == Posted::gone || posted == Posted::full) Mail::destroy(mail);
        return posted;
    }
};

}  // namespace

TEST_CASE("mail comes out in the order in which it was posted") {
    OpenBox box;
    for (std::uint64_t i = 0; i < 5; ++i) CHECK(box.put(message(i)) == Posted::queued);
    CHECK(box.drop(box.drain()) == std::vector<std::uint64_t>{0, 1, 2, 3, 4});
    CHECK(box.drain() == nullptr);
}

TEST_CASE("only the first mail in an idle box wakes the reader") {
    OpenBox box;
    REQUIRE(box.try_idle());
    CHECK(box.put(message(1)) == Posted::wake_reader);
    CHECK(box.put(message(2)) == Posted::queued);
    CHECK_FALSE(box.try_idle());
    (void)box.drop(box.drain());
    CHECK(box.try_idle());
}

TEST_CASE("a mail for the slot's last tenant is not taken") {
    OpenBox box;
    CHECK(box.put(message(1), tenant - 1) == Posted::gone);
    CHECK(box.length() == 0);
}

TEST_CASE("a full box refuses messages and still takes answers and orders") {
    OpenBox box;
    for (std::size_t i = 0; i < limits::mailbox_length_max; ++i) REQUIRE(box.put(message(i)) == Posted::queued);
    CHECK(box.put(message(0)) == Posted::full);
    CHECK(box.put(Mail::make(MailKind::reply)) == Posted::queued);
    CHECK(box.put(Mail::make(MailKind::time)) == Posted::queued);
    CHECK(box.put(message(0, Origin::link)) == Posted::queued);  // of HEAD, which names no sender: a `down` is told once
    CHECK(box.length() == limits::mailbox_length_max);
    (void)box.drop(box.drain());
    CHECK(box.length() == 0);
    CHECK(box.bytes() == 0);
    CHECK(box.put(message(0)) == Posted::queued);
}

TEST_CASE("boxes hold what their process was told, in messages and in bytes, and say which of both was met") {
    struct Restored {
        MailboxCapacity before = Mailbox::capacity;
        ~Restored() { Mailbox::capacity = before; }
    } restored;
    Mailbox::capacity.length = 3;
    OpenBox few;
    for (std::uint64_t i = 0; i < 3; ++i) REQUIRE(few.put(message(i)) == Posted::queued);
    CHECK(few.put(message(3)) == Posted::full);
    CHECK(few.bound_met() == Bound::mailbox_length);
    Mailbox::capacity = {restored.before.length, 2 * message_weight() + 1};
    OpenBox small;
    for (std::uint64_t i = 0; i < 2; ++i) REQUIRE(small.put(message(i)) == Posted::queued);
    CHECK(small.put(message(2)) == Posted::full);
    CHECK(small.bound_met() == Bound::mailbox_bytes);
}

TEST_CASE("the first mail in an idle box is not counted until its reader has to keep it") {
    OpenBox box;
    REQUIRE(box.try_idle());
    REQUIRE(box.put(message(1)) == Posted::wake_reader);
    CHECK(box.length() == 0);
    Mail* mail = box.drain();
    box.keeps(*mail);
    CHECK(box.length() == 1);
    box.keeps(*mail);
    CHECK(box.length() == 1);
    (void)box.drop(mail);
    CHECK(box.length() == 0);
}

TEST_CASE("a reader that keeps each mail and goes idle again is bounded all the same") {
    OpenBox box;
    MailQueue kept;
    for (std::size_t i = 0; i < limits::mailbox_length_max; ++i) {
        REQUIRE(box.try_idle());
        REQUIRE(box.put(message(i)) == Posted::wake_reader);
        Mail* mail = box.drain();
        box.keeps(*mail);
        kept.push(mail);
    }
    REQUIRE(box.try_idle());
    CHECK(box.put(message(0)) == Posted::full);
    CHECK(box.put(Mail::make(MailKind::reply)) == Posted::wake_reader);
    while (Mail* mail = kept.pop()) {
        box.took(*mail);
        Mail::destroy(mail);
    }
    CHECK(box.length() == 0);
}

TEST_CASE("a sole mail is handled in the box and the box is idle after it") {
    OpenBox box;
    REQUIRE(box.try_idle());
    CHECK(box.sole() == nullptr);
    REQUIRE(box.put(message(1)) == Posted::wake_reader);
    Mail* sole = box.sole();
    REQUIRE(sole != nullptr);
    CHECK(sole->mid == 1);
    Mail* rest = nullptr;
    CHECK(box.idle_after(sole, rest));
    CHECK(rest == nullptr);
    Mail::destroy(sole);
    CHECK(box.put(message(2)) == Posted::wake_reader);
}

TEST_CASE("mail that came while the sole one was handled comes out in order behind it") {
    OpenBox box;
    REQUIRE(box.try_idle());
    REQUIRE(box.put(message(1)) == Posted::wake_reader);
    Mail* sole = box.sole();
    REQUIRE(sole != nullptr);
    CHECK(box.put(message(2)) == Posted::queued);
    CHECK(box.put(message(3)) == Posted::queued);
    CHECK(box.sole() == nullptr);
    Mail* rest = nullptr;
    CHECK_FALSE(box.idle_after(sole, rest));
    Mail::destroy(sole);
    CHECK(box.drop(rest) == std::vector<std::uint64_t>{2, 3});
    CHECK(box.drain() == nullptr);
    CHECK(box.try_idle());
}

TEST_CASE("a shut box keeps local mail out and lets the link's mail and orders in") {
    OpenBox box;
    CHECK(box.put(message(1)) == Posted::queued);
    box.shut(tenant + 1);  // somebody else, who has left
    CHECK(box.put(message(1)) == Posted::queued);
    box.shut(tenant);
    CHECK(box.put(message(2)) == Posted::gone);
    CHECK(box.drop(box.drain()) == std::vector<std::uint64_t>{1, 1});
    CHECK(box.put(message(2)) == Posted::gone);
    CHECK(box.put(message(3, Origin::link)) == Posted::queued);
    CHECK(box.put(Mail::make(MailKind::time, 4)) == Posted::queued);
    box.reopen();
    CHECK(box.put(message(5)) == Posted::queued);
    CHECK(box.drop(box.drain()) == std::vector<std::uint64_t>{3, 4, 5});
}

TEST_CASE("a box that is shut while its reader drains it stays shut") {
    OpenBox box;
    std::atomic<bool> is_over{false};
    std::uint64_t got_in = 0, drained = 0;
    std::thread reader([&] {
        while (!is_over) drained += box.drop(box.drain()).size();
    });
    for (int round = 0; round < 2'000; ++round) {
        got_in += box.put(message(1)) == Posted::gone ? 0 : 1;
        box.shut(tenant);
        for (int i = 0; i < 5; ++i) CHECK(box.put(message(2)) == Posted::gone);
        box.reopen();
    }
    is_over = true;
    reader.join();
    CHECK(got_in == 2'000);
    CHECK(drained + box.drop(box.drain()).size() == got_in);
}

TEST_CASE("a closed box gives back what it held and takes nothing") {
    OpenBox box;
    CHECK(box.put(message(1)) == Posted::queued);
    CHECK(box.drop(box.close()) == std::vector<std::uint64_t>{1});
    CHECK(box.put(message(2)) == Posted::gone);
    CHECK(box.put(message(3, Origin::link)) == Posted::gone);
    CHECK(box.put(Mail::make(MailKind::order)) == Posted::gone);
}

TEST_CASE("each of several senders finds its own mail in its own order") {
    constexpr std::uint64_t senders = 3, each = 20'000;
    OpenBox box;
    REQUIRE(box.try_idle());
    std::atomic<std::uint64_t> woken{0};
    std::vector<std::thread> threads;
    for (std::uint64_t s = 0; s < senders; ++s)
        threads.emplace_back([&box, &woken, s] {
            for (std::uint64_t i = 0; i < each; ++i)
                if (box.post(message(s << 32 | i), tenant) == Posted::wake_reader) woken.fetch_add(1);
        });
    std::uint64_t got = 0, idle = 1, faults = 0;
    std::vector<std::uint64_t> next(senders, 0);
    while (got < senders * each) {
        Mail* sole = box.sole();  // now and then the reader takes the short way
        Mail* rest = nullptr;
        if (sole != nullptr && sole->mid % 2 == 0) {
            faults += (sole->mid & 0xffffffff) != next[sole->mid >> 32]++ ? 1 : 0;
            ++got;
            box.took(*sole);
            if (box.idle_after(sole, rest)) ++idle;
            Mail::destroy(sole);
        } else {
            rest = box.drain();
        }
        for (const auto number : box.drop(rest)) {
            faults += (number & 0xffffffff) != next[number >> 32]++ ? 1 : 0;
            ++got;
        }
        if (woken.load() == idle && box.try_idle()) ++idle;
    }
    for (auto& thread : threads) thread.join();
    CHECK(faults == 0);
}

namespace {

/// Messages linked up as a chain has them: newest first, counted.
Mailbox::Links linked(std::uint64_t first, std::uint64_t count) {
    Mailbox::Links links;
    for (std::uint64_t i = first; i < first + count; ++i) {
        Mail* mail = message(i);
        mail->counted = true;
        mail->next = links.newest;
        links.newest = mail;
        if (links.oldest == nullptr) links.oldest = mail;
        links.weight += Mailbox::weight_of(*mail);
    }
    return links;
}

}  // namespace

TEST_CASE("linked messages come out in their order among the others, and wake the reader once") {
    OpenBox box;
    REQUIRE(box.try_idle());
    CHECK(box.post(linked(0, 3), tenant) == Posted::wake_reader);
    CHECK(box.put(message(3)) == Posted::queued);
    CHECK(box.post(linked(4, 2), tenant) == Posted::queued);
    CHECK(box.length() == 6);
    CHECK(box.drop(box.drain()) == std::vector<std::uint64_t>{0, 1, 2, 3, 4, 5});
    CHECK(box.length() == 0);
}

TEST_CASE("of linked messages a box takes all or none") {
    OpenBox box;
    const auto few = linked(0, 3);
    CHECK(box.post(few, tenant + 1) == Posted::gone);
    box.shut(tenant);
    CHECK(box.post(few, tenant) == Posted::gone);
    box.reopen();
    CHECK(box.length() == 0);
    CHECK(box.post(few, tenant) == Posted::queued);
    for (std::uint64_t i = 3; i + 1 < limits::mailbox_length_max; ++i) REQUIRE(box.put(message(i)) == Posted::queued);
    const auto many = linked(0, 2);
    CHECK(box.post(many, tenant) == Posted::full);
    CHECK(box.length() == limits::mailbox_length_max - 1);
    for (Mail* mail = many.newest; mail != nullptr;) Mail::destroy(std::exchange(mail, mail->next));
    CHECK(box.put(message(1)) == Posted::queued);
    CHECK(box.put(message(2)) == Posted::full);
}
