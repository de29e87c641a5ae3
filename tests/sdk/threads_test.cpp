// What all threads of a worker share inside a plug-in: the table of literals and the pools.
#include <atomic>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "peacepie/abi.h"
#include "peacepie/command.hpp"
#include "peacepie/frame_pool.hpp"
#include "peacepie/host.hpp"

using namespace peacepie;

namespace {

std::atomic<int> questions{0};

const pp_host* counting_host() {
    static const pp_host host = [] {
        pp_host h{};
        h.size = sizeof h;
        h.abi = PP_ABI;
        h.command = [](pp_bytes text) {
            ++questions;
            return static_cast<std::uint32_t>(text.size);
        };
        return h;
    }();
    return &host;
}

template <class F>
void on_threads(int count, F f) {
    std::vector<std::thread> threads;
    for (int i = 0; i < count; ++i) threads.emplace_back(f, i);
    for (auto& thread : threads) thread.join();
}

}  // namespace

TEST_CASE("a literal has one handle on all threads and is asked for a few times only") {
    const Host host(counting_host(), nullptr);
    std::atomic<int> wrong{0};
    on_threads(4, [&](int) {
        for (int i = 0; i < 1000; ++i) wrong += Command("four").handle(host) != 4 || Command("seventh").handle(host) != 7;
    });
    CHECK(wrong == 0);
    CHECK(questions <= 8);
}

TEST_CASE("a text that is no literal travels as text") {
    const Host host(counting_host(), nullptr);
    const std::string text = "four";
    CHECK(Command(text).handle(host) == 0);
    CHECK(Command(text) == "four");
}

TEST_CASE("a block may be given back on another thread than it was taken on") {
    constexpr int blocks = 1000;
    std::vector<void*> taken;
    for (int i = 0; i < blocks; ++i) {
        taken.push_back(take_block(static_cast<std::size_t>(4 + i * 3)));
        *static_cast<int*>(taken.back()) = i;
    }
    std::atomic<int> wrong{0};
    on_threads(2, [&](int half) {
        for (int i = half; i < blocks; i += 2) {
            wrong += *static_cast<int*>(taken[i]) != i;
            give_block(taken[i], static_cast<std::size_t>(4 + i * 3));
        }
        for (int i = 0; i < 100; ++i) give_block(take_block(100), 100);
    });
    CHECK(wrong == 0);
}
