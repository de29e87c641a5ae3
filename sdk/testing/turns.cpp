// turns.cpp - turns, mail and time of staged actors.
//
// One turn at a time; what a turn sends is queued and runs after it.  Answers to an actor's own asks pass a suspended
// handler, other mail and alarms wait for it.
// Next: staged_host.cpp is called from within a turn.
#include <algorithm>
#include <poll.h>

#include "peacepie/bytes.hpp"
#include "testing/world.hpp"
#include "wire/address.hpp"

namespace peacepie::staged {
namespace {

pp_envelope envelope_of(const Mail& mail, World& world) {
    pp_envelope envelope{};
    envelope.size = sizeof envelope;
    envelope.kind = static_cast<std::uint8_t>(mail.kind);
    envelope.mid = mail.mid;
    envelope.deadline_ns = mail.deadline;
    envelope.command = staged_command(mail.command);
    envelope.command_text = bytes(mail.command);
    if (const Member* sender = world.find(mail.sender)) envelope.sender = sender->handle;
    else envelope.sender_text = bytes(mail.sender);
    envelope.body = bytes(mail.body);
    return envelope;
}

/// Whether the letter may be handled now: one handler at a time, but overlapping commands once the actor has started.
bool may_come(const Life& life, const Mail& mail) {
    return !life.busy || (life.started && mail.alarm == 0 && life.overlapping.contains(mail.command));
}

}  // namespace

bool World::has_work(const Member& member) {
    if (!member.life) return false;
    const auto may = [&](const Mail& mail) { return may_come(*member.life, mail); };
    return member.unborn || !member.answers.empty() || std::any_of(member.box.begin(), member.box.end(), may);
}

// Mail.

void World::post(Mail mail) {
    if (mail.kind == Kind::reply || mail.kind == Kind::error) return settle_ask(mail);
    if (Member* member = find(mail.recipient)) {
        member->box.push_back(std::move(mail));
        ready_.push_back(member);
        return;
    }
    const auto node = node_of(mail.recipient);
    if (mail.recipient.empty() || (node && has_node(*node))) {
        for_admins_.push_back(std::move(mail));
        return;
    }
    const std::string text = "there is no " + mail.recipient + " on this stage";
    if (mail.kind == Kind::ask)
        answer(mail, Kind::error, code_of(Fault::no_such_actor), Value::Map{{"text", text}, {"from", "stage"}});
    else
        failures.push_back(mail.sender + ": no_such_actor: " + mail.command + " was sent to " + mail.recipient + ": " + text);
}

void World::answer(const Mail& ask, Kind kind, std::string_view command, const Value& body) {
    if (ask.kind != Kind::ask) {
        if (kind == Kind::error)
            failures.push_back(ask.recipient + ": " + std::string(command) + ": " + ask.command + " from " + ask.sender);
        return;
    }
    Mail mail;
    mail.kind = kind;
    mail.mid = ask.mid;
    mail.command = command;
    mail.sender = ask.recipient;
    if (!body.is_nil()) mail.body = body.encoded();
    settle_ask(mail);
}

void World::settle_ask(const Mail& answer) {
    if (const auto place = outside.find(answer.mid); place != outside.end()) {
        if (!place->second) place->second = answer;
        return;
    }
    const auto place = asks_.find(answer.mid);
    if (place == asks_.end()) return;  // late: its asker has heard `expired`, or asked no longer
    const Operation operation = place->second;
    Life* life = operations_.at(operation).life;
    asks_.erase(place);
    life->member->answers.push_back({operation, answer});
    ready_.push_back(life->member);
}

std::uint64_t World::ask_from_outside(Mail mail) {
    mail.kind = Kind::ask;
    mail.mid = next_mid();
    outside[mail.mid];
    const auto mid = mail.mid;
    post(std::move(mail));
    return mid;
}

Mail World::take_mail(Member& member) {
    // Shuffled, any sender's first letter may come first; one sender's stay in order.
    std::vector<std::size_t> firsts;
    std::set<std::string> seen;
    for (std::size_t i = 0; i < member.box.size(); ++i)
        if (may_come(*member.life, member.box[i]) && seen.insert(member.box[i].sender).second) firsts.push_back(i);
    const std::size_t place = order_ ? firsts[(*order_)() % firsts.size()] : firsts.front();
    Mail mail = std::move(member.box[place]);
    member.box.erase(member.box.begin() + static_cast<std::ptrdiff_t>(place));
    return mail;
}

// Turns.

Member* World::next_ready() {
    while (!ready_.empty()) {
        const std::size_t place = order_ ? (*order_)() % ready_.size() : 0;
        Member* member = ready_[place];
        ready_.erase(ready_.begin() + static_cast<std::ptrdiff_t>(place));
        const auto is_it = [member](const auto& each) { return each.second.get() == member; };
        if (std::any_of(members.begin(), members.end(), is_it) && has_work(*member)) return member;
    }
    for (auto& [name, member] : members)
        if (has_work(*member)) return member.get();
    return nullptr;
}

bool World::step() {
    if (!for_admins_.empty()) {
        const Mail mail = std::move(for_admins_.front());
        for_admins_.pop_front();
        answer_as_admin(*this, mail);
        return true;
    }
    Member* member = next_ready();
    if (member == nullptr) return run_jobs() || poll_watches();
    if (member->unborn) {
        begin(*member);
        return true;
    }
    if (!member->answers.empty()) {
        const Arrived arrived = std::move(member->answers.front());
        member->answers.pop_front();
        resume(*member, arrived);
    } else {
        deliver(*member, take_mail(*member));
    }
    if (member->retires && !member->life->busy) remove(std::string(member->name));
    return true;
}

void World::deliver(Member& member, const Mail& mail) {
    Life& life = *member.life;
    if (mail.alarm != 0) return resume(member, {mail.alarm, std::nullopt});
    if (mail.deadline != 0 && mail.deadline <= now) return;  // its asker has heard `expired`
    if (answer_as_worker(*this, member, mail)) return;
    const pp_envelope envelope = envelope_of(mail, *this);
    const bool is_told = envelope.kind == PP_SEND && envelope.sender != 0 && envelope.command != 0;  // as a worker does between its actors
    const pp_outcome outcome = is_told ? life.type->told(life.self, envelope.command, envelope.sender, envelope.body) : life.type->deliver(life.self, &envelope);
    life.busy = outcome == PP_BUSY;
    if (outcome == PP_NOT_HANDLED)
        return answer(mail, Kind::error, code_of(Fault::is_not_handled),
                      Value::Map{{"text", member.name + " has no command " + mail.command}, {"from", member.name}});
    notify(member, mail);
}

void World::notify(Member& member, const Mail& mail) {
    for (const auto& [command, who] : member.observers) {
        if (command != mail.command) continue;
        Mail note;
        note.command = "notification";
        note.recipient = who;
        note.sender = member.name;
        note.body = Value(Value::Map{{"mid", mail.mid}, {"command", mail.command}, {"body", Value::decode(mail.body)},
                                     {"recipient", member.name}, {"sender", mail.sender}}).encoded();
        post(std::move(note));
    }
}

void World::resume(Member& member, const Arrived& arrived) {
    if (operations_.erase(arrived.operation) == 0) return;  // cancelled meanwhile
    Life& life = *member.life;
    pp_outcome outcome;
    if (arrived.answer) {
        const pp_envelope envelope = envelope_of(*arrived.answer, *this);
        outcome = life.type->resume(life.self, arrived.operation, &envelope);
    } else {
        outcome = life.type->resume(life.self, arrived.operation, nullptr);
    }
    life.busy = outcome == PP_BUSY;
    life.started = life.started || outcome == PP_DONE;
}

void World::run() {
    while (step() || fire_due()) {}
}

bool World::run_jobs() {
    if (jobs_.empty()) return false;
    const auto [work, with] = jobs_.front();
    jobs_.pop_front();
    work(with);
    return true;
}

bool World::poll_watches() {
    std::vector<pollfd> polled;
    std::vector<Operation> watching;
    for (const auto& [operation, entry] : operations_) {
        if (entry.purpose != Open::For::watch) continue;
        polled.push_back({entry.fd, entry.events, 0});
        watching.push_back(operation);
    }
    if (polled.empty() || ::poll(polled.data(), polled.size(), 0) <= 0) return false;
    bool any = false;
    for (std::size_t i = 0; i < polled.size(); ++i) {
        if (polled[i].revents == 0) continue;
        complete(watching[i]);
        any = true;
    }
    return any;
}

// Operations and time.

Operation World::open(Open entry) {
    const Operation operation = ++last_operation_;
    if (entry.due != 0) timers_.emplace(entry.due, operation);
    if (entry.purpose == Open::For::ask) asks_[entry.mid] = operation;
    operations_.emplace(operation, entry);
    return operation;
}

void World::cancel(Operation operation) noexcept {
    const auto place = operations_.find(operation);
    if (place == operations_.end()) return;
    timers_.erase({place->second.due, operation});
    asks_.erase(place->second.mid);
    operations_.erase(place);
}

void World::complete(Operation operation) {
    const auto place = operations_.find(operation);
    if (place == operations_.end()) return;
    Member* member = place->second.life->member;
    if (place->second.purpose == Open::For::watch) place->second.purpose = Open::For::call;  // one shot
    member->answers.push_back({operation, std::nullopt});
    ready_.push_back(member);
}

void World::fire(Operation operation) {
    const Open& entry = operations_.at(operation);
    Member* member = entry.life->member;
    if (entry.purpose == Open::For::alarm) {
        Mail mail;
        mail.alarm = operation;
        member->box.push_back(std::move(mail));
    } else {
        asks_.erase(entry.mid);
        member->answers.push_back({operation, std::nullopt});
    }
    ready_.push_back(member);
}

bool World::fire_due() {
    bool any = false;
    while (!timers_.empty() && timers_.begin()->first <= now) {
        const Operation due = timers_.begin()->second;
        timers_.erase(timers_.begin());
        fire(due);
        any = true;
    }
    return any;
}

bool World::run_to_next(std::uint64_t limit) {
    run();
    if (timers_.empty() || timers_.begin()->first > limit) return false;
    now = timers_.begin()->first;
    run();
    return true;
}

}  // namespace peacepie::staged
