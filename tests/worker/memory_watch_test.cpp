// memory_watch_test.cpp - a process is warned once before it has all it may have.
#include "worker/memory_watch.hpp"

#include "catch.hpp"
#include "wire/byte_size.hpp"

using namespace peacepie;
using namespace peacepie::worker;
using Finding = MemoryWatch::Finding;

TEST_CASE("four fifths of the memory are warned of once, all of it is told each time") {
    MemoryWatch watch(1000);
    CHECK(watch.look(799) == Finding::well);
    CHECK(watch.look(800) == Finding::near_limit);
    CHECK(watch.look(999) == Finding::well);
    CHECK(watch.look(1000) == Finding::over_limit);
    CHECK(watch.look(2000) == Finding::over_limit);
    CHECK(watch.look(500) == Finding::well);
}

TEST_CASE("without a limit any amount is well") { CHECK(MemoryWatch(0).look(UINT64_MAX) == Finding::well); }

TEST_CASE("the kernel tells what a process has and what the machine has") {
    CHECK(resident_bytes() > 100'000);
    CHECK(usual_memory_limit() > resident_bytes());
}

TEST_CASE("a number of bytes may have a unit") {
    CHECK(byte_size_of("0") == 0u);
    CHECK(byte_size_of("123") == 123u);
    CHECK(byte_size_of("3K") == 3u << 10);
    CHECK(byte_size_of("512M") == 512u << 20);
    CHECK(byte_size_of("2G") == std::uint64_t{2} << 30);
    for (const auto* wrong : {"", "M", "-1", "+1", "1.5G", "2g", "2GB", "2 G", "9999999999G", "99999999999999999999"})
        CHECK_FALSE(byte_size_of(wrong));
}
