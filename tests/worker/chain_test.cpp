// chain_test.cpp - what waits in a chain, and how the monitor takes it away from a handler that lasts.
#include "worker/chain.hpp"

#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "worker/turns.hpp"

using namespace peacepie::worker;

namespace {

Mail* message(std::uint64_t number) { return Mail::make(MailKind::send, number); }

constexpr std::uint64_t sender = 1'000;

Mail* message_with(std::uint32_t command) {
    Mail* mail = message(0);
    mail->command = command;
    return mail;
}

/// The commands in it, oldest first; its mails and bundles are gone.
std::vector<std::uint32_t> commands_in(const Mailbox::Links& links) {
    Mail* chain = nullptr;
    for (Mail* mail = links.newest; mail != nullptr;) mail = std::exchange(mail->next, std::exchange(chain, mail));
    std::vector<std::uint32_t> commands;
    while (chain != nullptr) {
        Mail* mail = std::exchange(chain, chain->next);
        if (auto* bundle = Bundle::of(mail)) {
            chain = Bundle::apart(bundle, chain);
            continue;
        }
        commands.push_back(mail->command);
        Mail::destroy(mail);
    }
    return commands;
}

/// The numbers in it, oldest first; its mails are gone.
std::vector<std::uint64_t> numbers_in(const Mailbox::Links& links) {
    std::vector<std::uint64_t> numbers;
    for (Mail* mail = links.newest; mail != nullptr;) {
        numbers.insert(numbers.begin(), mail->mid);
        Mail::destroy(std::exchange(mail, mail->next));
    }
    return numbers;
}

}  // namespace

TEST_CASE("only what follows a message to the same recipient is linked up") {
    Chain chain;
    CHECK(chain.is_quiet());
    Mail* first = message(1);
    CHECK_FALSE(chain.add(7, first));
    chain.begin(7);
    Mail::destroy(first);
    CHECK(chain.add(7, message(2)));
    CHECK(chain.add(7, message(3)));
    Mail* other = message(4);
    CHECK_FALSE(chain.add(8, other));
    Mail::destroy(other);
    CHECK(numbers_in(chain.take()) == std::vector<std::uint64_t>{2, 3});
    CHECK(chain.is_empty());
    chain.end();
    CHECK(chain.is_quiet());
}

TEST_CASE("a full chain takes nothing more and counts what it holds") {
    Chain chain;
    chain.begin(7);
    for (std::uint64_t i = 0; i < Chain::length_max; ++i) REQUIRE(chain.add(7, message(i)));
    Mail* more = message(99);
    CHECK_FALSE(chain.add(7, more));
    Mail::destroy(more);
    const auto links = chain.take();
    std::uint64_t weight = 0;
    for (Mail* mail = links.newest; mail != nullptr; mail = mail->next) {
        CHECK(mail->counted);
        weight += Mailbox::weight_of(*mail);
    }
    CHECK(links.weight == weight);
    CHECK(numbers_in(links).size() == Chain::length_max);
}

TEST_CASE("what the monitor took away is gone, and each message goes at once until the run ends") {
    if (!fence_all_threads()) return;  // then chains are forbidden
    Chain chain;
    chain.begin(7);
    REQUIRE(chain.add(7, message(1)));
    std::vector<std::uint64_t> taken;
    std::uint64_t to = 0;
    std::thread monitor([&] {
        chain.take_away([&](std::uint64_t recipient, const Mailbox::Links& links) {
            to = recipient;
            taken = numbers_in(links);
        });
    });
    monitor.join();
    CHECK(to == 7);
    CHECK(taken == std::vector<std::uint64_t>{1});
    CHECK(chain.is_empty());
    Mail* next = message(2);
    CHECK_FALSE(chain.add(7, next));
    chain.end();
    chain.begin(7);
    CHECK(chain.add(7, next));
    CHECK(numbers_in(chain.take()) == std::vector<std::uint64_t>{2});
}

TEST_CASE("a forbidden chain links nothing up, after a run either") {
    Chain chain;
    chain.forbid();
    chain.begin(7);
    Mail* mail = message(1);
    CHECK_FALSE(chain.add(7, mail));
    chain.end();
    chain.begin(7);
    CHECK_FALSE(chain.add(7, mail));
    Mail::destroy(mail);
}

TEST_CASE("while the monitor posts what it took, nothing else may be said") {
    if (!fence_all_threads()) return;
    Chain chain;
    chain.begin(7);
    REQUIRE(chain.add(7, message(1)));
    std::atomic<bool> is_posting{false}, may_end{false}, has_ended{false};
    std::vector<std::uint64_t> taken;
    std::thread monitor([&] {
        chain.take_away([&](std::uint64_t, const Mailbox::Links& links) {
            is_posting.store(true);
            while (!may_end.load()) std::this_thread::yield();
            taken = numbers_in(links);
            has_ended.store(true);
        });
    });
    while (!is_posting.load()) std::this_thread::yield();
    CHECK(chain.is_empty());
    CHECK(chain.is_ahead());
    std::thread other([&] { may_end.store(true); });
    CHECK(chain.take().newest == nullptr);
    CHECK(has_ended.load());
    other.join();
    monitor.join();
    CHECK(taken == std::vector<std::uint64_t>{1});
    chain.end();
    CHECK_FALSE(chain.is_ahead());
}

