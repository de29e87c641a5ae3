// checker.cpp - each promise as a comparison.  Next: world.cpp.
#include "sim/checker.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "wire/codec.hpp"
#include "wire/limits.hpp"
#include "wire/value.hpp"

namespace peacepie::sim {

using namespace std::chrono_literals;

namespace {

constexpr Nanoseconds ask_grace = 1s + 150ms;  // the promise, and two ways over the network and one tick of the broker's clock

bool is_numbered(std::string_view command) {
    return command == "count" || command == "add" || command == "slow" || command == "slower" || command == "crowd";
}

}  // namespace

void Checker::broken(std::string text) {
    if (fault_.empty()) fault_ = std::move(text);
}

void Checker::sends(const std::string& sender, const std::string& recipient, int number) {
    under_way_[{{sender, recipient}, number}] = {Place::Kind::process, running_.process};
}

void Checker::handles(const std::string& sender, const std::string& recipient, int number) {
    const auto [last, is_first] = last_handled_.try_emplace({sender, recipient}, number);
    if (!is_first && number <= last->second && !may_go_back_.contains(recipient))
        broken(fmt::format("G1: {} handled number {} of {} after number {}", recipient, number, sender, last->second));
    last->second = number;
    under_way_.erase({{sender, recipient}, number});
}

std::uint64_t Checker::turn_begins(const std::string& name) {
    owns(name);
    const auto number = ++last_turn_;
    for (const auto& [other, turn] : turns_)
        if (turn.name == name && turn.process == running_.process && turn.epoch == running_.epoch)
            broken(fmt::format("G4: a turn of {} began while another one was not over", name));
    turns_[number] = {name, running_.process, running_.epoch};
    return number;
}

void Checker::owns(const std::string& name) {
    Owner& owner = owners_.try_emplace(name, Owner{running_.process, running_.epoch}).first->second;
    if (running_.epoch < owner.epoch)
        broken(fmt::format("G5: {} had a turn under epoch {} after one under epoch {}", name, running_.epoch, owner.epoch));
    else if (running_.epoch == owner.epoch && running_.process != owner.process)
        broken(fmt::format("G5: two processes have {} under epoch {}", name, owner.epoch));
    owner = {running_.process, running_.epoch};
}

void Checker::client_asks(std::uint64_t mid, Nanoseconds until) {
    asks_[mid] = until + ask_grace;
    asks_by_time_.emplace(until + ask_grace, mid);
}

void Checker::is_answered(std::uint64_t mid, Nanoseconds now) {
    if (!ended_.insert(mid).second) broken(fmt::format("G3: ask {} of the client was answered twice", mid));
    const auto ask = asks_.find(mid);
    if (ask == asks_.end()) return;
    if (now > ask->second) broken(fmt::format("G3: ask {} of the client was answered too late", mid));
    asks_by_time_.erase({ask->second, mid});
    asks_.erase(ask);
}

void Checker::moves(std::string_view frame, Place to) {
    FrameReader reader(frame);
    while (const auto encoded = reader.next()) {
        Envelope envelope;
        if (!read_envelope(*encoded, envelope)) note(envelope, to);
    }
}

void Checker::note(const Envelope& envelope, Place to) {
    if (envelope.command == "freeze" && to.kind == Place::Kind::process) {
        const auto body = Value::decode(envelope.body);
        if (const Value* entity = body.find("entity"); entity && entity->as_text()) freezing_[to.peer].insert(*entity->as_text());
    }
    if (envelope.command == "snapshot" && to.kind == Place::Kind::to_broker) {
        const auto& names = freezing_[to.peer];
        for (auto& [message, place] : under_way_)
            if (place == Place{Place::Kind::process, to.peer} && names.contains(message.first.second)) place = {Place::Kind::snapshot};
    }
    if ((envelope.command == "start" || envelope.command == "resume") && to.kind == Place::Kind::process) {  // where it goes on has its mail again
        const auto body = Value::decode(envelope.body);
        const Value* entity = body.find("entity");
        for (auto& [message, place] : under_way_)
            if (place.kind == Place::Kind::snapshot && entity && entity->as_text() && message.first.second == *entity->as_text()) place = to;
    }
    if (envelope.kind != Kind::send) return;
    if (envelope.command == "dead_letters" && envelope.recipient.empty()) note_letters(envelope, to);
    if (is_numbered(envelope.command)) note_send(envelope.recipient, envelope.body, to);
}

void Checker::note_letters(const Envelope& report, Place to) {
    const bool has_come = to.kind == Place::Kind::broker;
    const auto body = Value::decode(report.body);
    for (const auto& letter : *body.find("letters")->as_array()) {
        letters_ += has_come ? 1 : 0;
        const Value *recipient = letter.find("recipient"), *said = letter.find("body");
        if (recipient && said && is_numbered(*letter.find("command")->as_text()))
            note_send(*recipient->as_text(), said->as_binary()->bytes, has_come ? Place{Place::Kind::letter} : to);
    }
    const Value* more = body.find("more");
    for (const auto& [reason, count] : has_come && more ? *more->as_map() : Value::Map{}) letters_only_counted_ += static_cast<std::uint64_t>(*count.as_integer());
}

void Checker::note_send(std::string_view recipient, std::string_view said, Place to) {
    const auto body = Value::decode(said);
    const Value *sender = body.find("sender"), *number = body.find("number");
    if (!sender || !sender->as_text() || !number || !number->as_integer()) return;
    const std::pair<Stream, int> message{{*sender->as_text(), std::string(recipient)}, static_cast<int>(*number->as_integer())};
    if (to.kind == Place::Kind::client_pipe) under_way_[message] = to;
    else if (const auto known = under_way_.find(message); known != under_way_.end()) {
        lost_with_brokers_ += to.kind == Place::Kind::lost ? 1 : 0;
        known->second = to;
    }
}

template <class Is>
void Checker::lose(Is is) {
    for (auto& [message, place] : under_way_)
        if (is(place) || place.kind == Place::Kind::snapshot) place = {};
}

void Checker::destroyed(Place gone) {
    lose([&](const Place& place) { return place == gone; });
}

void Checker::process_died(Peer process) {
    for (const auto& [message, place] : under_way_) lost_with_processes_ += place.peer == process ? 1 : 0;
    lose([&](const Place& place) { return place.peer == process; });
    std::erase_if(turns_, [&](const auto& turn) { return turn.second.process == process; });
    freezing_.erase(process);
}

void Checker::broker_died(std::uint64_t counted) {
    using enum Place::Kind;
    for (const auto& [message, place] : under_way_) lost_with_brokers_ += place.kind == broker || place.kind == to_broker || place.kind == from_broker ? 1 : 0;
    lost_with_brokers_ -= std::min(lost_with_brokers_, counted);
    lose([](const Place& place) { return place.kind != process && place.kind != letter; });
    asks_.clear();
    asks_by_time_.clear();
}

void Checker::broker_sleeps(Nanoseconds longer) {
    asks_by_time_.clear();
    for (auto& [mid, until] : asks_) asks_by_time_.emplace(until += longer, mid);
}

void Checker::after_step(Nanoseconds now, const broker::Counters& broker) {
    if (!asks_by_time_.empty() && asks_by_time_.begin()->first < now)
        broken(fmt::format("G3: ask {} of the client has not ended in time", asks_by_time_.begin()->second));
    const auto in = broker.envelopes + broker.made + broker.let_go + broker.held_ended;
    const auto out = broker.routed + broker.held + broker.for_head + broker.turned_away + broker.late_answers;
    if (in != out) broken(fmt::format("G2: the broker took {} messages and counts {} ends", in, out));
}

void Checker::all_is_accounted_for(std::uint64_t counted) {
    std::uint64_t missing = 0;
    std::string first;
    for (const auto& [message, place] : under_way_) {
        if (place.kind == Place::Kind::lost || place.kind == Place::Kind::letter) continue;
        if (missing++ == 0)
            first = fmt::format("{} to {}, number {}, last seen in {} {}", message.first.first, message.first.second, message.second,
                                static_cast<int>(place.kind), place.peer);
    }
    counted += letters_only_counted_;
    if (missing > counted) broken(fmt::format("G2: {} messages are missing and {} are counted, the first of them: {}", missing, counted, first));
}

void Checker::nothing_waits(std::string_view node, const Unread& unread) {
    if (unread.waiting != 0) broken(fmt::format("G2: {} has taken in {} sends more than have ended", node, static_cast<std::int64_t>(unread.waiting)));
}

}  // namespace peacepie::sim
