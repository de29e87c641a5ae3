// stage.cpp - the face of the test world.
//
// Next: world.cpp.
#include "testing/stage.hpp"

#include <cxxabi.h>

#include <cstdlib>
#include <iostream>

#include "testing/world.hpp"
#include "wire/limits.hpp"

namespace peacepie {

using namespace staged;

namespace {

constexpr const char* outsider = "@stage";

std::uint64_t in_ns(Seconds span) {
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(span).count());
}

const pp_actor_type& type_of(const Offered& offered) { return sealed(*offered.of, offered.create, &staged_host()); }

std::string full_node(const std::string& node) {
    if (auto full = node_of(node)) return *full;
    throw Error(Fault::bad_argument, node + " is no process; write it like first.process_0");
}

Reply opened(const Mail& answer) {
    const Value body = Value::decode(answer.body);
    if (answer.kind != Kind::error) return Reply(answer.command, body);
    const Value* text = body.find("text");
    const Value* from = body.find("from");
    throw Error(answer.command, text != nullptr && text->as_text() != nullptr ? *text->as_text() : "",
                from != nullptr && from->as_text() != nullptr ? *from->as_text() : answer.sender);
}

}  // namespace

Stage::Stage() : world_(std::make_unique<World>()) {
    if (library().version.empty()) library() = {"stage", "0.0.0"};  // no PEACEPIE_PLUGIN has named us
    world_->version = library().version;
}

Stage::~Stage() {
    if (!looked_at_failures_)
        for (const auto& failure : world_->failures) std::cerr << "stage: " << failure << '\n';
}

std::string Stage::short_name(const char* mangled) {
    int status = 0;
    const std::unique_ptr<char, void (*)(void*)> text(abi::__cxa_demangle(mangled, nullptr, nullptr, &status), std::free);
    std::string name = text ? text.get() : mangled;
    return name.substr(name.rfind(':') + 1);
}

Recipient Stage::add(Offered offered, const std::string& name, const std::string& node, std::vector<Named> params) {
    Value values;
    for (Named& param : params) values.set(std::move(param.name), std::move(param.value));
    const std::string where = full_node(node);
    if (!world_->has_node(where)) world_->nodes.push_back(where);
    const pp_actor_type& type = type_of(offered);
    world_->classes.emplace(offered.of->name, &type);
    world_->create(type, name, where, values);
    world_->run();
    return Recipient(name);
}

void Stage::offer(Offered offered, const std::string& package, const std::string& class_name) {
    world_->classes[package + "/" + class_name] = &type_of(offered);
}

void Stage::tell_body(const Recipient& to, Command command, std::string body) {
    Mail mail;
    mail.command = command.text();
    mail.recipient = to.text();
    mail.sender = outsider;
    mail.body = std::move(body);
    world_->post(std::move(mail));
    world_->run();
}

Reply Stage::ask_body(const Recipient& to, Command command, std::string body) {
    const auto limit = world_->now + in_ns(limits::ask_timeout_default);
    Mail mail;
    mail.deadline = limit;
    mail.command = command.text();
    mail.recipient = to.text();
    mail.sender = outsider;
    mail.body = std::move(body);
    const auto mid = world_->ask_from_outside(std::move(mail));
    world_->run();
    while (!world_->outside[mid] && world_->run_to_next(limit)) {}
    const auto answer = std::move(world_->outside[mid]);
    world_->outside.erase(mid);
    if (answer) return opened(*answer);
    world_->now = limit;
    throw Error(Fault::expired, to.text() + " did not answer " + std::string(command.text()) + " within 10 s of stage time");
}

void Stage::advance(Seconds span) {
    const auto end = world_->now + in_ns(span);
    while (world_->run_to_next(end)) {}
    world_->now = end;
}

void Stage::move(const Recipient& actor, const std::string& node) {
    const std::string where = full_node(node);
    if (!world_->has_node(where)) world_->nodes.push_back(where);
    Member& member = world_->get(actor.text());
    world_->move(member, *member.life->type, where, world_->version);
}

void Stage::upgrade(Offered offered, const Recipient& actor, const std::string& from_version) {
    Member& member = world_->get(actor.text());
    world_->move(member, type_of(offered), member.life->node, from_version);
}

void Stage::remove(const Recipient& actor) {
    world_->remove(world_->get(actor.text()).name);
    world_->run();
}

void Stage::shuffle(std::uint64_t seed) { world_->shuffle(seed); }

std::vector<std::string> Stage::printed_by(const Recipient& actor) const { return world_->get(actor.text()).printed; }
std::vector<std::string> Stage::printed() const { return world_->printed; }
std::vector<std::string> Stage::logged() const { return world_->logged; }

std::vector<std::string> Stage::failures() {
    looked_at_failures_ = true;
    return world_->failures;
}

std::string Stage::node_of(const Recipient& actor) const { return world_->get(actor.text()).life->node; }
std::string Stage::saved_state_of(const Recipient& actor) { return world_->state_of(world_->get(actor.text())); }
bool Stage::has(const Recipient& actor) const { return world_->find(actor.text()) != nullptr; }

}  // namespace peacepie
