// observers.hpp - who wants to hear of which command of HEAD.
//
// Pure; the broker's thread.  Subscribing twice is the same as once.
// Next: head.hpp notifies them.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "wire/limits.hpp"

namespace peacepie::broker {

class Observers {
public:
    /// False: there are too many.
    bool add(std::string_view command, std::string_view address) {
        const auto found = of_.find(command);
        if (found == of_.end()) {
            if (of_.size() >= limits::observers_max) return false;
            return of_[std::string(command)].emplace_back(address), true;
        }
        if (std::find(found->second.begin(), found->second.end(), address) != found->second.end()) return true;
        if (found->second.size() >= limits::observers_max) return false;
        return found->second.emplace_back(address), true;
    }
    /// False: was not subscribed.
    bool remove(std::string_view command, std::string_view address) {
        const auto found = of_.find(command);
        if (found == of_.end() || std::erase(found->second, address) == 0) return false;
        if (found->second.empty()) of_.erase(found);
        return true;
    }
    void remove_all(std::string_view address) {
        for (auto& [command, addresses] : of_) std::erase(addresses, address);
        std::erase_if(of_, [](const auto& entry) { return entry.second.empty(); });
    }
    [[nodiscard]] const std::vector<std::string>* of(std::string_view command) const {
        const auto found = of_.find(command);
        return found == of_.end() ? nullptr : &found->second;
    }
    [[nodiscard]] bool empty() const noexcept { return of_.empty(); }

private:
    std::map<std::string, std::vector<std::string>, std::less<>> of_;
};

}  // namespace peacepie::broker
