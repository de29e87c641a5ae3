// shared_page_test.cpp - memory that outlives who counts in it is a memfd and nothing else.
#include <array>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catch.hpp"
#include "log/shared_page.hpp"

using namespace peacepie;

TEST_CASE("a memfd becomes memory of the size that is wanted, and who maps it next finds what was written there") {
    const int page = memfd_create("test", 0);
    auto* const first = static_cast<char*>(map_page(page, 8'192));
    REQUIRE(first != nullptr);
    CHECK(first[8'191] == 0);
    first[8'191] = 7;
    auto* const second = static_cast<char*>(map_page(page, 8'192));
    REQUIRE(second != nullptr);
    CHECK(second[8'191] == 7);
    CHECK((fcntl(page, F_GETFD) & FD_CLOEXEC) != 0);
    munmap(first, 8'192), munmap(second, 8'192);
    close(page);
}

TEST_CASE("what is no memfd is neither mapped nor made longer") {
    CHECK(map_page(-1, 4'096) == nullptr);
    std::array<int, 2> pipe_ends{};
    REQUIRE(pipe(pipe_ends.data()) == 0);
    CHECK(map_page(pipe_ends[0], 4'096) == nullptr);
    for (const int end : pipe_ends) close(end);
    CHECK(map_page(1'000'000, 4'096) == nullptr);
}
