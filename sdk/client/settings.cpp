#include "client/settings.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <sstream>

#include "client/exit_code.hpp"
#include "client/suggest.hpp"
#include "wire/address.hpp"
#include "wire/bounds.hpp"
#include "wire/byte_size.hpp"
#include "wire/endpoint_check.hpp"
#include "wire/limits.hpp"

namespace peacepie::client {
namespace {

const std::array<SettingKind, 13>& kinds() {
    static const std::array<SettingKind, 13> all{{
        {"bind", "tcp://127.0.0.1:5998", "where the broker listens; port 0 takes a free one"},
        {"ephemeral", false, "keep no names on disk: a broker that died knows only what its workers bring back"},
        {"insecure_bind", false, "allow an address that other machines reach, although nothing is encrypted yet"},
        {"system", "king", "name of the system"},
        {"host", "first", "name of this host in the system"},
        {"packages", "", "directory with plug-in packages; empty: the one that came with the program"},
        {"console_port", 0, "port of the web console; 0: none (the console comes in a later version)"},
        {"log_format", "auto", "auto (human on a terminal, else json), human or json"},
        {"log_level", "info", "debug, info, warning or error"},
        {"log_messages", false, "one line in the log for each message that an actor handles"},
        {"loops", 0, "threads that run actors, in each worker process; 0: one for each processor"},
        {"handler_timeout", std::chrono::seconds(limits::handler_timeout_default).count(),
         "seconds after which a handler that has not returned ends its worker, which is started again; 0: never"},
        {"memory_limit", "auto",
         "memory of each worker, which ends itself beyond it and is started again: 512M, 2G, 0 (no limit) or auto (3/4 of the machine's)"},
    }};
    return all;
}

[[noreturn]] void complain_at(const std::string& where, const std::string& text) {
    if (where.starts_with("--")) throw UsageError(where + ": " + text);
    throw ConfigError(where + ": " + text);
}
[[noreturn]] void wrong(const std::string& name, const Setting& setting, const std::string& text) {
    complain_at(setting.where, "`" + name + "` " + text);
}

/// `NAME=VALUE`, which is sure to be right.
std::string limit_word(std::string_view name, const Setting& setting) try {
    const auto* number = setting.value.as_integer();
    const auto* text = setting.value.as_text();
    if (number == nullptr && text == nullptr) complain_at(setting.where, "`" + std::string(name) + "` must be a number");
    const std::string value = number != nullptr ? std::to_string(*number) : *text;
    Bounds().set(name, value);
    return std::string(name) + "=" + value;
} catch (const Error& error) {
    complain_at(setting.where, error.text);
}

Value parsed(const Value& fallback, const std::string& text) {
    if (fallback.as_bool() != nullptr) {
        if (text == "1" || text == "true" || text == "yes" || text == "on") return true;
        if (text.empty() || text == "0" || text == "false" || text == "no" || text == "off") return false;
    }
    if (fallback.as_integer() != nullptr) {
        std::int64_t number = 0;
        const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
        if (end.ec == std::errc() && end.ptr == text.data() + text.size()) return number;
    }
    return text;  // a wrong type is complained about where all layers are merged
}

void check_choice(const std::string& name, const Setting& setting, std::initializer_list<std::string> choices) {
    const std::string& chosen = *setting.value.as_text();
    if (std::find(choices.begin(), choices.end(), chosen) != choices.end()) return;
    const std::vector<std::string> words(choices);
    std::string list;
    for (const std::string& word : words) list += (list.empty() ? "" : ", ") + word;
    wrong(name, setting, "is `" + chosen + "`, but must be one of " + list + did_you_mean(chosen, words));
}

void check(const std::string& name, const Setting& setting) {
    if (name == "log_format") check_choice(name, setting, {"auto", "human", "json"});
    if (name == "log_level") check_choice(name, setting, {"debug", "info", "warning", "error"});
    if ((name == "system" || name == "host") && !is_name(*setting.value.as_text()))
        wrong(name, setting, "is `" + *setting.value.as_text() + "`, which is no name: 1 to 128 of A-Z a-z 0-9 _ -, not "
                             "starting with -");
    if (name == "console_port" && (*setting.value.as_integer() < 0 || *setting.value.as_integer() > 65535))
        wrong(name, setting, "is no port: 0 to 65535");
    if (name == "loops" && (*setting.value.as_integer() < 0 || *setting.value.as_integer() > 256))
        wrong(name, setting, "must be a number from 0 to 256");
    constexpr std::int64_t longest = std::chrono::seconds(limits::handler_timeout_max).count();
    if (name == "handler_timeout" && (*setting.value.as_integer() < 0 || *setting.value.as_integer() > longest))
        wrong(name, setting, "must be a number of seconds from 0 to " + std::to_string(longest));
    if (name == "memory_limit" && !is_memory_limit(*setting.value.as_text()))
        wrong(name, setting, "is `" + *setting.value.as_text() + "`, but must be " + std::string(memory_limit_form));
    if (name == "bind") {
        const std::string& endpoint = *setting.value.as_text();
        if (const auto why = wrong_with_endpoint(endpoint, EndpointUse::bind); !why.empty())
            wrong(name, setting, "is `" + endpoint + "`, which " + why);
    }
}

}  // namespace

std::span<const SettingKind> setting_kinds() { return kinds(); }

std::vector<std::string> setting_names() {
    std::vector<std::string> names;
    for (const SettingKind& kind : kinds()) names.emplace_back(kind.name);
    return names;
}

std::string environment_name(std::string_view setting) {
    std::string name = "PEACEPIE_" + std::string(setting);
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char letter) {
        return static_cast<char>(letter >= 'a' && letter <= 'z' ? letter - 'a' + 'A' : letter);
    });
    return name;
}

