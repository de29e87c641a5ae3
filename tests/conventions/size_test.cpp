// How long files and lines may be.
#include "catch.hpp"
#include "source_tree.hpp"

using namespace peacepie::conventions;

namespace {

std::vector<std::size_t> product_sizes() {
    std::vector<std::size_t> sizes;
    for (const auto& file : product()) sizes.push_back(file.line_count());
    std::sort(sizes.begin(), sizes.end());
    return sizes;
}

}  // namespace

TEST_CASE("no source file is longer than 400 lines") {
    for (const auto& file : files()) {
        if (file.ends_with(".md") || file.ends_with(".json")) continue;
        INFO(file.path << " has " << file.line_count() << " lines: split it by noun");
        CHECK(file.line_count() <= 400);
    }
}

TEST_CASE("half of the source files have at most 100 lines and nine of ten at most 300") {
    const auto sizes = product_sizes();
    REQUIRE(sizes.size() > 10);
    CHECK(sizes[sizes.size() / 2] <= 100);
    CHECK(sizes[sizes.size() * 9 / 10] <= 300);
}

TEST_CASE("no line of C++ is longer than 170 columns") {
    for (const auto& file : files()) {
        if (!file.is_cpp()) continue;
        for (const auto& line : file.lines()) {
            // UTF-8 continuation bytes take no column.
            const auto columns = std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xc0) != 0x80; });
            INFO(file.path << ": " << line);
            CHECK(columns <= 170);
        }
    }
}
