// awaited.hpp - mail for actors that an earlier broker knew and whose worker has not said hello to this one yet.
//
// One per broker, in Exchange; its thread.  Pure data.  For a moment after a restart such mail waits, because its recipients run
// on and are back within tens of milliseconds; what comes later, or beyond the bound, is refused.  Where the names of the earlier
// broker are not known, mail for any unknown name waits, and nobody is told that there is no such actor before all can be back.
// Why so: sdk/docs/decisions/0022-a-broker-that-comes-back.md.
// Next: exchange.cpp fills and empties it.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/passed_mail.hpp"
#include "wire/bounds.hpp"

namespace peacepie::broker {

class Awaited {
public:
    /// Names are known from before: their mail waits from now on.
    void begin(Nanoseconds now) noexcept { until_ = now + limits::awaited_patience; }
    /// An earlier broker has left no names: any may be one that it knew.
    void begin_without_names(Nanoseconds now) noexcept {
        begin(now);
        anybody_until_ = now + limits::return_patience;
    }
    [[nodiscard]] bool may_be_anybody(Nanoseconds now) const noexcept { return now < anybody_until_; }
    [[nodiscard]] bool has_room_for(std::size_t bytes, Nanoseconds now, CountedBounds& bounds) const noexcept {
        return now < until_ && bounds.allows(Bound::awaited_messages, count_ + 1) && bounds.allows(Bound::awaited_bytes, bytes_ + bytes);
    }
    void hold(std::string_view name, std::string encoded, Nanoseconds now) {
        ++count_;
        bytes_ += encoded.size();
        mail_[std::string(name)].push_back({std::move(encoded), now});
    }
    /// All that waits for that name, in order.
    [[nodiscard]] std::vector<HeldMail> take(std::string_view name) {
        const auto found = mail_.find(name);
        if (found == mail_.end()) return {};
        auto taken = std::move(found->second);
        mail_.erase(found);
        count_ -= taken.size();
        for (const auto& mail : taken) bytes_ -= mail.encoded.size();
        return taken;
    }
    /// Whose mail waits, once it has waited long enough.
    [[nodiscard]] std::vector<std::string> overdue(Nanoseconds now) const {
        std::vector<std::string> names;
        if (now < until_) return names;
        for (const auto& [name, mail] : mail_) names.push_back(name);
        return names;
    }
    [[nodiscard]] bool empty() const noexcept { return mail_.empty(); }

private:
    std::map<std::string, std::vector<HeldMail>, std::less<>> mail_;
    std::size_t count_ = 0;
    std::size_t bytes_ = 0;
    Nanoseconds until_{0}, anybody_until_{0};
};

}  // namespace peacepie::broker
