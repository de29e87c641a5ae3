// What must not stand in a file, and what must.
#include <regex>
#include <set>

#include "catch.hpp"
#include "source_tree.hpp"

using namespace peacepie::conventions;

namespace {

bool is_code(const SourceFile& file) {
    return file.is_cpp() || file.ends_with(".py") || file.ends_with(".sh") || file.ends_with(".cmake") ||
           file.ends_with("CMakeLists.txt") || file.ends_with(".js") || file.ends_with(".mjs") || file.ends_with(".css");
}

/// This file spells the words it looks for.
bool is_this(const SourceFile& file) { return file.is_under("tests/conventions"); }

void check_absent(const std::string& pattern, const std::string& advice, bool (*applies)(const SourceFile&)) {
    const std::regex looked_for(pattern);
    for (const auto& file : files()) {
        if (is_this(file) || !applies(file)) continue;
        std::size_t number = 0;
        for (const auto& line : file.lines()) {
            ++number;
            if (!std::regex_search(line, looked_for)) continue;
            INFO(file.path << ":" << number << ": " << line << "\n" << advice);
            CHECK(false);
        }
    }
}

bool any(const SourceFile&) { return true; }

}  // namespace

TEST_CASE("nothing sleeps for luck outside of the system tests") {
    check_absent(R"(\b(sleep_for|sleep_until|usleep)\b)", "wait for what you wait for, or advance the manual clock",
                 [](const SourceFile& file) { return file.is_cpp() && !file.is_under("tests/system"); });
}

TEST_CASE("no code is switched off and nothing is put off") {
    check_absent(R"(^\s*#\s*if\s+0\b)", "remove it, the history knows it", is_code);
    check_absent(R"(\b(TODO|FIXME|XXX|HACK)\b)", "do it, or write down in the README that it is not there", any);
}

TEST_CASE("no file, folder or class is named after nothing") {
    const std::regex empty_name(R"((^|[/_.-])(utils?|common|helpers?|misc|managers?)([/_.-]|$))");
    for (const auto& file : files()) {
        INFO(file.path << " needs a noun of the domain");
        CHECK_FALSE(std::regex_search(file.path, empty_name));
    }
    check_absent(R"(\b(class|struct)\s+\w*(Util|Utils|Helper|Helpers|Manager|Misc)\b)", "name it after what it is",
                 [](const SourceFile& file) { return file.is_cpp(); });
}

TEST_CASE("no tab, no carriage return, no blank before the end of a line, and a newline at the end of a file") {
    for (const auto& file : files()) {
        INFO(file.path);
        CHECK(file.text.find('\t') == file.text.npos);
        CHECK(file.text.find('\r') == file.text.npos);
        CHECK((file.text.empty() || file.text.back() == '\n'));
        for (const auto& line : file.lines())
            if (!line.empty() && line.back() == ' ' && !file.ends_with(".md")) {
                INFO(line);
                CHECK(false);
            }
    }
}

TEST_CASE("no capturing lambda stands inside a co_await expression") {
    // g++ 12 destroys such a lambda twice: name the awaitable, then await the name.
    check_absent(R"(co_await\b[^;]*\[(&|=|this|[a-z_]+\s*[,=\]]).*\]\s*(\(|\{|mutable))", "name the awaitable, then await the name",
                 [](const SourceFile& file) { return file.is_cpp(); });
}

TEST_CASE("no file names a place that exists on one machine only") {
    check_absent(R"((^|[^A-Za-z0-9_.}$/-])/(work|home|root|Users)/[a-z])", "use a path from the root of the checkout", any);
}

TEST_CASE("no file names the host of a package registry") {
    check_absent(R"((pypi|npmjs|pythonhosted|debian|crates|docker)\.(org|com|io))", "dependencies are Debian packages", any);
}

TEST_CASE("a page that a file refers to exists") {
    const std::regex page(R"(([A-Za-z0-9_./-]+\.md)\b)");
    std::set<std::string> names;
    for (const auto& file : files())
        if (file.ends_with(".md")) names.insert(std::filesystem::path(file.path).filename().string());
    for (const auto& file : files()) {
        if (is_this(file)) continue;
        for (auto it = std::sregex_iterator(file.text.begin(), file.text.end(), page); it != std::sregex_iterator(); ++it) {
            INFO(file.path << " refers to " << (*it)[1]);
            CHECK(names.contains(std::filesystem::path((*it)[1].str()).filename().string()));
        }
    }
}

TEST_CASE("a link in a page leads to something that is there") {
    const std::regex link(R"(\]\(([^)#:\s]+)(#[^)]*)?\))");
    for (const auto& file : files()) {
        if (!file.ends_with(".md")) continue;
        for (auto it = std::sregex_iterator(file.text.begin(), file.text.end(), link); it != std::sregex_iterator(); ++it) {
            INFO(file.path << " links to " << (*it)[1]);
            CHECK(std::filesystem::exists(root() / file.folder() / (*it)[1].str()));
        }
    }
}

TEST_CASE("the name of every test is a sentence") {
    const std::regex test_case("TEST_CASE\\(\\s*\"([^\"]*)\"");
    std::set<std::string> seen;
    for (const auto& file : files()) {
        if (!file.is_cpp() || !file.is_under("tests") || is_this(file)) continue;
        for (auto it = std::sregex_iterator(file.text.begin(), file.text.end(), test_case); it != std::sregex_iterator(); ++it) {
            const auto name = (*it)[1].str();
            INFO(file.path << ": " << name);
            CHECK(std::count(name.begin(), name.end(), ' ') >= 2);
            CHECK(name.find(';') == name.npos);
            CHECK(seen.insert(file.path + name).second);
        }
    }
}

TEST_CASE("the changelog begins with the version that is built") {
    std::smatch version;
    for (const auto& file : files())
        if (file.path == "CMakeLists.txt") REQUIRE(std::regex_search(file.text, version, std::regex(R"(VERSION ([0-9.]+) DESC)")));
    const std::string wanted = version[1];
    for (const auto& file : files())
        if (file.path == "CHANGELOG.md") CHECK(file.text.find("## [" + wanted + "]") != file.text.npos);
}
