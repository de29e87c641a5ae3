// unsettled.cpp - who owns a name that nobody leads through its move any more.  Next: moves.cpp
#include "broker/unsettled.hpp"

#include <utility>

#include "broker/arguments.hpp"
#include "broker/relocation.hpp"

namespace peacepie::broker {

std::vector<Unsettled::Copy> Unsettled::read(const Value* moving, const BroughtDeclarations& declared) {
    std::vector<Copy> copies;
    if (moving == nullptr || moving->is_nil()) return copies;
    if (!moving->as_array()) throw Error(Fault::bad_request, "moving is a list of {entity, epoch, source, target, …}");
    for (const auto& one : *moving->as_array()) {
        Copy copy;
        copy.name = entity_of(one, "entity");
        copy.epoch = epoch_of(one, "epoch");
        copy.life = epoch_of(one, "life");
        copy.source = node_in(one, "source");
        copy.target = node_in(one, "target");
        copy.is_frozen = flag_of(one, "frozen");
        copy.is_loaded = flag_of(one, "loaded");
        if (const auto* class_desc = one.find("class_desc")) copy.class_desc = class_desc->encoded();
        copy.declared = declared.of(one);
        copies.push_back(std::move(copy));
    }
    return copies;
}

void Unsettled::bring(const Session& from, std::vector<Copy> copies) {
    for (auto& copy : copies) {
        if (from.address != (copy.is_frozen ? copy.source : copy.target)) continue;  // not its to bring
        exchange_.registry.epoch_seen(copy.epoch);
        const auto* actor = exchange_.registry.find(copy.name);
        if (actor != nullptr && actor->move != nullptr && actor->move->move().epoch == copy.epoch) continue;
        if (is_alive_there(copy, from)) {
            if (copy.is_frozen) go_on_at_home(copy);
            continue;
        }
        if (is_outlived(copy)) {
            drop(copy);
            continue;
        }
        auto& move = moves_[copy.name];
        if (move.copy.epoch > copy.epoch) {  // of an earlier move, which its worker was not told the end of
            drop(copy);
            continue;
        }
        if (move.copy.epoch < copy.epoch) {
            if (move.copy.epoch != 0) drop(move.copy);
            move = {std::move(copy), exchange_.clock.now()};
            continue;
        }
        if (copy.is_frozen) move.copy.class_desc = copy.class_desc, move.copy.life = copy.life;
        if (move.copy.declared == nullptr) move.copy.declared = std::move(copy.declared);
        move.copy.is_frozen |= copy.is_frozen;
        move.copy.is_loaded |= copy.is_loaded;
    }
}

void Unsettled::on_lost(std::string_view node) {
    for (auto& [name, move] : moves_) {
        if (move.copy.source == node) move.copy.is_frozen = false;
        if (move.copy.target == node) move.copy.is_loaded = false;
    }
    std::erase_if(moves_, [](const auto& named) { return !named.second.copy.is_frozen && !named.second.copy.is_loaded; });
}

void Unsettled::on_time() {
    std::erase_if(moves_, [this](const auto& named) { return settle(named.second); });
}

bool Unsettled::is_decided(const std::string& node, const Move& move) const {
    if (exchange_.withheld.holds(node, exchange_.clock.now())) return false;  // another of its name may be here, which says nothing
    const auto* session = exchange_.roster.find_node(node);
    return (session != nullptr && session->has_brought_all) || exchange_.clock.now() >= move.since + limits::node_patience;
}

bool Unsettled::settle(const Move& move) {
    const auto& copy = move.copy;
    const bool is_left_to_us = !exchange_.registry.holds(copy.name);
    auto* source = copy.is_frozen ? exchange_.roster.find_node(copy.source) : nullptr;
    auto* target = copy.is_loaded ? exchange_.roster.find_node(copy.target) : nullptr;
    if (!is_left_to_us || (source == nullptr && target == nullptr)) return drop(copy), true;
    if (!is_decided(source != nullptr ? copy.target : copy.source, move)) return false;
    log::info(log::Fields{{"actor", copy.name}, {"from", copy.source}, {"to", copy.target}}, "a move that was left unfinished ends: {} {}", copy.name,
              source != nullptr ? "stays" : "has moved");
    if (source == nullptr) return own(*target, copy, copy.epoch, "start"), true;
    own(*source, copy, copy.life, "resume");
    tell(copy.target, copy, "cancel_move");
    return true;
}

void Unsettled::own(Session& owner, const Copy& copy, std::uint64_t epoch, std::string_view verb) {
    exchange_.take_back(copy.name, owner, epoch, copy.class_desc, copy.declared);
    tell(owner.address, copy, verb);
    exchange_.release_awaited(copy.name);
}

/// A worker says hello more than once when it finds a new connection.  What it has may have frozen since the hello before, and the
/// word to start or to go on may be on its way while it says so.
bool Unsettled::is_alive_there(const Copy& copy, const Session& at) const {
    const auto* actor = exchange_.registry.find(copy.name);
    return actor != nullptr && actor->session == &at && actor->epoch == (copy.is_frozen ? copy.life : copy.epoch);
}

void Unsettled::go_on_at_home(const Copy& copy) {
    tell(copy.source, copy, "resume");
}

bool Unsettled::is_outlived(const Copy& copy) const {
    const auto* fallen = exchange_.fallen.find(copy.name);
    return fallen != nullptr && (copy.is_frozen ? fallen->epoch >= copy.epoch : fallen->epoch > copy.epoch);
}

void Unsettled::drop(const Copy& copy) {
    const auto* actor = exchange_.registry.find(copy.name);
    const bool is_taken = actor != nullptr && actor->epoch == copy.epoch;  // the target lives by that very snapshot
    if (copy.is_frozen) tell(copy.source, copy, "discard", !is_taken);
    if (copy.is_loaded) tell(copy.target, copy, "cancel_move");
}

void Unsettled::tell(const std::string& node, const Copy& copy, std::string_view verb, bool fenced) {
    auto* session = exchange_.roster.find_node(node);
    if (session == nullptr) return;
    Value body = Value::Map{};
    body.set("entity", copy.name).set("epoch", copy.epoch);
    if (fenced) body.set("fenced", true);
    exchange_.say(*session, Kind::send, 0, verb, body);
}

}  // namespace peacepie::broker
