// What a recipient remembers of where its actor lives, and how soon it notices that this has changed.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "catch.hpp"
#include "peacepie/abi.h"
#include "peacepie/host.hpp"
#include "peacepie/recipient.hpp"

using namespace peacepie;

namespace {

/// A worker in which each name has the handle that `lives` gives it.
struct Table {
    std::uint64_t lives = 0;
    std::vector<std::string> asked;
};
Table table;

const pp_host* host_with_table() {
    static const pp_host host = [] {
        pp_host h{};
        h.size = sizeof h;
        h.abi = PP_ABI;
        h.address = [](pp_cell*, pp_bytes text) {
            table.asked.emplace_back(text.data, text.size);
            return table.lives;
        };
        return h;
    }();
    return &host;
}

/// How many sends it takes until the handle is that one; 1000: it never was.
int sends_until(const Recipient& recipient, const Host& host, std::uint64_t handle) {
    int sends = 1;
    while (recipient.handle(host) != handle && sends < 1000) ++sends;
    return sends;
}

}  // namespace

TEST_CASE("the first message to an actor that lives here finds it") {
    table = {.lives = 7, .asked = {}};
    const Host host(host_with_table(), nullptr);
    CHECK(Recipient("a").handle(host) == 7);
}

TEST_CASE("that an actor has come, changed, left or come back is known within 64 messages to it") {
    table = {};
    const Host host(host_with_table(), nullptr);
    const Recipient recipient("a");
    CHECK(recipient.handle(host) == 0);
    for (const std::uint64_t handle : {7, 9, 0, 11}) {
        table.lives = handle;
        CHECK(sends_until(recipient, host, handle) <= 64);
    }
}

TEST_CASE("of the messages to an actor that stays hardly any asks for it") {
    table = {.lives = 7, .asked = {}};
    const Host host(host_with_table(), nullptr);
    const Recipient recipient("a");
    for (int i = 0; i < 610; ++i) (void)recipient.handle(host);
    CHECK(table.asked.size() <= 11);
}

TEST_CASE("each of some recipients that are written to in turn is asked for again") {
    for (const std::size_t count : {2, 4, 8, 60}) {
        table = {.lives = 7, .asked = {}};
        const Host host(host_with_table(), nullptr);
        std::vector<Recipient> recipients;
        for (std::size_t i = 0; i < count; ++i) recipients.emplace_back(std::to_string(i));
        for (const auto& recipient : recipients) (void)recipient.handle(host);
        table.asked.clear();
        for (std::size_t i = 0; i < count * 64; ++i) (void)recipients[i % count].handle(host);
        for (const auto& recipient : recipients) CHECK(std::ranges::count(table.asked, recipient.text()) >= 1);
    }
}