std::string flag_name(std::string_view setting) {
    std::string name = "--" + std::string(setting);
    std::replace(name.begin(), name.end(), '_', '-');
    return name;
}

Layer environment_layer(const std::function<const char*(const char*)>& look_up) {
    Layer layer;
    for (const SettingKind& kind : kinds()) {
        const std::string name = environment_name(kind.name);
        if (const char* text = look_up(name.c_str()); text != nullptr && *text != '\0')
            layer[std::string(kind.name)] = {parsed(kind.fallback, text), name};
    }
    constexpr const char* variable = "PEACEPIE_LIMITS";
    const char* said = look_up(variable);
    std::istringstream words(said != nullptr ? said : "");
    for (std::string word; words >> word;) add_limit(layer, word, variable);
    return layer;
}

void add_limit(Layer& layer, std::string_view word, const std::string& where) try {
    const auto [name, value] = name_and_value(word);
    layer[std::string(limit_prefix) + std::string(name)] = {std::string(value), where};
} catch (const Error& error) {
    complain_at(where, error.text);
}

Settings merged(std::initializer_list<const Layer*> layers) {
    Layer all;
    std::map<std::string, std::string> limits;
    for (const SettingKind& kind : kinds()) all[std::string(kind.name)] = {kind.fallback, "default"};
    for (const Layer* layer : layers)
        for (const auto& [name, setting] : *layer) {
            if (name.starts_with(limit_prefix)) {
                const auto bound = name.substr(limit_prefix.size());
                limits[bound] = limit_word(bound, setting);
                continue;
            }
            const auto known = all.find(name);
            if (known == all.end()) wrong(name, setting, "is no setting" + did_you_mean(name, setting_names()));
            const std::string wanted = known->second.value.type_name();
            if (setting.value.type_name() != wanted)
                wrong(name, setting, "must be of type " + wanted + ", not " + setting.value.type_name());
            check(name, setting);
            known->second = setting;
        }
    std::vector<std::string> words;
    for (auto& [name, word] : limits) words.push_back(std::move(word));
    const auto text = [&all](const char* name) { return *all.find(name)->second.value.as_text(); };
    const auto flag = [&all](const char* name) { return *all.find(name)->second.value.as_bool(); };
    const auto number = [&all](const char* name) { return *all.find(name)->second.value.as_integer(); };
    return {.bind = text("bind"),
            .insecure_bind = flag("insecure_bind"),
            .ephemeral = flag("ephemeral"),
            .system = text("system"),
            .host = text("host"),
            .packages = text("packages"),
            .console_port = number("console_port"),
            .log_format = text("log_format"),
            .log_level = text("log_level"),
            .log_messages = flag("log_messages"),
            .loops = number("loops"),
            .handler_timeout = number("handler_timeout"),
            .memory_limit = text("memory_limit"),
            .limits = std::move(words)};
}

}  // namespace peacepie::client
