// plugin_store.cpp - looking through the packages folder.  Next: plugin.cpp.
#include "worker/plugin_store.hpp"

#include <fmt/format.h>

#include "wire/closest.hpp"
#include "worker/requirement.hpp"

namespace peacepie::worker {

std::set<std::string> PluginStore::packages() const {
    std::set<std::string> names;
    std::error_code error;
    for (std::filesystem::directory_iterator at(folder_, error), end; !error && at != end; at.increment(error)) {
        const auto name = at->path().stem().string();
        if (at->path().extension() == ".so") names.insert(name.substr(0, name.find('-')));
    }
    for (const auto& [key, plugin] : loaded_) names.insert(key.first);
    return names;
}

std::vector<PluginStore::Candidate> PluginStore::candidates(const std::string& package) const {
    std::vector<Candidate> found;
    std::error_code error;
    for (std::filesystem::directory_iterator at(folder_, error), end; !error && at != end; at.increment(error)) {
        const auto name = at->path().filename().string();
        if (!name.starts_with(package + "-") || !name.ends_with(".so")) continue;
        found.push_back({name.substr(package.size() + 1, name.size() - package.size() - 4), at->path()});
    }
    for (const auto& [key, plugin] : loaded_)
        if (key.first == package) found.push_back({key.second, {}});
    return found;
}

Plugin& PluginStore::load(const std::string& requires_dist) {
    const auto requirement = Requirement::parse(requires_dist);
    const Candidate* best = nullptr;
    std::optional<Version> highest;
    std::set<std::string> others;
    const auto all = candidates(requirement.package());
    for (const auto& one : all) {
        const auto version = Version::parse(one.version);
        if (!version) continue;
        if (!requirement.fits(*version)) others.insert(one.version);
        else if (!highest || *version > *highest) highest = version, best = &one;
    }
    if (!best)
        throw Error(Fault::unavailable, others.empty()
                        ? "no package \"" + requirement.package() + "\" in " + folder_.string() +
                              did_you_mean(requirement.package(), packages())
                        : fmt::format("no version of \"{}\" fits \"{}\"; there is {}", requirement.package(), requires_dist,
                                      fmt::join(others, ", ")));
    auto& plugin = loaded_[{requirement.package(), best->version}];
    if (plugin) return *plugin;
    try {
        plugin = std::make_unique<Plugin>(best->file);
    } catch (...) {
        loaded_.erase({requirement.package(), best->version});
        throw;
    }
    if (plugin->package() != requirement.package() || plugin->version() != best->version) {
        const std::string text = best->file.filename().string() + " says it is " + std::string(plugin->package()) + " " +
                                 std::string(plugin->version());
        loaded_.erase({requirement.package(), best->version});
        throw Error(Fault::conflict, text);
    }
    return *plugin;
}

const ActorClass& PluginStore::find(const Value& class_desc) {
    const Value* requires_dist = class_desc.find("requires_dist");
    if (!requires_dist || !requires_dist->as_text())
        throw Error(Fault::bad_argument, "\"class_desc\" must be {\"requires_dist\": PACKAGE, \"class\": CLASS}");
    Plugin& plugin = load(*requires_dist->as_text());
    const Value* name = class_desc.find("class");
    if (name && !name->is_nil() && !name->as_text()) throw Error(Fault::bad_argument, "\"class\" must be text");
    if ((!name || name->is_nil()) && plugin.classes().size() == 1) return plugin.classes().front();
    if (name && name->as_text())
        if (const auto* found = plugin.find(*name->as_text())) return *found;
    std::vector<std::string> there;
    for (const auto& one : plugin.classes()) there.emplace_back(one.type->name);
    const auto wanted = name && name->as_text() ? *name->as_text() : std::string();
    throw Error(Fault::bad_argument,
                fmt::format("package \"{}\" {} {}; it offers {}{}", plugin.package(), plugin.version(),
                            wanted.empty() ? "has several classes" : "has no class \"" + wanted + "\"",
                            fmt::join(there, ", "), did_you_mean(wanted, there)));
}

void PluginStore::adopt(const pp_plugin& descriptor) {
    auto plugin = std::make_unique<Plugin>(descriptor);
    const std::pair key{std::string(plugin->package()), std::string(plugin->version())};
    loaded_[key] = std::move(plugin);
}

Value pinned(const ActorClass& actor_class) {
    return Value::Map{{"requires_dist", std::string(actor_class.plugin->package()) + "==" +
                                            std::string(actor_class.plugin->version())},
                      {"class", actor_class.type->name}};
}

}  // namespace peacepie::worker
