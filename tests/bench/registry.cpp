// registry.cpp - the broker's own table of names: what a look costs and what a name weighs.
//
//   registry COUNT    prints nanoseconds of a find of a random name, and bytes of the heap for each
// Next: broker/registry.hpp; names.py runs it.
#include "broker/registry.hpp"

#include <malloc.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "broker/session.hpp"

int main(int count, char** words) {
    using namespace peacepie::broker;
    if (count != 2) return 2;
    const auto names = static_cast<std::size_t>(std::atol(words[1]));
    const auto name_of = [](std::size_t number) { return "sensor_" + std::to_string(number); };
    const auto used = [] {
        const auto heap = mallinfo2();
        return heap.uordblks + heap.hblkhd;
    };

    const auto before = used();
    Session session(1, Role::worker);
    Registry registry(1);
    for (std::size_t i = 0; i < names; ++i) registry.add(name_of(i), session, registry.next_epoch(), 0);
    const auto each = static_cast<double>(used() - before) / static_cast<double>(names);

    // The looks are drawn before, as texts in one row: what is timed is the table and not the drawing.
    constexpr std::size_t looks = 1'000'000;
    std::mt19937_64 random(1);
    std::vector<std::string> wanted;
    wanted.reserve(looks);
    for (std::size_t i = 0; i < looks; ++i) wanted.push_back(name_of(random() % names));
    std::size_t found = 0;
    const auto began = std::chrono::steady_clock::now();
    for (const auto& name : wanted) found += registry.find(name) != nullptr ? 1 : 0;
    const auto spent = std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - began).count();
    if (found != looks) return 1;
    std::printf("%.3f %.3f\n", spent / static_cast<double>(looks), each);
}
