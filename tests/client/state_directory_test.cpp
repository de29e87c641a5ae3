#include "catch.hpp"

#include <cstdlib>
#include <fstream>
#include <map>

#include "client/exit_code.hpp"
#include "client/state_directory.hpp"
#include "client/toml_node.hpp"

using namespace peacepie::client;
namespace fs = std::filesystem;

namespace {

std::function<const char*(const char*)> environment(std::map<std::string, std::string> variables) {
    return [variables = std::move(variables)](const char* name) -> const char* {
        const auto found = variables.find(name);
        return found == variables.end() ? nullptr : found->second.c_str();
    };
}

class Folder {
public:
    Folder() {
        std::string pattern = fs::temp_directory_path() / "peacepie-state-XXXXXX";
        path = mkdtemp(pattern.data());
    }
    ~Folder() { fs::remove_all(path); }
    fs::path path;
};

}  // namespace

TEST_CASE("the state directory is the flag's, else a variable's, else the home's") {
    const std::map<std::string, std::string> all{
        {"PEACEPIE_STATE_DIR", "/own"}, {"XDG_STATE_HOME", "/xdg"}, {"HOME", "/anna"}};
    CHECK(state_directory("/flag", environment(all)) == "/flag");
    CHECK(state_directory("", environment(all)) == "/own");
    CHECK(state_directory("", environment({{"XDG_STATE_HOME", "/xdg"}, {"HOME", "/h"}})) == "/xdg/peacepie");
    CHECK(state_directory("", environment({{"HOME", "/anna"}})) == "/anna/.local/state/peacepie");
    CHECK_THROWS_WITH(state_directory("", environment({})), Catch::Contains("--state-dir"));
}

TEST_CASE("the state directory is made for its owner only") {
    Folder folder;
    const fs::path state = folder.path / "a" / "b";
    prepare(state);
    CHECK((fs::status(state).permissions() & fs::perms::all) == fs::perms::owner_all);
    prepare(state);
    std::ofstream(folder.path / "file") << "x";
    CHECK_THROWS_WITH(prepare(folder.path / "file" / "state"), Catch::Contains("--state-dir"));
}

TEST_CASE("the first settings are written once and never over somebody's own") {
    Folder folder;
    const fs::path file = folder.path / "peacepie.toml";
    CHECK(write_first_settings(file));
    CHECK_THAT(read_config_file(file), Catch::Contains("#system = \"king\""));
    std::ofstream(file) << "system = \"queen\"\n";
    CHECK_FALSE(write_first_settings(file));
    CHECK(read_config_file(file) == "system = \"queen\"\n");
    CHECK_THROWS_AS(write_first_settings(folder.path / "none" / "peacepie.toml"), ConfigError);
}

TEST_CASE("a broker that is gone does not count as one that keeps its state in a directory") {
    Folder folder;
    CHECK_FALSE(broker_in(folder.path));
    std::ofstream(folder.path / "broker.endpoint") << "tcp://127.0.0.1:5998\n1\n";  // the first process is no broker
    CHECK_FALSE(broker_in(folder.path));
    std::ofstream(folder.path / "broker.endpoint") << "tcp://127.0.0.1:5998\n";
    CHECK_FALSE(broker_in(folder.path));
}

TEST_CASE("a settings file that cannot be read is named") {
    CHECK_THROWS_WITH(read_config_file("/nonexistent/peacepie.toml"), Catch::Contains("/nonexistent/peacepie.toml"));
    CHECK_THROWS_AS(read_config_file("/"), ConfigError);
}
