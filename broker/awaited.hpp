// awaited.hpp - mail for actors that an earlier broker knew and whose worker has not said hello to this one yet.
//
// One per broker, in Exchange; its thread.  Pure data.  For a moment after a restart such mail waits, because its recipients run
// on and are back within tens of milliseconds; what comes later, or beyond the bound, is refused.  Where the names of the earlier
// broker are not known, and those of spawned actors never are, mail for any unknown name waits, and nobody is told that there is
// no such actor before all can be back.
// Why so: sdk/docs/decisions/0022-a-broker-that-comes-back.md.
// Next: exchange.cpp fills and empties it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/passed_mail.hpp"
#include "wire/bounds.hpp"
#include "wire/spawned_name.hpp"

namespace peacepie::broker {

inline constexpr std::string_view not_back_yet =
    "this broker took the place of one that died, and not all processes may be back yet; ask again soon";

class Awaited {
public:
    /// There was an earlier broker, and its names are known: their mail waits from now on.
    void begin(Nanoseconds now) noexcept {
        until_ = now + limits::awaited_patience;
        all_back_at_ = now + limits::return_patience;
    }
    /// It has left no names: any may be one that it knew.
    void begin_without_names(Nanoseconds now) noexcept {
        begin(now);
        has_names_ = false;
    }
    [[nodiscard]] bool is_everybody_back(Nanoseconds now) const noexcept { return now >= all_back_at_; }
    /// The earlier broker may have had that name, though this one has not heard of it.
    [[nodiscard]] bool may_be_one(std::string_view unknown, Nanoseconds now) const noexcept {
        return !is_everybody_back(now) && (!has_names_ || looks_spawned(unknown));
    }
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
    /// Whose mail waits, of those that were spawned there.
    [[nodiscard]] std::vector<std::string> born_in(std::uint64_t nursery) const {
        const auto prefix = "~" + std::to_string(nursery) + "~";
        std::vector<std::string> names;
        for (auto mail = mail_.lower_bound(prefix); mail != mail_.end() && mail->first.starts_with(prefix); ++mail) names.push_back(mail->first);
        return names;
    }
    [[nodiscard]] bool empty() const noexcept { return mail_.empty(); }

private:
    std::map<std::string, std::vector<HeldMail>, std::less<>> mail_;
    std::size_t count_ = 0;
    std::size_t bytes_ = 0;
    Nanoseconds until_{0}, all_back_at_{0};
    bool has_names_ = true;
};

}  // namespace peacepie::broker
