// Every header: says what it is, leads on, and compiles alone.
#include <array>
#include <cstdio>
#include <regex>
#include <set>

#include "catch.hpp"
#include "source_tree.hpp"

using namespace peacepie::conventions;

namespace {

/// The comment a file begins with.
std::string first_comment_of(const SourceFile& file) {
    std::string comment;
    const bool block = file.text.starts_with("/*");
    for (const auto& line : file.lines()) {
        if (!block && !line.starts_with("//")) break;
        comment += line + "\n";
        if (block && line.find("*/") != line.npos) break;
    }
    return comment;
}

bool exists_near(const SourceFile& file, const std::string& named) {
    const auto own = root() / file.folder();
    for (const auto& base : {own, own.parent_path(), root(), root() / "sdk", root() / "sdk/wire", root() / "sdk/peacepie"})
        if (std::filesystem::is_regular_file(base / named)) return true;
    return false;
}

std::vector<SourceFile> product_headers() {
    auto found = product();
    std::erase_if(found, [](const auto& file) { return !file.is_header(); });
    return found;
}

/// Runs a shell command and returns what it said.
std::string said_by(const std::string& command) {
    std::string said;
    FILE* pipe = popen((command + " 2>&1").c_str(), "r");
    REQUIRE(pipe);
    std::array<char, 4096> buffer{};
    while (const auto size = fread(buffer.data(), 1, buffer.size(), pipe)) said.append(buffer.data(), size);
    pclose(pipe);
    return said;
}

/// Headers that some source file includes before anything else: the build has compiled those alone already.
std::set<std::string> included_first() {
    std::set<std::string> found;
    const std::regex include("#include [\"<]([^\">]+)[\">]");
    for (const auto& file : product()) {
        if (file.is_header()) continue;
        for (const auto& line : file.lines()) {
            std::smatch match;
            if (!std::regex_search(line, match, include)) continue;
            for (const auto* base : {"", "sdk/"}) found.insert(base + match[1].str());
            break;
        }
    }
    return found;
}

}  // namespace

TEST_CASE("every header begins with a comment that names it, says who may use it and leads to the next file") {
    const std::regex use("[Tt]hread|[Vv]alue|[Pp]ure|[Ll]oop|[Tt]urn|[Oo]wne");
    const std::regex next(R"(Next: ([A-Za-z0-9_./-]*[A-Za-z0-9_]\.(hpp|cpp|h|c|md|py|map)))");
    for (const auto& file : product_headers()) {
        INFO(file.path);
        const auto comment = first_comment_of(file);
        CHECK(comment.find(std::filesystem::path(file.path).filename().string() + " - ") != comment.npos);
        CHECK(std::regex_search(comment, use));
        std::smatch match;
        const bool leads_on = std::regex_search(comment, match, next);
        CHECK(leads_on);
        if (leads_on) {
            INFO("Next: " << match[1]);
            CHECK(exists_near(file, match[1]));
        }
    }
}

TEST_CASE("every header has a guard") {
    for (const auto& file : files()) {
        if (!file.is_header()) continue;
        INFO(file.path);
        CHECK((file.text.find("#pragma once") != file.text.npos || file.text.find("#ifndef PEACEPIE_") != file.text.npos));
    }
}

TEST_CASE("every header compiles alone") {
    // One compiler run per header, two at a time; a header that fails is named with the compiler's first words.
    const std::string list = PEACEPIE_BINARY_DIR "/headers.txt";
    {
        std::ofstream out(list);
        const auto proven = included_first();
        for (const auto& file : product_headers())
            if (!proven.contains(file.path)) out << file.path << '\n';
    }
    const auto compile = std::string("xargs -P 2 -I{} -a ") + list + " sh -c '" PEACEPIE_COMPILER
        " -std=c++20 -fsyntax-only -Wall -Wextra -DMSGPACK_NO_BOOST -DSPDLOG_FMT_EXTERNAL -DSPDLOG_SHARED_LIB"
        " -I\"$0\" -I\"$0/sdk\" -x c++ -include \"$0/{}\" /dev/null 2>&1 | head -n 12' " + root().string();
    const auto said = said_by(compile);
    INFO(said);
    CHECK(said.empty());
}
