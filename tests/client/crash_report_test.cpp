// crash_report_test.cpp - what a crashed worker has left is checked, and its places get names where the files tell them.
#include <dlfcn.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "catch.hpp"
#include "launcher/backtrace_names.hpp"
#include "launcher/last_words.hpp"

using namespace peacepie::launcher;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

/// To be found again by its name.
[[gnu::noinline]] int function_of_this_test(int number) { return number + 1; }

namespace {

std::string place_of(const void* function) {
    Dl_info info{};
    REQUIRE(::dladdr(function, &info) != 0);
    const auto offset = reinterpret_cast<std::uintptr_t>(function) - reinterpret_cast<std::uintptr_t>(info.dli_fbase);
    return fmt::format("{}+0x{:x}", fs::read_symlink("/proc/self/exe").string(), offset);
}

class Folder {
public:
    Folder() {
        std::string pattern = fs::temp_directory_path() / "peacepie-crash-XXXXXX";
        path_ = ::mkdtemp(pattern.data());
    }
    ~Folder() { fs::remove_all(path_); }
    [[nodiscard]] std::string file(const std::string& name) const { return path_ / name; }

private:
    fs::path path_;
};

}  // namespace

TEST_CASE("a place in a program is told with the name of its function") {
    const auto place = place_of(reinterpret_cast<const void*>(&function_of_this_test));
    const auto named = with_names({place, "nonsense", place});
    REQUIRE(named.size() == 3);
    CHECK_THAT(named[0], Contains("function_of_this_test(int)") && Contains("(" + place + ")"));
    CHECK(named[1] == "nonsense");
    CHECK(named[2] == named[0]);
}

TEST_CASE("a file that cannot be read, is cut off, or is none at all leaves its place as it is and the others named") {
    const Folder folder;
    const auto good = place_of(reinterpret_cast<const void*>(&function_of_this_test));
    std::ofstream(folder.file("text.so")) << "no library";
    fs::copy_file(fs::read_symlink("/proc/self/exe"), folder.file("cut.so"));
    fs::resize_file(folder.file("cut.so"), fs::file_size(folder.file("cut.so")) / 2);
    REQUIRE(::mkfifo(folder.file("pipe.so").c_str(), 0600) == 0);
    std::vector<std::string> frames;
    for (const auto* name : {"text.so", "pipe.so", "missing.so", "."}) frames.push_back(folder.file(name) + "+0x1234");
    frames.insert(frames.end(), {"/dev/zero+0x1", "+0x", "+0x1", "a+0xffffffffffffffffff", ""});
    auto expected = frames;
    frames.push_back(good);
    const auto named = with_names(frames);
    REQUIRE(named.size() == expected.size() + 1);
    CHECK(std::vector<std::string>(named.begin(), named.end() - 1) == expected);
    CHECK_THAT(named.back(), Contains("function_of_this_test"));
    CHECK(with_names({folder.file("cut.so") + "+0x1234"}).size() == 1);  // whatever it finds there, it ends
}

TEST_CASE("last words are an actor, its command, what happened and the calls") {
    const auto words = LastWords::parse("bomb\tsegfault\tSEGV\n/a.so+0x1\n/b.so+0x2\n");
    CHECK(words.actor == "bomb");
    CHECK(words.command == "segfault");
    CHECK(words.what == "SEGV");
    CHECK(words.frames == std::vector<std::string>{"/a.so+0x1", "/b.so+0x2"});
}

TEST_CASE("last words may name no actor, and what is no actor's name is not believed") {
    const auto words = LastWords::parse("\t\tmemory limit: 5 MiB of 4 MiB\n");
    CHECK(words.actor.empty());
    CHECK(words.what == "memory limit: 5 MiB of 4 MiB");
    for (const auto* wrong : {"", "\n", "no such name\tx\ty\n", "../x\ty\tz\n"}) {
        INFO(wrong);
        CHECK(LastWords::parse(wrong).what.empty());
        CHECK(LastWords::parse(wrong).actor.empty());
    }
}

TEST_CASE("a worker says that it has begun and with what status it ends, before what it says of a crash") {
    const auto begun = LastWords::parse("begun\n");
    CHECK(begun.has_begun);
    CHECK_FALSE(begun.ends_with);
    CHECK(begun.what.empty());
    CHECK(LastWords::parse("begun\nends 7\n").ends_with == 7);
    const auto crashed = LastWords::parse("begun\nends 0\nbomb\tsegfault\tSEGV\n/a.so+0x1\n");
    CHECK(crashed.ends_with == 0);
    CHECK(crashed.actor == "bomb");
    CHECK(crashed.what == "SEGV");
    CHECK(crashed.frames == std::vector<std::string>{"/a.so+0x1"});
    CHECK_FALSE(LastWords::parse("").has_begun);
    for (const auto* wrong : {"ends\n", "ends \n", "ends x\n", "ends 99999999999999999999\n", "ends 7 \n", "ends 7\t\n", "begun\tends 7\n"}) {
        INFO(wrong);
        CHECK_FALSE(LastWords::parse(wrong).ends_with);
    }
}
