// world.cpp - staged actors and processes: making, moving, removing.
//
// Single-threaded; a life's cell is the Life itself.
// Next: turns.cpp lets them run.
#include "testing/world.hpp"

#include <algorithm>

#include "peacepie/bytes.hpp"
#include "wire/address.hpp"
#include "wire/limits.hpp"
#include "wire/spawned_name.hpp"

namespace peacepie::staged {
namespace {

World* the_world = nullptr;

void append_to_string(void* into, pp_bytes text) { static_cast<std::string*>(into)->append(text.data, text.size); }
pp_cell* cell_of(Life& life) noexcept { return reinterpret_cast<pp_cell*>(&life); }

std::set<std::string, std::less<>> overlapping_of(const pp_actor_type& type) {
    std::set<std::string, std::less<>> names;
    const Value manual = Value::decode({type.manual.data, type.manual.size});
    const Value* commands = manual.find("commands");
    if (commands == nullptr || commands->as_array() == nullptr) return names;
    for (const Value& command : *commands->as_array())
        if (command.find("overlapping") != nullptr) names.insert(*command.find("name")->as_text());
    return names;
}

Value fault_body(const std::string& text) { return Value::Map{{"text", text}, {"from", "stage"}}; }

}  // namespace

World::World() {
    if (the_world != nullptr) throw Error(Fault::conflict, "one Stage at a time: let the other end first");
    the_world = this;
}

World::~World() {
    for (auto& [name, member] : members) end_life(std::move(member->life));
    run_jobs();
    the_world = nullptr;
}

World& World::current() {
    if (the_world == nullptr) throw Error(Fault::unavailable, "there is no Stage");
    return *the_world;
}

// Actors.

Member* World::find(std::string_view address) {
    const auto parsed = Address::parse(address);
    const auto place = members.find(parsed ? parsed->key() : address);
    return place == members.end() ? nullptr : place->second.get();
}

Member& World::get(std::string_view address) {
    if (Member* member = find(address)) return *member;
    throw Error(Fault::no_such_actor, "there is no " + std::string(address) + " on this stage; add it first");
}

std::unique_ptr<Life> World::make_life(Member& member, const pp_actor_type& type, const std::string& node) {
    auto life = std::make_unique<Life>();
    life->member = &member;
    life->type = &type;
    life->node = node;
    life->overlapping = overlapping_of(type);
    std::string complaint;
    life->self = type.create(append_to_string, &complaint);
    if (life->self == nullptr) throw Error(Fault::handler_failed, complaint);
    return life;
}

void World::start(Life& life, bool moved, const std::optional<std::string>& state, const std::string& from_version) {
    Member& member = *life.member;
    pp_outcome outcome = PP_DONE;
    if (state) outcome = life.type->load(life.self, &staged_host(), cell_of(life), bytes(*state), bytes(from_version));
    if (outcome != PP_FAILED) outcome = life.type->start(life.self, &staged_host(), cell_of(life), moved);
    life.busy = outcome != PP_DONE;
    life.started = outcome == PP_DONE;
    if (outcome != PP_FAILED) return;
    const Error failure = life.failure.value_or(Error(Fault::handler_failed, member.name + " could not start"));
    if (!failures.empty()) failures.pop_back();  // the caller is told
    throw failure;
}

Member& World::create(const pp_actor_type& type, const std::string& name, const std::string& node, const Value& params) {
    if (!is_name(name)) throw Error(Fault::bad_argument, "'" + name + "' is no name: use letters, digits, _ and -");
    if (find(name) != nullptr) throw Error(Fault::conflict, name + " exists already; take another name or remove it");
    auto member = std::make_unique<Member>();
    member->handle = ++last_handle_;
    member->name = name;
    member->class_name = type.name;
    member->life = make_life(*member, type, node);
    Member& made = *(members[name] = std::move(member));
    std::optional<std::string> state;
    if (!params.is_nil()) state = Value(Value::Map{{"params", params}}).encoded();
    try {
        start(*made.life, false, state, {});
    } catch (const Error&) {
        end_life(std::move(made.life));
        members.erase(name);
        throw;
    }
    return made;
}

Member& World::spawn(const pp_actor_type& type, const std::string& node, std::string_view parameters) {
    auto member = std::make_unique<Member>();
    member->handle = ++last_handle_;
    member->name = SpawnedName{1, ++last_spawned_}.text();
    member->class_name = type.name;
    member->life = make_life(*member, type, node);
    Life& life = *member->life;
    if (!parameters.empty() && type.load(life.self, &staged_host(), cell_of(life), bytes(parameters), {}) == PP_FAILED) {
        const Error failure = life.failure.value_or(Error(Fault::bad_argument, "the parameters do not fit"));
        if (!failures.empty()) failures.pop_back();  // the one who spawned is told
        discard(std::move(member->life));
        throw failure;
    }
    member->unborn = true;
    Member& made = *(members[member->name] = std::move(member));
    ready_.push_back(&made);
    return made;
}

void World::begin(Member& member) {
    member.unborn = false;
    try {
        start(*member.life, false, std::nullopt, {});
    } catch (const Error& failure) {
        failures.push_back(member.name + ": " + failure.code + ": " + failure.text);
        remove(member.name);
    }
}

void World::retire(Member& member) { member.retires = true; }

void World::end_life(std::unique_ptr<Life> life) {
    if (life && life->self != nullptr) life->type->stop(life->self);
    discard(std::move(life));
}

void World::discard(std::unique_ptr<Life> life) {
    if (!life || life->self == nullptr) return;
    life->type->destroy(life->self);
    std::erase_if(operations_, [&](const auto& each) {
        if (each.second.life != life.get()) return false;
        timers_.erase({each.second.due, each.first});
        asks_.erase(each.second.mid);
        return true;
    });
}

void World::remove(const std::string& name) {
    Member& member = get(name);
    end_life(std::move(member.life));
    for (const Mail& mail : std::exchange(member.box, {}))
        answer(mail, Kind::error, code_of(Fault::stopping), fault_body(member.name + " was removed"));
    members.erase(member.name);
}

void World::settle(Member& member) {
    run();
    const auto limit = now + static_cast<std::uint64_t>(std::chrono::nanoseconds(limits::move_timeout_default).count());
    while (member.life->busy)
        if (!run_to_next(limit)) throw Error(Fault::expired, member.name + " did not end its handler in time");
}

std::string World::state_of(Member& member) {
    settle(member);
    std::string state;
    member.life->type->save(member.life->self, append_to_string, &state);
    return state;
}

std::size_t World::move(Member& member, const pp_actor_type& type, const std::string& node, const std::string& from_version) {
    const std::string state = state_of(member);
    auto next = make_life(member, type, node);
    auto old = std::exchange(member.life, std::move(next));
    try {
        start(*member.life, true, state, from_version);
    } catch (const Error&) {
        std::swap(old, member.life);  // it stays where it was
        discard(std::move(old));
        throw;
    }
    member.class_name = type.name;
    discard(std::move(old));
    run();
    return state.size();
}

// Processes.

std::string World::open_process() { return nodes.emplace_back(node_name("first", "process_" + std::to_string(++last_process_))); }

bool World::has_node(std::string_view node) const { return std::find(nodes.begin(), nodes.end(), node) != nodes.end(); }

void World::close_process(const std::string& node) {
    std::vector<std::string> gone;
    for (const auto& [name, member] : members)
        if (member->life->node == node) gone.push_back(name);
    for (const auto& name : gone) remove(name);
    std::erase(nodes, node);
}

}  // namespace peacepie::staged
