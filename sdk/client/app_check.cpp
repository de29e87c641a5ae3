#include "client/app_check.hpp"

#include <algorithm>
#include <map>

#include "client/manual.hpp"
#include "client/mistakes.hpp"
#include "client/suggest.hpp"
#include "wire/convert.hpp"
#include "wire/fields.hpp"
#include "wire/limits.hpp"

namespace peacepie::client {
namespace {

// What is wrong with a plain value; a type of the author's is the author's to judge.
std::string wrong_with(const Value& value, std::string type) try {
    if (type.ends_with('?')) type.pop_back();
    if (type == "int") (void)convert<std::int64_t>::from(value);
    if (type == "float") (void)convert<double>::from(value);
    if (type == "bool") (void)convert<bool>::from(value);
    if (type == "text") (void)convert<std::string>::from(value);
    if (type == "seconds") (void)convert<Seconds>::from(value);
    return {};
} catch (const Error& error) {
    return error.text;
}

class Check {
public:
    Check(Client& client, const AppFile& app, std::string node)
        : client_(client), app_(app), node_(std::move(node)), mistakes_(app.name) {}

    void run() {
        for (const auto& actor : app_.actors) look_at(actor);
        mistakes_.refuse();
    }

private:
    void look_at(const AppFile::Actor& actor) {
        const Answer& package = load(actor.package);
        if (package.command != "package_is_loaded")
            return mistakes_.add(actor.package_line, "the package `" + actor.package + "`: " + text_in(package.body, "text") +
                                                         did_you_mean(close_names(package.body)));
        const Value* manuals = package.body.find("manuals");
        if (manuals == nullptr || manuals->as_map() == nullptr) return;  // whoever answered has none to show
        const Value* manual = manuals->find(actor.class_name);
        if (manual == nullptr) return miss(actor.class_line, "the package `" + actor.package + "` has no class",
                                           actor.class_name, classes_in(*manuals->as_map()));
        for (const auto& param : actor.params) look_at(param, actor, *manual);
        const auto commands = commands_in(*manual);
        for (const auto& command : actor.commands)
            if (std::find(commands.begin(), commands.end(), command.command) == commands.end())
                miss(command.line, actor.class_name + " has no command", command.command, commands);
    }

    void look_at(const AppFile::Param& param, const AppFile::Actor& actor, const Value& manual) {
        const Value* known = entry_in(manual, "params", param.name);
        if (known == nullptr)
            return miss(param.line, actor.class_name + " has no param", param.name, names_in(manual, "params"));
        if (const auto wrong = wrong_with(param.value, text_in(*known, "type")); !wrong.empty())
            mistakes_.add(param.line, "the param `" + param.name + "`: " + wrong);
    }

    void miss(int line, const std::string& what, const std::string& name, const std::vector<std::string>& known) {
        mistakes_.add(line, what + " `" + name + "`" + did_you_mean(name, known));
    }

    // Once for each text.
    const Answer& load(const std::string& package) {
        const auto [place, is_new] = packages_.try_emplace(package);
        if (is_new)
            place->second = client_.ask(node_, "load_package", Value::Map{{"requires_dist", package}},
                                        std::chrono::ceil<Milliseconds>(limits::ask_timeout_default));
        return place->second;
    }

    static std::vector<std::string> classes_in(const Value::Map& manuals) {
        std::vector<std::string> names;
        for (const auto& [name, manual] : manuals) names.push_back(name);
        return names;
    }

    Client& client_;
    const AppFile& app_;
    const std::string node_;
    Mistakes mistakes_;
    std::map<std::string, Answer> packages_;
};

}  // namespace

void check_app(Client& client, const AppFile& app, const std::string& node) { Check(client, app, node).run(); }

}  // namespace peacepie::client
