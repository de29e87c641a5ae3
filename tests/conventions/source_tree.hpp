// source_tree.hpp - the files of this checkout as text, for the tests of its form.
//
// Read once per question; tests only, one thread.
// Next: arrows_test.cpp asks which way includes point.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace peacepie::conventions {

struct SourceFile {
    std::string path;  ///< from the root, with forward slashes
    std::string text;

    [[nodiscard]] bool is_under(std::string_view folder) const { return path.starts_with(std::string(folder) + "/"); }
    [[nodiscard]] bool ends_with(std::string_view suffix) const { return path.ends_with(suffix); }
    [[nodiscard]] bool is_header() const { return ends_with(".hpp") || ends_with(".h"); }
    [[nodiscard]] bool is_cpp() const { return is_header() || ends_with(".cpp"); }
    [[nodiscard]] std::string folder() const { return std::filesystem::path(path).parent_path().string(); }
    [[nodiscard]] std::size_t line_count() const {
        return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    }
    [[nodiscard]] std::vector<std::string> lines() const {
        std::vector<std::string> lines;
        for (std::size_t begin = 0; begin < text.size();) {
            const auto end = std::min(text.find('\n', begin), text.size());
            lines.push_back(text.substr(begin, end - begin));
            begin = end + 1;
        }
        return lines;
    }
};

inline const std::filesystem::path& root() {
    static const std::filesystem::path root = PEACEPIE_SOURCE_DIR;
    return root;
}

/// Whether a folder or file of that name is made, not written.
inline bool is_made(const std::string& name) {
    return name == ".git" || name == ".cache" || name == "__pycache__" || name == "node_modules" || name.starts_with("build");
}

inline bool is_text(const std::filesystem::path& path) {
    static const std::vector<std::string> endings{".hpp", ".h",   ".cpp", ".c",    ".py",  ".sh",  ".md",      ".txt", ".cmake",
                                                  ".map", ".in",  ".js",  ".json", ".mjs", ".css", ".service", ".toml"};
    const auto name = path.filename().string();
    return std::find(endings.begin(), endings.end(), path.extension()) != endings.end() || name == "run" || name == "LICENSE";
}

/// Every written text file, sorted by path.
inline const std::vector<SourceFile>& files() {
    static const auto all = [] {
        std::vector<SourceFile> found;
        for (auto it = std::filesystem::recursive_directory_iterator(root()); it != std::filesystem::end(it); ++it) {
            if (is_made(it->path().filename().string())) {
                it.disable_recursion_pending();
                continue;
            }
            if (!it->is_regular_file() || !is_text(it->path())) continue;
            std::ifstream in(it->path(), std::ios::binary);
            found.push_back({std::filesystem::relative(it->path(), root()).generic_string(),
                             {std::istreambuf_iterator<char>(in), {}}});
        }
        std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
        return found;
    }();
    return all;
}

/// The C++ that ships: what is built into programs, the SDK and the plug-ins.
inline std::vector<SourceFile> product() {
    std::vector<SourceFile> found;
    for (const auto& file : files())
        if (file.is_cpp() && (file.is_under("broker") || file.is_under("worker") || file.is_under("sdk") || file.is_under("plugins")))
            found.push_back(file);
    return found;
}

}  // namespace peacepie::conventions
