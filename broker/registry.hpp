// registry.hpp - which worker holds which actor, under which epoch.  One look per envelope.
//
// Names are unique in the whole system; an epoch numbers the lives of a name and only grows.  Pure; the broker's thread.
// The hot path asks for the same name again and again, so the last answer is remembered; a look hashes no string then.
// Next: relocation.hpp changes where a name lives, closest.hpp guesses what a misspelt one meant.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "broker/declaration.hpp"
#include "wire/text_hash.hpp"

namespace peacepie::broker {

struct Session;
class Relocation;

/// What is known of one name.  About 130 bytes with its key.
struct Registration {
    Session* session = nullptr;
    std::uint64_t epoch = 0;
    Relocation* move = nullptr;  ///< while one is under way
    std::uint32_t class_desc = 0;
    std::uint64_t born = 0;      ///< the epoch of its first life: numbers creations
    DeclarationPointer declared = nullptr;
};

class Registry {
public:
    explicit Registry(std::uint64_t first_epoch) : last_epoch_(first_epoch) {}

    [[nodiscard]] Registration* find(std::string_view name) noexcept {
        if (last_ != nullptr && last_->first == name) return &last_->second;
        return find_in_table(name);
    }
    [[nodiscard]] bool holds(std::string_view name) const { return actors_.contains(name); }
    /// The name must be free.
    Registration& add(std::string_view name, Session& session, std::uint64_t epoch, std::uint32_t class_desc);
    void move_to(std::string_view name, Registration& registration, Session& session, std::uint64_t epoch);
    bool remove(std::string_view name);
    /// All names of a session that ended, each shown before it goes; names on the move must have been settled before.
    template <class Each>
    void remove_all(const Session& session, Each each) {
        last_ = nullptr;
        std::erase_if(actors_, [&](const auto& actor) {
            if (actor.second.session != &session) return false;
            each(actor.first, actor.second);
            return true;
        });
    }

    [[nodiscard]] std::uint64_t next_epoch() noexcept { return ++last_epoch_; }
    /// A worker that outlived an earlier broker brings epochs of it.
    void epoch_seen(std::uint64_t epoch) noexcept { last_epoch_ = epoch > last_epoch_ ? epoch : last_epoch_; }

    /// Names whose entry, or what is to become of them, has changed since they were last taken out; empty unless watched.
    [[nodiscard]] std::deque<std::string>& changed() noexcept { return changed_; }
    void watch_changes(bool watched) noexcept {
        watched_ = watched;
        changed_.clear();
    }
    void note_change(std::string_view name) {
        if (watched_) changed_.emplace_back(name);
    }
    template <class Each>
    void each(Each each) const {
        for (const auto& [name, registration] : actors_) each(name, registration);
    }

    [[nodiscard]] std::size_t size() const noexcept { return actors_.size(); }
    [[nodiscard]] bool has_room(std::size_t more) const noexcept;
    /// One page of a session's names in order, without sorting them all.
    [[nodiscard]] std::vector<std::string> page(const Session& session, std::size_t offset, std::size_t count) const;
    /// Names that look like `name`; a few, found among a bounded number.
    [[nodiscard]] std::vector<std::string> close_to(std::string_view name) const;

    /// Class descriptions are few and repeated: each is kept once, encoded.
    [[nodiscard]] std::uint32_t intern(std::string_view class_desc);
    [[nodiscard]] const std::string& class_desc(const Registration& registration) const;

private:
    using Table = std::unordered_map<std::string, Registration, TextHash, std::equal_to<>>;
    Registration* find_in_table(std::string_view name) noexcept;

    Table actors_;
    Table::value_type* last_ = nullptr;
    std::uint64_t last_epoch_;
    std::deque<std::string> changed_;
    bool watched_ = false;
    std::vector<std::string> class_descs_{std::string()};
    std::unordered_map<std::string, std::uint32_t, TextHash, std::equal_to<>> class_desc_numbers_;
};

}  // namespace peacepie::broker
