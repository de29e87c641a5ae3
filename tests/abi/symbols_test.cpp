// What a plug-in file shows to the dynamic linker, and that abi.h is what it was.
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "catch.hpp"

namespace {

std::vector<std::string> lines_of(const std::string& command) {
    std::vector<std::string> lines;
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
    REQUIRE(pipe);
    std::array<char, 4096> line{};
    while (std::fgets(line.data(), line.size(), pipe.get()) != nullptr) {
        lines.emplace_back(line.data());
        while (!lines.back().empty() && lines.back().back() == '\n') lines.back().pop_back();
    }
    return lines;
}

std::vector<std::string> plugin_files() {
    const std::string fixtures = PEACEPIE_FIXTURES;
    return {std::string(PEACEPIE_PACKAGES) + "/peacepie_example-0.2.0.so", fixtures + "/counter-1.0.0.so",
            fixtures + "/counter-2.0.0.so", fixtures + "/trouble-1.0.0.so"};
}

std::string last_word(const std::string& line) { return line.substr(line.rfind(' ') + 1); }

}  // namespace

TEST_CASE("a plug-in exports exactly one symbol, its entry") {
    for (const auto& file : plugin_files()) {
        INFO(file);
        const auto symbols = lines_of("nm -D --defined-only '" + file + "'");
        REQUIRE(symbols.size() == 1);
        CHECK(last_word(symbols[0]) == "peacepie_plugin");
    }
}

TEST_CASE("a plug-in has no symbol that is unique to the process") {
    for (const auto& file : plugin_files())
        for (const auto& symbol : lines_of("nm -D '" + file + "'")) {
            INFO(file << ": " << symbol);
            CHECK(symbol.find(" u ") == std::string::npos);
        }
}

TEST_CASE("a plug-in needs the compiler's libraries only") {
    const std::set<std::string> allowed{"libstdc++.so.6", "libgcc_s.so.1", "libc.so.6", "libm.so.6", "ld-linux-x86-64.so.2",
                                        "ld-linux-aarch64.so.1", "libasan.so.8", "libubsan.so.1", "libtsan.so.2"};
    for (const auto& file : plugin_files())
        for (const auto& line : lines_of("readelf -d '" + file + "'")) {
            if (line.find("(NEEDED)") == std::string::npos) continue;
            const auto open = line.find('[') + 1;
            INFO(file << " needs " << line.substr(open));
            CHECK(allowed.contains(line.substr(open, line.find(']') - open)));
        }
}

TEST_CASE("a plug-in resolves all it needs when it is loaded") {
    for (const auto& file : plugin_files()) {
        bool now = false;
        for (const auto& line : lines_of("readelf -d '" + file + "'")) now |= line.find("NOW") != std::string::npos;
        INFO(file);
        CHECK(now);
    }
}

TEST_CASE("abi.h is what it was") {
    const std::string source = PEACEPIE_SOURCE_DIR;
    std::ifstream golden(source + "/tests/abi/abi.sha256");
    std::string wanted;
    golden >> wanted;
    const auto sum = lines_of("sha256sum '" + source + "/sdk/peacepie/abi.h'");
    REQUIRE(sum.size() == 1);
    INFO("abi.h has changed. It may only grow at the end of a struct: write a decision page, then put the new sum here");
    CHECK(sum[0].substr(0, sum[0].find(' ')) == wanted);
}
