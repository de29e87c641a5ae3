// plugin.cpp - loading with every check the loader offers.  Flags and reasons: decisions/0006-loading-plugins.md.
// Next: plugin_store.cpp.
#include "worker/plugin.hpp"

#include <dlfcn.h>

#include "wire/fault.hpp"
#include "worker/black_box.hpp"
#include "worker/elf_file.hpp"
#include "worker/host_seam.hpp"
#include "worker/mail.hpp"
#include "worker/symbols.hpp"

namespace peacepie::worker {

namespace {

/// What the class says of itself.  Throws Error when it is no MessagePack.
ActorClass described(const pp_actor_type& type, Plugin& plugin) {
    const auto told = type.size > offsetof(pp_actor_type, told) ? type.told : nullptr;
    ActorClass actor_class{&type, &plugin, Value::decode(view(type.manual)), told, {}};
    const Value* commands = actor_class.manual.find("commands");
    if (commands == nullptr || commands->as_array() == nullptr) return actor_class;
    for (const Value& command : *commands->as_array()) {
        const Value* name = command.find("name");
        const Value* overlapping = command.find("overlapping");
        if (name != nullptr && name->as_text() && overlapping != nullptr && *overlapping == Value(true))
            if (const auto symbol = Symbols::of_process().intern(*name->as_text())) actor_class.overlapping.push_back(symbol);
    }
    return actor_class;
}

/// NOW: a missing symbol fails here.  LOCAL: no plug-in sees another's symbols.  NODELETE: code stays mapped.
/// What a library throws while it is loaded ends the process: the loader would keep its lock and take the library for loaded.
void* open(const std::filesystem::path& file) noexcept {
    void* (*volatile load)(const char*, int) = dlopen;  // its declaration promises not to throw, which a library's initialisers do not know
    void* const handle = load(file.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    return handle;
}

const pp_plugin* enter(const std::filesystem::path& file) {
    check_elf_file(file);
    void* library = open(file);
    black_box::arm_exit();
    if (!library) {
        const char* why = dlerror();
        throw Error(Fault::unavailable, file.filename().string() + " cannot be loaded: " + (why ? why : "unknown reason"));
    }
    auto entry = reinterpret_cast<pp_entry>(dlsym(library, PP_ENTRY));
    if (!entry)
        throw Error(Fault::unavailable, file.filename().string() + " is a library but not a plug-in: it does not export " PP_ENTRY);
    const pp_plugin* descriptor = entry(&host_of_process());
    if (!descriptor) throw Error(Fault::unavailable, file.filename().string() + " refused to start: its entry returned nothing");
    return descriptor;
}

}  // namespace

std::vector<std::string> ActorClass::commands() const {
    std::vector<std::string> names;
    const Value* all = manual.find("commands");
    if (all == nullptr || all->as_array() == nullptr) return names;
    for (const Value& command : *all->as_array())
        if (const Value* name = command.find("name"); name != nullptr && name->as_text()) names.push_back(*name->as_text());
    return names;
}

Plugin::Plugin(const std::filesystem::path& file) { adopt(enter(file), file.filename().string()); }
Plugin::Plugin(const pp_plugin& descriptor) { adopt(&descriptor, "a linked plug-in"); }

void Plugin::adopt(const pp_plugin* descriptor, const std::string& whence) {
    if (descriptor->abi != PP_ABI)
        throw Error(Fault::conflict, whence + " was built for plug-in ABI " + std::to_string(descriptor->abi) +
                                         ", this worker speaks ABI " + std::to_string(PP_ABI) + "; rebuild it with this SDK");
    if (descriptor->size < sizeof(pp_plugin) || !descriptor->package || !descriptor->version || !descriptor->types)
        throw Error(Fault::unavailable, whence + " describes itself incompletely");
    descriptor_ = descriptor;
    for (std::uint32_t i = 0; i < descriptor->type_count; ++i) {
        const pp_actor_type* type = descriptor->types[i];
        if (!type || type->size < offsetof(pp_actor_type, told) || !type->name)
            throw Error(Fault::unavailable, whence + " describes actor class " + std::to_string(i) + " incompletely");
        classes_.push_back(described(*type, *this));
    }
}

const ActorClass* Plugin::find(std::string_view name) const noexcept {
    for (const auto& one : classes_)
        if (one.type->name == name) return &one;
    return nullptr;
}

}  // namespace peacepie::worker
