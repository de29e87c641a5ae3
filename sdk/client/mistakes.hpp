// mistakes.hpp - everything that is wrong with a file, told at once and in the order of its lines.
//
// A value for the one who reads; one thread.
// Next: app_file.cpp and app_check.cpp collect some.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "client/exit_code.hpp"

namespace peacepie::client {

class Mistakes {
public:
    explicit Mistakes(std::string file) : file_(std::move(file)) {}

    void add(int line, std::string text) { all_.emplace(line, std::move(text)); }
    [[nodiscard]] bool is_empty() const noexcept { return all_.empty(); }
    /// Throws ConfigError with a line "FILE:LINE: ..." for each, if there are any.
    void refuse() const {
        if (all_.empty()) return;
        std::string text;
        for (const auto& [line, mistake] : all_)
            text += (text.empty() ? "" : "\n") + file_ + ":" + std::to_string(line) + ": " + mistake;
        throw ConfigError(text);
    }

private:
    std::string file_;
    std::multimap<int, std::string> all_;
};

}  // namespace peacepie::client
