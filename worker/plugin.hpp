// plugin.hpp - one loaded plug-in file and its actor classes.
//
// Made by PluginStore, never unloaded: suspended frames, vtables and static destructors may point into it until the
// process ends (RTLD_NODELETE).  Any thread after loading.
// Next: plugin.cpp checks a file before a line of it runs; plugin_store.hpp finds the file.
#pragma once

#include <algorithm>
#include <deque>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "peacepie/abi.h"
#include "wire/value.hpp"

namespace peacepie::worker {

class Plugin;

struct ActorClass {
    const pp_actor_type* type;
    Plugin* plugin;
    Value manual;                            ///< {commands, params, text}, as `describe` tells it
    decltype(pp_actor_type::told) told;      ///< of a class that has it, else null
    std::vector<std::uint32_t> overlapping;  ///< symbols of the commands that wait for no suspended handler

    [[nodiscard]] std::vector<std::string> commands() const;
    [[nodiscard]] bool overlaps(std::uint32_t command) const noexcept {
        return std::find(overlapping.begin(), overlapping.end(), command) != overlapping.end();
    }
};

class Plugin {
public:
    /// Throws Error unavailable (not a plug-in, missing symbol) or conflict (another ABI); the text names both sides.
    explicit Plugin(const std::filesystem::path& file);
    /// A plug-in linked into this program: tests and the simulator.
    explicit Plugin(const pp_plugin& descriptor);
    Plugin(const Plugin&) = delete;
    Plugin& operator=(const Plugin&) = delete;

    [[nodiscard]] std::string_view package() const noexcept { return descriptor_->package; }
    [[nodiscard]] std::string_view version() const noexcept { return descriptor_->version; }
    [[nodiscard]] std::string_view toolchain() const noexcept { return descriptor_->toolchain; }
    [[nodiscard]] const std::deque<ActorClass>& classes() const noexcept { return classes_; }
    [[nodiscard]] const ActorClass* find(std::string_view name) const noexcept;

private:
    void adopt(const pp_plugin* descriptor, const std::string& whence);

    const pp_plugin* descriptor_ = nullptr;
    std::deque<ActorClass> classes_;  // pointers into it stay
};

}  // namespace peacepie::worker
