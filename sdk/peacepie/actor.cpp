// actor.cpp - what an actor does that needs no template.
//
// Next: seam.cpp, which calls it.
#include "peacepie/actor.hpp"

#include "peacepie/envelope_of.hpp"
#include "peacepie/inside.hpp"
#include "wire/reserved.hpp"

namespace peacepie {
namespace {

[[noreturn, gnu::cold]] void refuse_message(const To& to, const Command& command, std::string_view body) {
    if (to.empty())
        throw Error(Fault::bad_argument, std::string(command.text()) + " has no recipient: the address is empty; set it first");
    throw Error(Fault::too_large, std::string(command.text()) + " has a body of " + std::to_string(body.size()) +
                                      " bytes, more than " + std::to_string(limits::body_size_max) + "; send it in parts");
}

inline void check_message(const To& to, const Command& command, std::string_view body) {
    if (to.empty() || body.size() > limits::body_size_max) refuse_message(to, command, body);
}

/// Out of line, for the room that it needs on the stack.
[[gnu::noinline]] void send_in_full(const Host& host, std::uint64_t recipient, const To& to, std::uint32_t symbol, const Command& command, std::string_view body) {
    host.send(envelope_of({Kind::send, 0, symbol, command.text(), recipient, to.text(), body}));
}

}  // namespace

Actor::Actor() : class_(construction().of) {
    if (class_ == nullptr) throw Error(Fault::denied, "actors are made by a worker or a Stage, not by hand");
}

Actor::~Actor() = default;

void Actor::upgrade(std::string, Value&) {}

void Actor::record(Handler handler) {
    if (is_reserved(handler.name))
        throw Error(Fault::conflict, "every actor answers " + handler.name + " already; give the command another name");
    auto& handlers = construction().of->handlers;
    for (Handler& each : handlers)
        if (each.name == handler.name)
            throw Error(Fault::conflict, "the command " + handler.name + " is declared twice; rename one");
    handlers.push_back(std::move(handler));
}

std::uint64_t Actor::spawn_one(const ActorClass& of, std::string_view parameters) {
    if (!of.type) throw Error(Fault::unavailable, "spawn: the class is not among those PEACEPIE_PLUGIN offers");
    return host_.spawn(*of.type, parameters);
}

void Actor::print_line(fmt::string_view text, fmt::format_args args) const { host_.print(formatted(text, args)); }

void Actor::log_line(Level level, fmt::string_view text, fmt::format_args args) const { host_.log(level, formatted(text, args)); }

void Actor::post(const To& to, const Command& command, std::string_view body) const {
    check_message(to, command, body);
    const auto recipient = to.handle(host_);
    const auto symbol = command.handle(host_);
    if (recipient == 0 || symbol == 0 || !host_.tell(recipient, symbol, body)) send_in_full(host_, recipient, to, symbol, command, body);
}

void Actor::post_reliably(const To& to, const Command& command, std::string_view body) const {
    check_message(to, command, body);
    host_.send_reliably({Kind::send, 0, command.handle(host_), command.text(), to.handle(host_), to.text(), body});
}

Ask<> Actor::question(const To& to, const Command& command, std::string_view body, Seconds span) {
    const auto timeout = std::chrono::duration_cast<std::chrono::nanoseconds>(span);
    return {std::make_unique<AskState>(*this, to, command, body, timeout), [](Reply reply) { return reply; }};
}

Posting Inside::posting(const Actor& actor, Kind kind, const To& to, const Command& command, std::string_view body) {
    check_message(to, command, body);
    const Host& host = actor.host_;
    return {kind, 0, command.handle(host), command.text(), to.handle(host), to.text(), body};
}

void detail::answer(Actor& actor, const Turn& turn, const Reply& reply) {
    if (turn.kind != Kind::ask) return;
    const Host& host = Inside::host(actor);
    const std::string body = reply.body.is_nil() ? std::string() : reply.body.encoded();
    if (body.size() > limits::body_size_max)
        throw Error(Fault::too_large, "the answer " + std::string(reply.command.text()) +
                                          " is larger than a body may be; answer in parts");
    host.send({Kind::reply, turn.mid, reply.command.handle(host), reply.command.text(), turn.sender, turn.sender_text, body});
}

void detail::refuse_argument(const Argument& argument, const std::string& why) {
    throw Error(Fault::bad_argument, "argument " + argument.name + " (" + argument.type + "): " + why);
}

bool detail::is_recorded() noexcept {
    Construction& now = construction();
    ++now.declared;
    return now.recording;
}

void detail::record(Field field) { construction().of->fields.push_back(std::move(field)); }

std::uint32_t detail::offset_in(const Actor* owner, const void* member) noexcept {
    return static_cast<std::uint32_t>(static_cast<const char*>(member) - reinterpret_cast<const char*>(owner));
}

void detail::mark_changed(void* member, std::uint32_t offset) noexcept {
    Inside::flags(*reinterpret_cast<Actor*>(static_cast<char*>(member) - offset)).changed = true;
}

}  // namespace peacepie
