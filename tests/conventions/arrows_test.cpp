// Which way includes may point: a folder is a process, and two narrow waists join them (decisions/0001-layout.md).
#include <map>
#include <set>

#include "catch.hpp"
#include "source_tree.hpp"

using namespace peacepie::conventions;

namespace {

/// What stands between the quotes or angles of each #include.
std::vector<std::string> includes_of(const SourceFile& file) {
    std::vector<std::string> found;
    for (const auto& line : file.lines()) {
        const auto hash = line.find_first_not_of(" \t");
        if (hash == line.npos || line.compare(hash, 8, "#include") != 0) continue;
        const auto open = line.find_first_of("\"<", hash + 8);
        if (open == line.npos) continue;
        const auto close = line.find_first_of("\">", open + 1);
        if (close != line.npos) found.push_back(line.substr(open + 1, close - open - 1));
    }
    return found;
}

const std::set<std::string> ours{"wire", "peacepie", "client", "launcher", "log", "testing", "broker", "worker", "plugins"};

/// The part of this project that an include belongs to, or nothing for a library.
std::string part_of(const std::string& include) {
    const auto slash = include.find('/');
    if (slash == include.npos || !ours.contains(include.substr(0, slash))) return {};
    return include.substr(0, slash);
}

std::string stem_of(const std::string& path) { return std::filesystem::path(path).filename().string(); }

void check_parts(const std::string& folder, const std::set<std::string>& allowed) {
    for (const auto& file : files()) {
        if (!file.is_cpp() || !file.is_under(folder)) continue;
        for (const auto& include : includes_of(file)) {
            const auto part = part_of(include);
            INFO(file.path << " includes " << include);
            CHECK((part.empty() || allowed.contains(part)));
        }
    }
}

/// Only the files named may include headers that begin with `library`.
void check_only(const std::set<std::string>& allowed, const std::vector<std::string>& libraries) {
    for (const auto& file : product())
        for (const auto& include : includes_of(file))
            for (const auto& library : libraries)
                if (include.starts_with(library)) {
                    INFO(file.path << " includes " << include);
                    CHECK(allowed.contains(stem_of(file.path)));
                }
}

}  // namespace

TEST_CASE("the wire knows nothing but itself and the standard library") {
    check_parts("sdk/wire", {"wire"});
    for (const auto& file : files()) {
        if (!file.is_cpp() || !file.is_under("sdk/wire")) continue;
        for (const auto& include : includes_of(file)) {
            INFO(file.path << " includes " << include);
            for (const auto* library : {"zmq", "spdlog", "fmt", "sys/", "netinet", "arpa", "unistd", "nlohmann", "CLI"})
                CHECK_FALSE(include.starts_with(library));
        }
    }
}

TEST_CASE("the broker includes itself, the wire and the log only") { check_parts("broker", {"broker", "wire", "log"}); }

TEST_CASE("the worker includes itself, the wire, the log, the launcher and of the SDK abi.h only") {
    check_parts("worker", {"worker", "wire", "log", "launcher", "peacepie"});
    for (const auto& file : files()) {
        if (!file.is_cpp() || !file.is_under("worker")) continue;
        for (const auto& include : includes_of(file))
            if (part_of(include) == "peacepie") {
                INFO(file.path << " includes " << include);
                CHECK(include == "peacepie/abi.h");
            }
    }
}

TEST_CASE("what an author includes never meets a socket, MessagePack or a transport") {
    const std::set<std::string> waist{"wire/address.hpp", "wire/closest.hpp", "wire/pen.hpp", "wire/scan.hpp", "wire/value.hpp",   "wire/fault.hpp",   "wire/limits.hpp",
                                      "wire/named.hpp",   "wire/convert.hpp", "wire/commands.hpp", "wire/envelope.hpp",
                                      "wire/reserved.hpp", "wire/pool.hpp"};
    for (const auto& file : files()) {
        if (!file.is_cpp() || !file.is_under("sdk/peacepie")) continue;
        for (const auto& include : includes_of(file)) {
            INFO(file.path << " includes " << include);
            const auto part = part_of(include);
            CHECK((part.empty() || part == "peacepie" || waist.contains(include)));
            for (const auto* library : {"zmq", "msgpack", "spdlog"}) CHECK_FALSE(include.starts_with(library));
        }
    }
}

TEST_CASE("abi.h needs two headers of C and nothing else") {
    for (const auto& file : files())
        if (file.path == "sdk/peacepie/abi.h")
            for (const auto& include : includes_of(file)) CHECK((include == "stddef.h" || include == "stdint.h"));
}

TEST_CASE("only the seam knows both abi.h and the author's classes") {
    for (const auto& file : files()) {
        if (!file.is_cpp() || file.is_under("tests") || file.is_under("sdk/testing")) continue;
        const auto includes = includes_of(file);
        const std::set<std::string> set(includes.begin(), includes.end());
        if (set.contains("peacepie/abi.h") && (set.contains("peacepie/actor.hpp") || set.contains("peacepie/peacepie.hpp"))) {
            INFO(file.path);
            CHECK((stem_of(file.path).starts_with("seam") || stem_of(file.path) == "plugin.hpp"));
        }
    }
}

TEST_CASE("the client and the launcher include neither broker, worker nor SDK") {
    check_parts("sdk/client", {"client", "wire", "log", "launcher"});
    check_parts("sdk/launcher", {"launcher", "client", "wire", "log"});
    check_parts("sdk/log", {"log", "wire"});
}

TEST_CASE("the stage includes the SDK and the wire only") { check_parts("sdk/testing", {"testing", "peacepie", "wire"}); }

TEST_CASE("plug-ins and examples include the SDK, and their tests the stage") {
    check_parts("plugins", {"peacepie"});
    check_parts("examples", {"peacepie", "testing"});
}

TEST_CASE("only the links and the client include ZeroMQ") {
    check_only({"router_link.cpp", "dealer_link.cpp", "client.cpp", "socket.cpp"}, {"zmq"});
}

TEST_CASE("only value.cpp includes MessagePack") { check_only({"value.cpp"}, {"msgpack"}); }
