#include "catch.hpp"

#include "client/exit_code.hpp"
#include "client/settings.hpp"
#include "client/settings_file.hpp"
#include "wire/bounds.hpp"

using namespace peacepie;
using namespace peacepie::client;

namespace {

std::string refusal_of(std::string_view text) {
    try {
        const Layer layer = file_layer(text, "peacepie.toml");
        (void)merged({&layer});
    } catch (const ConfigError& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("without any file, variable or flag the defaults hold") {
    const Settings settings = merged({});
    CHECK(settings.bind == "tcp://127.0.0.1:5998");
    CHECK(settings.system == "king");
    CHECK(settings.host == "first");
    CHECK(settings.log_level == "info");
    CHECK(settings.console_port == 0);
    CHECK_FALSE(settings.insecure_bind);
    CHECK(settings.loops == 0);
    CHECK(settings.handler_timeout == 10);
    CHECK(settings.memory_limit == "auto");
    CHECK_FALSE(settings.log_messages);
    CHECK(settings.limits.empty());
}

TEST_CASE("a flag wins over the environment, which wins over the file") {
    const Layer file = file_layer("system = \"queen\"\nhost = \"north\"\nlog_level = \"debug\"", "peacepie.toml");
    const Layer environment = environment_layer([](const char* name) -> const char* {
        if (std::string_view(name) == "PEACEPIE_HOST") return "south";
        if (std::string_view(name) == "PEACEPIE_LOG_LEVEL") return "error";
        return nullptr;
    });
    const Layer flags{{"log_level", {"warning", "--log-level"}}};
    const Settings settings = merged({&file, &environment, &flags});
    CHECK(settings.system == "queen");
    CHECK(settings.host == "south");
    CHECK(settings.log_level == "warning");
}

TEST_CASE("variables of the environment have the type of their setting") {
    const Layer good = environment_layer([](const char* name) -> const char* {
        if (std::string_view(name) == "PEACEPIE_INSECURE_BIND") return "yes";
        if (std::string_view(name) == "PEACEPIE_CONSOLE_PORT") return "9090";
        return nullptr;
    });
    CHECK(merged({&good}).insecure_bind);
    CHECK(merged({&good}).console_port == 9090);
    const Layer bad = environment_layer([](const char* name) -> const char* {
        return std::string_view(name) == "PEACEPIE_CONSOLE_PORT" ? "many" : nullptr;
    });
    CHECK_THROWS_WITH(merged({&bad}), Catch::Contains("PEACEPIE_CONSOLE_PORT") && Catch::Contains("int"));
}

TEST_CASE("an unknown key is refused with its line and the key that was meant") {
    const std::string text = refusal_of("# settings\nhost = \"a\"\nlog_levle = \"info\"\nsytem = \"b\"\n");
    CHECK_THAT(text, Catch::Contains("peacepie.toml:3: `log_levle` is no setting; did you mean `log_level`?"));
    CHECK_THAT(text, Catch::Contains("peacepie.toml:4: `sytem` is no setting; did you mean `system`?"));
}

TEST_CASE("a wrong value is refused with its line") {
    CHECK_THAT(refusal_of("\nlog_level = \"loud\""), Catch::Contains("peacepie.toml:2") && Catch::Contains("warning"));
    CHECK_THAT(refusal_of("system = 5"), Catch::Contains("must be of type text, not int"));
    CHECK_THAT(refusal_of("host = \"a b\""), Catch::Contains("is `a b`, which is no name"));
    CHECK_THAT(refusal_of("console_port = 70000"), Catch::Contains("is no port"));
    CHECK_THAT(refusal_of("bind = \"5998\""), Catch::Contains("tcp://HOST:PORT"));
    CHECK_THAT(refusal_of("bind = \"tcp://127.0.0.1:99999\""), Catch::Contains("the port `99999`"));
    CHECK(refusal_of("bind = \"tcp://127.0.0.1:0\"").empty());
    CHECK_THAT(refusal_of("loops = 257"), Catch::Contains("0 to 256"));
    CHECK_THAT(refusal_of("handler_timeout = -1"), Catch::Contains("from 0 to 86400"));
    for (const auto* wrong : {"", "much", "-1", "2T", "2GB", "2 G", "99999999999999999999", "9999999999G"})
        CHECK_THAT(refusal_of(std::string("memory_limit = \"") + wrong + "\""), Catch::Contains("bytes, or a number with K, M or G"));
    CHECK_THAT(refusal_of("system = [1"), Catch::Contains("peacepie.toml:1: "));
    CHECK_THAT(refusal_of("system = 2020-01-01"), Catch::Contains("date"));
}

TEST_CASE("the file that the first run writes changes nothing and names every setting") {
    const std::string text = first_settings();
    CHECK(file_layer(text, "peacepie.toml").empty());
    std::string uncommented;
    std::size_t from = 0;
    while (from < text.size()) {
        const std::size_t end = text.find('\n', from);
        std::string line = text.substr(from, end - from);
        if (line.starts_with('#') && !line.starts_with("# ")) uncommented += line.substr(1) + "\n";
        from = end + 1;
    }
    const Layer layer = file_layer(uncommented, "peacepie.toml");
    CHECK(layer.size() == setting_kinds().size() + bound_rows().size());
    CHECK(merged({&layer}).limits.size() == bound_rows().size());
    CHECK(merged({&layer}).bind == merged({}).bind);
}

TEST_CASE("each limit is taken from where it was said last: flag, environment, table of the file") {
    const Layer file = file_layer("host = \"north\"\n[limits]\nmailbox_length = 10\ndead_letters = 5\nmailbox_bytes = \"2M\"\n", "peacepie.toml");
    const Layer environment = environment_layer([](const char* name) -> const char* {
        return std::string_view(name) == "PEACEPIE_LIMITS" ? "mailbox_length=20  sessions=30" : nullptr;
    });
    Layer flags;
    add_limit(flags, "sessions=40", "--limit");
    const Settings settings = merged({&file, &environment, &flags});
    CHECK(settings.limits == std::vector<std::string>{"dead_letters=5", "mailbox_bytes=2M", "mailbox_length=20", "sessions=40"});
    CHECK(settings.host == "north");
}

TEST_CASE("a wrong limit is refused with its place, its range and the name that was meant") {
    CHECK_THAT(refusal_of("[limits]\nmailbox_lenght = 5"), Catch::Contains("peacepie.toml:2: `mailbox_lenght` is no limit; did you mean `mailbox_length`?"));
    CHECK_THAT(refusal_of("[limits]\n\nmailbox_length = 0"), Catch::Contains("peacepie.toml:3: `mailbox_length` is `0`, but must be a number from 1 to 4000000"));
    CHECK_THAT(refusal_of("[limits]\nmailbox_length = true"), Catch::Contains("peacepie.toml:2: `mailbox_length` must be a number"));
    CHECK_THAT(refusal_of("limits = 5"), Catch::Contains("peacepie.toml:1: `limits` is no setting"));
    const auto environment = [](const char* said) {
        return environment_layer([said](const char* name) { return std::string_view(name) == "PEACEPIE_LIMITS" ? said : nullptr; });
    };
    CHECK_THROWS_WITH(environment("mailbox_length"), Catch::Contains("PEACEPIE_LIMITS: `mailbox_length` is no limit: write NAME=VALUE"));
    const Layer bad = environment("sessions=1");
    CHECK_THROWS_WITH(merged({&bad}), Catch::Contains("PEACEPIE_LIMITS: `sessions` is `1`"));
    Layer flags;
    CHECK_THROWS_AS(add_limit(flags, "sessions", "--limit"), UsageError);
    add_limit(flags, "sessions=x", "--limit");
    CHECK_THROWS_AS(merged({&flags}), UsageError);
}

TEST_CASE("a setting has one name in three spellings") {
    CHECK(environment_name("log_level") == "PEACEPIE_LOG_LEVEL");
    CHECK(flag_name("log_level") == "--log-level");
}
