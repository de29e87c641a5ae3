// healing.cpp - one ward at a time.  Next: fallen.hpp
#include "broker/healing.hpp"

#include <algorithm>

namespace peacepie::broker {

std::vector<Healing::Ended> Healing::on_lost(const Session& session, Ending how) {
    const bool in_order = how == Ending::in_order;
    std::vector<Ended> ended;
    std::size_t count = 0;
    std::map<std::string, std::pair<Group, std::uint64_t>> groups;  // with the oldest of its members that died
    exchange_.registry.remove_all(session, [&](const std::string& name, const Registration& actor) {
        const bool is_condemned = condemned_.erase(name) != 0;
        const auto down = name == session.blamed || (is_condemned && !in_order) ? Down::error : down_of(how);
        ended.push_back({name, down});
        ending_.erase(name);
        if (in_order) return exchange_.registry.note_change(name);
        if (is_condemned) return give_up(name, "its handlers crashed their process too often");
        if (!exchange_.fell(name, actor, session.address, down)) return;
        ++count;
        if (const auto& group = actor.declared->group; !group.name.empty()) {
            auto& oldest = groups.try_emplace(group.name, group, actor.born).first->second.second;
            oldest = std::min(oldest, actor.born);
        }
    });
    if (in_order) dismissed(session.address);
    for (auto& [node, ward] : wards_)
        if (ward.mid != 0 && ward.target == session.address) failed(ward, code_of(Fault::worker_lost), "its new process died too");
    if (count == 0) return ended;
    wards_[session.address].since = exchange_.clock.now();
    for (const auto& [name, hit] : groups) regroup(hit.first, hit.second);
    log::warning(log::Fields{{"node", session.address}, {"actors", count}}, "{} actors of {} are to be made again", count, session.address);
    return ended;
}

void Healing::blame(const std::string& name, std::string_view message) {
    if (!is_name(name)) return;
    if (!message.empty() && exchange_.poisons.note(name, message)) {
        ++exchange_.counters.set_aside;
        log::error(log::Fields{{"actor", name}, {"message", message}},
                   "a reliable message to {} is set aside: it crashed its process twice; its launcher's log has the backtraces", name);
    }
    if (rules_[name].died(exchange_.clock.now())) return;
    if (const auto* fallen = exchange_.fallen.find(name); fallen != nullptr && !fallen->removed && exchange_.registry.find(name) == nullptr)
        give_up(name, "its handlers crashed their process too often");
    else if (exchange_.registry.find(name) != nullptr) condemned_.insert(name);
}

bool Healing::retired(std::string_view name, const Registration& actor) {
    if (!actor.declared) return true;
    if (actor.declared->restart != Restart::permanent) {
        if (actor.declared->durable) exchange_.states.drop(name);
        return true;
    }
    const auto now = exchange_.clock.now();
    const auto& group = actor.declared->group;
    const auto when = group.name.empty() ? rules_[std::string(name)].died(now) : regroup(group, actor.born);
    if (!when) return give_up(std::string(name), "it ended by itself too often"), false;
    const auto& node = actor.session->address;
    exchange_.fell(name, actor, node, Down::normal);
    auto& ward = wards_[node];
    ward.since = now;
    ward.not_before = std::max(ward.not_before, *when);
    return true;
}

std::optional<Nanoseconds> Healing::regroup(const Group& group, std::uint64_t first_born) {
    auto& rule = group_rules_.try_emplace(group.name, group.intensity, group.period).first->second;
    const auto when = rule.died(exchange_.clock.now());
    if (!when) return give_up_group(group.name), std::nullopt;
    if (group.strategy == Strategy::one_for_one) return when;
    exchange_.registry.each([&](const std::string& name, const Registration& actor) {
        const bool is_member = actor.declared && actor.declared->group.name == group.name && !ending_.contains(name);
        const bool is_meant = group.strategy == Strategy::one_for_all ? actor.born != first_born : actor.born > first_born;
        if (!is_member || !is_meant) return;
        ending_.insert(name);
        end(name, actor);
    });
    return when;
}

void Healing::give_up_group(const std::string& group) {
    group_rules_.erase(group);  // who is created by hand after this begins anew
    log::error(log::Fields{{"group", group}}, "the group {} is given up: its members ended too often; create them again by hand when that is mended", group);
    std::vector<std::string> waiting;
    for (const auto& [node, names] : exchange_.fallen.by_node())
        for (const auto& [born, name] : names)
            if (const auto* actor = exchange_.fallen.find(name); actor->declared->group.name == group && !actor->removed) waiting.push_back(name);
    for (const auto& name : waiting) give_up(name, "its group is given up");
    exchange_.registry.each([&](const std::string& name, const Registration& actor) {
        if (!actor.declared || actor.declared->group.name != group) return;
        ending_.erase(name);
        end(name, actor);
        ++exchange_.counters.given_up;
    });
}

void Healing::end(const std::string& name, const Registration& actor) {
    Value body = Value::Map{};
    body.set("name", name);
    exchange_.say(*actor.session, Kind::send, 0, "end_actor", body);
}

bool Healing::ended_for_group(std::string_view name, const Registration& actor) {
    const auto found = ending_.find(name);
    if (found == ending_.end()) return false;
    ending_.erase(found);
    exchange_.fell(name, actor, actor.session->address, Down::killed);
    auto& ward = wards_[actor.session->address];
    ward.since = exchange_.clock.now();
    return true;
}

/// What it had said reliably and nobody has acknowledged ends with it, as dead letters.  `kept` is as cell_delivery.cpp writes it.
void Healing::bury_unacknowledged(const std::string& name, const std::string& kept) try {
    const auto deliveries = kept.empty() ? Value() : Value::decode(kept);
    const auto* sent = deliveries.find("sent");
    const auto* channels = sent != nullptr ? sent->find("channels") : nullptr;
    for (const auto& channel : channels != nullptr && channels->as_array() != nullptr ? *channels->as_array() : Value::Array{}) {
        const auto& fields = channel.as_array() != nullptr ? *channel.as_array() : Value::Array{};
        if (fields.size() != 4 || fields[0].as_text() == nullptr || fields[3].as_array() == nullptr) continue;
        for (const auto& message : *fields[3].as_array()) {
            const auto& parts = message.as_array() != nullptr ? *message.as_array() : Value::Array{};
            if (parts.size() != 2 || parts[0].as_text() == nullptr || parts[1].as_binary() == nullptr) continue;
            ++exchange_.counters.made;
            exchange_.refuse({.command = *parts[0].as_text(), .recipient = *fields[0].as_text(), .sender = name, .body = parts[1].as_binary()->bytes},
                             Fault::stopping, "its sender was removed while its process was dead and nobody had acknowledged it; it may have been handled");
        }
    }
} catch (const Error& error) {
    log::error({{"actor", name}, {"code", error.code}}, "what {} had said reliably cannot be read: {}", name, error.text);
}

void Healing::removed(std::string_view name) {
    auto* actor = exchange_.fallen.find(name);
    if (actor->declared->durable) {
        const std::string own(name);
        if (const auto kept = exchange_.states.find(own)) bury_unacknowledged(own, kept->deliveries);
        exchange_.states.drop(name);
    }
    actor->removed = true;
    actor->forget_at = exchange_.clock.now() + limits::removal_remembered;
    exchange_.registry.note_change(name);
}

void Healing::ended_unheard(std::string_view name, std::string_view node) {
    const auto* actor = exchange_.fallen.find(name);
    if (actor != nullptr && actor->node == node && actor->made_in.empty()) exchange_.forget(name);
}

void Healing::dismissed(std::string_view node) {
    const auto found = exchange_.fallen.by_node().find(node);
    if (found == exchange_.fallen.by_node().end()) return;
    const auto names = found->second;
    for (const auto& [born, name] : names)
        if (const auto& made_in = exchange_.fallen.find(name)->made_in; made_in.empty() || made_in == node) exchange_.forget(name);
}

std::size_t Healing::waiting() const {
    std::size_t count = 0;
    for (const auto& [node, names] : exchange_.fallen.by_node())
        for (const auto& [born, name] : names)
            if (!exchange_.fallen.find(name)->removed && !exchange_.registry.holds(name)) ++count;
    return count;
}

void Healing::on_time() {
    const auto now = exchange_.clock.now();
    for (const auto& [node, names] : exchange_.fallen.by_node())
        if (!wards_.contains(node)) wards_[node].since = now;
    for (auto& [node, ward] : wards_) {
        if (ward.mid != 0 && now >= ward.deadline) failed(ward, code_of(Fault::expired), "its new process did not answer in time");
        if (ward.mid == 0 && now >= ward.not_before) go_on(node, ward);
    }
    std::erase_if(condemned_, [&](const auto& name) { return !rules_.contains(name); });
    std::erase_if(rules_, [&](const auto& rule) { return rule.second.is_quiet(now); });
    std::erase_if(group_rules_, [&](const auto& rule) { return rule.second.is_quiet(now); });
    std::erase_if(wards_, [&](const auto& ward) { return ward.second.mid == 0 && !exchange_.fallen.by_node().contains(ward.first); });
}

void Healing::postpone(Nanoseconds span) {
    for (auto& [node, ward] : wards_) ward.since += span;
}

/// The node itself as soon as it is back; when it does not come back another process of its host, or any.
Session* Healing::target_for(const std::string& node, const Ward& ward) {
    if (exchange_.withheld.holds(node, exchange_.clock.now())) return nullptr;
    if (auto* back = exchange_.roster.find_node(node)) return back->has_brought_all ? back : nullptr;
    if (exchange_.clock.now() < ward.since + limits::node_patience) return nullptr;
    Session* best = nullptr;
    const auto better = [&](const Session& one, const Session& other) {
        const bool here = one.host == host_of(node), there = other.host == host_of(node);
        return here != there ? here : one.actors < other.actors;
    };
    for (const auto& [other, session] : exchange_.roster.workers())
        if (session->has_brought_all && (best == nullptr || better(*session, *best))) best = session;
    return best;
}

Healing::Fate Healing::fate_of(const std::string& name, const FallenActor& actor, bool is_home) const {
    const bool is_past = exchange_.clock.now() >= actor.forget_at;
    if (exchange_.registry.holds(name)) return is_past ? Fate::forget : Fate::wait;       // made by hand
    if (unsettled_.holds(name) || exchange_.withheld.find(name, exchange_.clock.now()) != nullptr) return Fate::wait;  // it may live yet
    if (actor.removed) return is_home || is_past ? Fate::forget : Fate::wait;             // its process may bring it yet
    return actor.declared->restart == Restart::temporary ? Fate::forget : Fate::make;     // nobody brought it
}

/// The next in order of creation, together with those after it that were declared alike.
std::vector<std::string> Healing::next_batch(const std::string& node, const Ward& ward, bool is_home) {
    std::vector<std::string> batch, done;
    const FallenActor* first = nullptr;
    const auto names = exchange_.fallen.by_node().find(node);
    if (names == exchange_.fallen.by_node().end()) return batch;
    for (const auto& [born, name] : names->second) {
        const auto* actor = exchange_.fallen.find(name);
        const auto fate = fate_of(name, *actor, is_home);
        if (fate == Fate::forget) done.push_back(name);
        if (fate != Fate::make) continue;
        if (first == nullptr) first = actor;
        const bool is_alike = actor->class_desc == first->class_desc && *actor->declared == *first->declared;
        if (!is_alike || batch.size() >= (ward.one_by_one > 0 ? 1 : limits::healed_at_once_max)) break;
        batch.push_back(name);
    }
    for (const auto& name : done) exchange_.forget(name);
    return batch;
}

void Healing::go_on(const std::string& node, Ward& ward) {
    auto* target = target_for(node, ward);
    if (target == nullptr) return;
    ward.asked = next_batch(node, ward, target->address == node);
    if (ward.asked.empty()) return;
    ask(ward, *target);
    by_mid_.emplace(ward.mid, node);
}

void Healing::ask(Ward& ward, Session& target) {
    const auto* actor = exchange_.fallen.find(ward.asked.front());
    const bool is_single = ward.asked.size() == 1;
    Value body = Value::Map{};
    body.set("class_desc", Value::decode(actor->class_desc));
    if (is_single) body.set("name", ward.asked.front());
    else body.set("names", convert<std::vector<std::string>>::to(ward.asked));
    actor->declared->put_into(body);
    ward.mid = ++last_mid_;
    ward.target = target.address;
    for (const auto& name : ward.asked) exchange_.fallen.find(name)->made_in = ward.target;
    ward.deadline = exchange_.clock.now() + limits::healing_patience;
    const auto patience = std::chrono::duration_cast<std::chrono::milliseconds>(limits::healing_patience).count();
    exchange_.say(target, Kind::ask, ward.mid, is_single ? "create_actor" : "create_actors", body, static_cast<std::uint32_t>(patience));
}

void Healing::on_answer(const Session& from, const Envelope& answer) {
    const auto found = by_mid_.find(answer.mid);
    if (found == by_mid_.end() || wards_[found->second].target != from.address) {
        ++exchange_.counters.late_answers;
        return;
    }
    ++exchange_.counters.for_head;
    const auto node = found->second;
    auto& ward = wards_[node];
    if (answer.kind == Kind::reply && (answer.command == "actor_is_created" || answer.command == "actors_are_created")) {
        made(ward);
        return go_on(node, ward);
    }
    std::string code(answer.command), text;
    try {
        const auto body = Value::decode(answer.body);
        if (answer.kind == Kind::reply) code = optional_text_of(body, "reason").value_or(code);
        text = optional_text_of(body, "text").value_or("");
    } catch (const Error& error) {
        text = error.text;
    }
    failed(ward, code, text);
}

void Healing::made(Ward& ward) {
    by_mid_.erase(std::exchange(ward.mid, 0));
    ward.failures = 0;
    if (ward.one_by_one > 0) --ward.one_by_one;
    for (const auto& name : ward.asked)  // one that is not registered any more ended meanwhile: what is to become of it stands already
        if (exchange_.registry.holds(name)) exchange_.forget(name);
    exchange_.counters.healed += ward.asked.size();
    log::info(log::Fields{{"node", ward.target}, {"actors", ward.asked.size()}}, "{} ({}) made again in {}", ward.asked.front(),
              ward.asked.size(), ward.target);
}

void Healing::failed(Ward& ward, std::string_view code, std::string_view text) {
    by_mid_.erase(std::exchange(ward.mid, 0));
    for (const auto& name : ward.asked)
        if (auto* actor = exchange_.fallen.find(name)) actor->made_in.clear();
    Nanoseconds delay = limits::restart_delay_min;
    for (int i = 0; i < ward.failures && delay < limits::restart_delay_max; ++i) delay *= 2;
    ++ward.failures;
    ward.not_before = exchange_.clock.now() + std::min<Nanoseconds>(delay, limits::restart_delay_max);
    if (ward.asked.size() > 1) return void(ward.one_by_one = ward.asked.size());
    const auto& name = ward.asked.front();
    auto* actor = exchange_.fallen.find(name);
    if (actor == nullptr) return;
    if (++actor->failures < limits::healing_attempts_max)
        return log::warning(log::Fields{{"actor", name}, {"node", ward.target}}, "{} could not be made again: {}: {}; trying on", name, code, text);
    if (ward.one_by_one > 0) --ward.one_by_one;
    give_up(name, fmt::format("{} attempts to make it again failed: {}: {}", actor->failures, code, text));
}

void Healing::give_up(const std::string& name, std::string_view why) {
    log::error(log::Fields{{"actor", name}}, "{} is given up: {}; create it again by hand when that is mended", name, why);
    ++exchange_.counters.given_up;
    exchange_.forget(name);
}

}  // namespace peacepie::broker