TEST_CASE("messages by handles lie in one bundle, and a larger one when there are many") {
    Chain chain;
    chain.begin(7);
    for (std::uint32_t i = 0; i < Chain::length_max; ++i) REQUIRE(chain.append(7, sender, i, {}));
    CHECK(chain.is_full());
    CHECK_FALSE(chain.append(7, sender, 99, {}));
    const auto links = chain.take();
    CHECK(links.weight == Chain::length_max * (Mailbox::one_message + sizeof(Mail)));
    CHECK(links.newest->kind == MailKind::bundle);
    CHECK(links.newest->block_size > links.oldest->block_size);
    CHECK(links.newest->next == links.oldest);
    const auto commands = commands_in(links);
    REQUIRE(commands.size() == Chain::length_max);
    for (std::uint32_t i = 0; i < Chain::length_max; ++i) CHECK(commands[i] == i);
}

TEST_CASE("messages by handles and others keep their order, and each sender has bundles of its own") {
    Chain chain;
    chain.begin(7);
    REQUIRE(chain.append(7, sender, 1, {}));
    REQUIRE(chain.append(7, sender, 2, {}));
    REQUIRE(chain.append(7, sender + 1, 3, {}));
    REQUIRE(chain.add(7, message_with(4)));
    REQUIRE(chain.append(7, sender, 5, {}));
    CHECK_FALSE(chain.append(8, sender, 6, {}));
    const auto links = chain.take();
    int blocks = 0;
    for (Mail* mail = links.newest; mail != nullptr; mail = mail->next) {
        ++blocks;
        if (const auto* bundle = Bundle::of(mail)) CHECK(bundle->sender == (bundle->unread == 1 && blocks == 3 ? sender + 1 : sender));
    }
    CHECK(blocks == 4);
    CHECK(commands_in(links) == std::vector<std::uint32_t>{1, 2, 3, 4, 5});
}

TEST_CASE("a large message has a mail of its own, and what follows another recipient begins small again") {
    Chain chain;
    chain.begin(7);
    const std::string large(2'000, 'x');
    CHECK_FALSE(chain.append(7, sender, 1, {large.data(), large.size()}));
    for (std::uint32_t i = 0; i < 40; ++i) REQUIRE(chain.append(7, sender, i, {}));
    (void)commands_in(chain.take());
    chain.begin(8);
    REQUIRE(chain.append(8, sender, 1, {}));
    const auto links = chain.take();
    CHECK(links.newest->block_size == mail_block::medium);
    CHECK(commands_in(links).size() == 1);
}

TEST_CASE("whoever posts, the thread or the monitor, each message is posted once and in its order") {
    if (!fence_all_threads()) return;
    Chain chain;
    std::vector<std::uint64_t> posted;  // under the chain's lock, or by the thread when the monitor has let go
    std::atomic<bool> is_over{false};
    std::thread monitor([&] {
        while (!is_over.load()) {
            chain.take_away([&](std::uint64_t, const Mailbox::Links& links) {
                for (const auto number : numbers_in(links)) posted.push_back(number);
            });
            std::this_thread::yield();
        }
    });
    constexpr std::uint64_t count = 200'000;
    for (std::uint64_t i = 0; i < count; ++i) {
        Mail* mail = message(i);
        if (!chain.add(7, mail)) {
            for (const auto number : numbers_in(chain.take())) posted.push_back(number);
            chain.begin(7);
            posted.push_back(i);
            Mail::destroy(mail);
        }
        if (i % 100 == 0) {
            for (const auto number : numbers_in(chain.take())) posted.push_back(number);
            chain.end();
        }
    }
    for (const auto number : numbers_in(chain.take())) posted.push_back(number);
    is_over.store(true);
    monitor.join();
    REQUIRE(posted.size() == count);
    for (std::uint64_t i = 0; i < count; ++i)
        if (posted[i] != i) FAIL("number " << posted[i] << " in place " << i);
}

TEST_CASE("the monitor takes bundles away while they are filled, and each message is posted once and in its order") {
    if (!fence_all_threads()) return;
    Chain chain;
    std::vector<std::uint32_t> posted;  // under the chain's lock, or by the thread when the monitor has let go
    std::atomic<bool> is_over{false};
    const auto post = [&](const Mailbox::Links& links) {
        for (const auto command : commands_in(links)) posted.push_back(command);
    };
    std::thread monitor([&] {
        while (!is_over.load()) {
            chain.take_away([&](std::uint64_t, const Mailbox::Links& links) { post(links); });
            std::this_thread::yield();
        }
    });
    constexpr std::uint32_t count = 200'000;
    for (std::uint32_t i = 0; i < count; ++i) {
        if (!chain.append(7, sender, i, {})) {
            post(chain.take());
            chain.begin(7);
            posted.push_back(i);
        }
        if (i % 100 == 0) {
            post(chain.take());
            chain.end();
        }
    }
    post(chain.take());
    is_over.store(true);
    monitor.join();
    REQUIRE(posted.size() == count);
    for (std::uint32_t i = 0; i < count; ++i)
        if (posted[i] != i) FAIL("number " << posted[i] << " in place " << i);
}
