// unsettled.hpp - moves that an earlier broker began and did not end, or that went on while a worker seemed lost.
//
// Their workers keep what they have and bring it with their hello: the source its frozen actor, the target its loaded copy.
// Both are the same until the target has started, so nobody needs to know how far the move had come:
//
//   the source brought it as living, before it froze ─────────▶ the source goes on
//   somebody else lives under that name, or did in a later life ─▶ all copies are dropped
//   nobody, and the source has it ─(the target is here, or patience is over)─▶ the source goes on
//   nobody, and only the target ───(the source is here, or patience is over)─▶ the target starts
//
// Owned by Head; the broker's thread.  The name waits meanwhile: it is not made again by healing.
// Next: moves.hpp for those that this broker leads.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "broker/brought.hpp"
#include "broker/exchange.hpp"

namespace peacepie::broker {

class Unsettled {
public:
    explicit Unsettled(Exchange& exchange) : exchange_(exchange) {}

    struct Copy {
        std::string name;
        std::string class_desc;    ///< encoded
        DeclarationPointer declared = nullptr;
        std::uint64_t epoch = 0;   ///< of the life that the move was to begin
        std::uint64_t life = 0;    ///< of the frozen actor; 0 at the target
        std::string source, target;
        bool is_frozen = false;    ///< at the source
        bool is_loaded = false;    ///< at the target
    };
    /// Throws Error bad_request.
    [[nodiscard]] static std::vector<Copy> read(const Value* moving, const BroughtDeclarations& declared);
    /// With a hello, after the actors of that worker are registered.  Moves that this broker leads go on as they were.
    void bring(const Session& from, std::vector<Copy> copies);
    void on_lost(std::string_view node);
    /// Decides what can be decided.
    void on_time();
    [[nodiscard]] bool is_under_way() const noexcept { return !moves_.empty(); }
    [[nodiscard]] bool holds(std::string_view name) const { return moves_.contains(name); }

private:
    struct Move {
        Copy copy;  ///< of either, and what both have
        Nanoseconds since{0};
    };
    [[nodiscard]] bool settle(const Move& move);
    [[nodiscard]] bool is_decided(const std::string& node, const Move& move) const;
    void own(Session& owner, const Copy& copy, std::uint64_t epoch, std::string_view verb);
    void drop(const Copy& copy);
    /// That very life is registered there.
    [[nodiscard]] bool is_alive_there(const Copy& copy, const Session& at) const;
    void go_on_at_home(const Copy& copy);
    /// A later life of that name has been and died: the copy would fall back behind what was done in it.
    [[nodiscard]] bool is_outlived(const Copy& copy) const;
    /// `fenced`: nobody knows what became of its snapshot, and so of the mail in it.
    void tell(const std::string& node, const Copy& copy, std::string_view verb, bool fenced = false);

    Exchange& exchange_;
    std::map<std::string, Move, std::less<>> moves_;  // by name
};

}  // namespace peacepie::broker
