// staged_host.cpp - the Stage's side of abi.h.
//
// Thin: each function finds the World and the Life it concerns.  Commands are interned once per process, because plug-in
// code keeps their handles across stages.
// Next: world.cpp does the work.
#include <algorithm>
#include <poll.h>

#include "peacepie/bytes.hpp"
#include "testing/world.hpp"

namespace peacepie::staged {
namespace {

Life& life_of(pp_cell* me) noexcept { return *reinterpret_cast<Life*>(me); }
World& world() { return World::current(); }

struct Symbols {
    std::map<std::string, std::uint32_t, std::less<>> handles;
    std::deque<std::string> texts;
};
Symbols& symbols() {
    static Symbols the_symbols;
    return the_symbols;
}

std::uint32_t command(pp_bytes text) { return staged_command(view(text)); }
pp_bytes command_text(std::uint32_t handle) { return bytes(symbols().texts.at(handle - 1)); }

Member* by_handle(std::uint64_t handle) {
    for (auto& [name, member] : world().members)
        if (member->handle == handle) return member.get();
    return nullptr;
}

std::uint64_t address(pp_cell* me, pp_bytes text) {
    const Member* member = world().find(view(text));
    // As in a worker, a handle is for actors of the own process; others must work by text.
    return member != nullptr && member->life != nullptr && member->life->node == life_of(me).node ? member->handle : 0;
}

void address_text(pp_cell*, std::uint64_t handle, pp_sink sink, void* into) {
    if (const Member* member = by_handle(handle)) sink(into, bytes(member->name));
}

pp_bytes name(pp_cell* me) { return bytes(life_of(me).member->name); }
pp_bytes node(pp_cell* me) { return bytes(life_of(me).node); }

Mail mail_of(const Life& life, const pp_envelope& envelope) {
    Mail mail;
    mail.kind = static_cast<Kind>(envelope.kind);
    mail.mid = envelope.mid;
    mail.command = envelope.command != 0 ? view(command_text(envelope.command)) : view(envelope.command_text);
    const Member* member = envelope.recipient != 0 ? by_handle(envelope.recipient) : nullptr;
    mail.recipient = member != nullptr ? std::string_view(member->name) : view(envelope.recipient_text);
    mail.sender = life.member->name;
    mail.body = view(envelope.body);
    return mail;
}

void send(pp_cell* me, const pp_envelope* envelope) { world().post(mail_of(life_of(me), *envelope)); }

int tell(pp_cell* me, std::uint64_t recipient, std::uint32_t command, pp_bytes body) {
    if (by_handle(recipient) == nullptr) return 0;
    pp_envelope envelope{};
    envelope.command = command;
    envelope.recipient = recipient;
    envelope.body = body;
    send(me, &envelope);
    return 1;
}

std::uint64_t ask(pp_cell* me, const pp_envelope* envelope, std::uint64_t timeout_ns) {
    Mail mail = mail_of(life_of(me), *envelope);
    mail.mid = world().next_mid();
    mail.deadline = world().now + timeout_ns;
    const auto operation = world().open({.purpose = Open::For::ask, .life = &life_of(me), .mid = mail.mid, .due = mail.deadline});
    world().post(std::move(mail));
    return operation;
}

std::uint64_t wait(pp_cell* me, std::uint64_t ns) {
    return world().open({.purpose = Open::For::wait, .life = &life_of(me), .due = world().now + ns});
}
std::uint64_t alarm(pp_cell* me, std::uint64_t ns) {
    return world().open({.purpose = Open::For::alarm, .life = &life_of(me), .due = world().now + ns});
}
std::uint64_t open(pp_cell* me) { return world().open({.purpose = Open::For::call, .life = &life_of(me)}); }
void cancel(pp_cell*, std::uint64_t operation) { world().cancel(operation); }
void complete(std::uint64_t, std::uint64_t operation, pp_bytes) { world().complete(operation); }
std::uint64_t self(pp_cell* me) { return life_of(me).member->handle; }

/// As a worker prints: one line, nothing that moves a terminal's cursor.
std::string bare(std::string_view line) {
    std::string text(line);
    const auto is_control = [](unsigned char letter) { return letter < ' ' || letter == 0x7f; };
    std::replace_if(text.begin(), text.end(), is_control, '?');
    return text;
}

void print(pp_cell* me, pp_bytes line) {
    life_of(me).member->printed.push_back(bare(view(line)));
    world().printed.push_back(bare(view(line)));
}

std::string spoken_by(pp_cell* me) { return me == nullptr ? std::string("stage") : life_of(me).member->name; }

void log(pp_cell* me, int level, pp_bytes text) {
    static constexpr const char* levels[] = {"trace", "debug", "info", "warning", "error"};
    world().logged.push_back(spoken_by(me) + ": " + levels[std::clamp(level, 0, 4)] + ": " + std::string(view(text)));
}

void fail(pp_cell* me, pp_bytes code, pp_bytes text) {
    life_of(me).failure.emplace(std::string(view(code)), std::string(view(text)));
    world().failures.push_back(spoken_by(me) + ": " + std::string(view(code)) + ": " + std::string(view(text)));
}

std::uint64_t now() { return world().now; }

std::uint64_t watch(pp_cell* me, int fd, int events) {
    const int wanted = ((events & PP_READABLE) != 0 ? POLLIN : 0) | ((events & PP_WRITABLE) != 0 ? POLLOUT : 0);
    return world().open({.purpose = Open::For::watch, .life = &life_of(me), .fd = fd, .events = static_cast<short>(wanted)});
}

void run_blocking(void (*work)(void*), void* with) { world().run_later(work, with); }

std::uint64_t spawn(pp_cell* me, const pp_actor_type* type, pp_bytes parameters, pp_sink error, void* into) {
    try {
        return world().spawn(*type, life_of(me).node, view(parameters)).handle;
    } catch (const Error& failure) {
        error(into, bytes(failure.code));
        error(into, bytes(failure.text));
        return 0;
    }
}

/// Nothing is lost on a stage.
int send_reliably(pp_cell* me, const pp_envelope* envelope) {
    send(me, envelope);
    return 1;
}

void retire(pp_cell* me) { world().retire(*life_of(me).member); }

const void* extension(const char* id) {
    static constexpr pp_life_extension life{sizeof(pp_life_extension), spawn, retire};
    static constexpr pp_reliable_extension reliable{sizeof(pp_reliable_extension), send_reliably};
    static constexpr pp_fd_extension fd{sizeof(pp_fd_extension), watch};
    static constexpr pp_blocking_extension blocking{sizeof(pp_blocking_extension), run_blocking};
    if (std::string_view(id) == "peacepie.life/1") return &life;
    if (std::string_view(id) == "peacepie.reliable/1") return &reliable;
    if (std::string_view(id) == "peacepie.fd/1") return &fd;
    if (std::string_view(id) == "peacepie.blocking/1") return &blocking;
    return nullptr;
}

}  // namespace

std::uint32_t staged_command(std::string_view text) {
    auto& [handles, texts] = symbols();
    if (const auto known = handles.find(text); known != handles.end()) return known->second;
    texts.emplace_back(text);
    return handles.emplace(text, static_cast<std::uint32_t>(texts.size())).first->second;
}

const pp_host& staged_host() noexcept {
    static constexpr pp_host host{sizeof(pp_host), PP_ABI, command, command_text, address, address_text, name, node, send, ask,
                                  wait, alarm, open, cancel, complete, self, print, log, fail, now, extension, tell};
    return host;
}

}  // namespace peacepie::staged
