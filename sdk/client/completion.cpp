// completion.cpp - `peacepie completion bash`: a script for the shell, made from the same options as the help texts.
#include <algorithm>

#include "client/command_line.hpp"
#include "client/printer.hpp"

namespace peacepie::client {
namespace {

std::string options_of(const CLI::App& verb) {
    std::string words;
    for (const CLI::Option* option : verb.get_options())
        for (const std::string& name : option->get_lnames()) words += " --" + name;
    return words;
}

std::vector<const CLI::App*> verbs_of(const CLI::App& app) {
    return app.get_subcommands([](const CLI::App* one) { return !one->get_name().empty(); });
}

std::string bash_script(const CLI::App& app) {
    std::string verbs, cases;
    for (const CLI::App* verb : verbs_of(app)) {
        std::string words = options_of(*verb) + options_of(app);
        for (const CLI::App* sub : verbs_of(*verb)) words += " " + sub->get_name() + options_of(*sub);
        verbs += " " + verb->get_name();
        cases += "        " + verb->get_name() + ") words=\"" + words.substr(1) + "\" ;;\n";
    }
    return "# bash completion for peacepie; load it with:  source <(peacepie completion bash)\n"
           "_peacepie() {\n"
           "    local words=\"" + verbs.substr(1) + options_of(app) + "\" verb=\"\" word\n"
           "    for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
           "        case \"$word\" in -*) ;; *) verb=\"$word\"; break ;; esac\n"
           "    done\n"
           "    case \"$verb\" in\n" + cases +
           "    esac\n"
           "    COMPREPLY=( $(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\") )\n"
           "}\n"
           "complete -o default -F _peacepie peacepie";
}

}  // namespace

void add_completion(CLI::App& app, CommandLine& line) {
    auto* verb = add_verb(app, "completion", "print a completion script for a shell",
                          "completion bash > ~/.local/share/bash-completion/completions/peacepie", Asks::nobody);
    auto shell = std::make_shared<std::string>();
    verb->add_option("SHELL", *shell, "bash")->required()->check(CLI::IsMember({"bash"}));
    verb->callback([&app, &line, shell] {  // holds what the option writes into, as every verb does
        line.action = [&app] {
            print(bash_script(app));
            return Exit::ok;
        };
    });
}

}  // namespace peacepie::client
