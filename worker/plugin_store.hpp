// plugin_store.hpp - from a requirement to loaded code.
//
// One per worker, owned by its admin and used in its turns only.  A file is `PACKAGE-VERSION.so` in the packages folder, so
// two versions are two files and both may be loaded; of those that fit, the highest is taken.
// Next: plugin.hpp loads the file.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "wire/value.hpp"
#include "worker/plugin.hpp"

namespace peacepie::worker {

class PluginStore {
public:
    explicit PluginStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

    /// The plug-in of a requirement, loaded if need be.  Throws Error; the text names what is there instead.
    [[nodiscard]] Plugin& load(const std::string& requires_dist);
    /// The actor class of `{requires_dist, class}`.  Throws Error.
    [[nodiscard]] const ActorClass& find(const Value& class_desc);
    /// A plug-in linked into this program: tests and the simulator.
    void adopt(const pp_plugin& descriptor);
    [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_; }

private:
    struct Candidate {
        std::string version;
        std::filesystem::path file;
    };
    [[nodiscard]] std::set<std::string> packages() const;
    [[nodiscard]] std::vector<Candidate> candidates(const std::string& package) const;

    std::filesystem::path folder_;
    std::map<std::pair<std::string, std::string>, std::unique_ptr<Plugin>> loaded_;  // package and version
};

/// The class_desc that means exactly this code.
[[nodiscard]] Value pinned(const ActorClass& actor_class);

}  // namespace peacepie::worker
