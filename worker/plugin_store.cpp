// plugin_store.cpp - looking through the packages folder.  Next: plugin.cpp.
#include "worker/plugin_store.hpp"

#include "worker/requirement.hpp"

namespace peacepie::worker {

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
    std::string others;
    const auto all = candidates(requirement.package());
    for (const auto& one : all) {
        const auto version = Version::parse(one.version);
        if (!version) continue;
        if (!requirement.fits(*version)) others += (others.empty() ? "" : ", ") + one.version;
        else if (!highest || *version > *highest) highest = version, best = &one;
    }
    if (!best)
        throw Error(Fault::unavailable, others.empty()
                        ? "no package \"" + requirement.package() + "\" in " + folder_.string()
                        : "no version of \"" + requirement.package() + "\" fits \"" + requires_dist + "\"; there is " + others);
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
    std::string there;
    for (const auto& one : plugin.classes()) there += (there.empty() ? "" : ", ") + std::string(one.type->name);
    throw Error(Fault::bad_argument, "package \"" + std::string(plugin.package()) + "\" " + std::string(plugin.version()) +
                                         (name && name->as_text() ? " has no class \"" + *name->as_text() + "\"" : " has several classes") +
                                         "; it offers " + there);
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
