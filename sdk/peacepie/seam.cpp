// seam.cpp - the plug-in's side of abi.h; the only catch (...) we have.
//
// Each function has one shape: do it, turn what is thrown into an outcome.  Nothing is kept here but the name of this
// library; all else belongs to an instance, and the worker calls an instance on one thread at a time.
// Next: handler.hpp decodes and calls, visit.cpp drives coroutines, snapshot.cpp saves and loads.
#include "peacepie/seam.hpp"

#include <cxxabi.h>

#include <cstddef>
#include <cstdlib>
#include <mutex>

#include "peacepie/abi.h"
#include "peacepie/bytes.hpp"
#include "peacepie/inside.hpp"
#include "peacepie/snapshot.hpp"

namespace peacepie {
namespace {

Actor& actor_at(void* self) noexcept { return *static_cast<Actor*>(self); }

std::string demangled(const char* mangled) {
    int status = 0;
    const std::unique_ptr<char, void (*)(void*)> text(abi::__cxa_demangle(mangled, nullptr, nullptr, &status), std::free);
    return text ? text.get() : mangled;
}

/// What is being handled in a catch (...), as an Error.
Error error_in_flight() {
    try {
        throw;
    } catch (const Error& error) {
        return error;
    } catch (const std::exception& failure) {
        return {Fault::handler_failed, demangled(typeid(failure).name()) + ": " + failure.what()};
    } catch (...) {
        const std::type_info* type = abi::__cxa_current_exception_type();
        return {Fault::handler_failed, type != nullptr ? demangled(type->name()) : "an exception of another language"};
    }
}

void tell_failure(Actor& actor, const Turn& turn, const Error& error) {
    const Host& host = Inside::host(actor);
    const bool asked = turn.kind == Kind::ask;
    if (asked) {
        const std::string body = encoded(named("text", error.text), named("from", error.from.empty() ? host.name() : error.from));
        host.send({Kind::error, turn.mid, 0, error.code, turn.sender, turn.sender_text, body});
    }
    // An author's own Error is an answer; only when nobody asked, or when it was no Error, does the worker hear of it.
    if (!asked || error.code == code_of(Fault::handler_failed)) host.fail(error.code, error.text);
    if (turn.purpose == Purpose::start) Inside::flags(actor).start_failed = true;
}

pp_outcome outcome_of(Actor& actor) noexcept {
    const auto flags = Inside::flags(actor);
    if (flags.start_failed) return PP_FAILED;
    return flags.busy ? PP_BUSY : PP_DONE;
}

pp_outcome deliver(void* self, const pp_envelope* envelope) {
    Actor& actor = actor_at(self);
    const ActorClass& of = Inside::class_of(actor);
    const Handler* handler = of.find(envelope->command);
    if (handler == nullptr && envelope->command == 0) handler = of.find(view(envelope->command_text));
    if (handler == nullptr) return PP_NOT_HANDLED;
    Turn turn;
    turn.kind = static_cast<Kind>(envelope->kind);
    turn.mid = envelope->mid;
    turn.sender = envelope->sender;
    turn.sender_text = view(envelope->sender_text);
    turn.body = view(envelope->body);
    Inside::invoke(actor, *handler, turn);
    return outcome_of(actor);
}

/// Nothing is written down but what the handler may ask for.
pp_outcome told(void* self, uint32_t command, uint64_t sender, pp_bytes body) {
    Actor& actor = actor_at(self);
    const Handler* handler = Inside::class_of(actor).find(command);
    if (handler == nullptr) return PP_NOT_HANDLED;
    Turn turn;
    turn.sender = sender;
    turn.body = view(body);
    Inside::invoke(actor, *handler, turn);
    return outcome_of(actor);
}

Answer answer_of(const Host& host, const pp_envelope& envelope) {
    const auto text = envelope.command != 0 ? Command::lasting(host.command_text(envelope.command))
                                            : Command(view(envelope.command_text));
    const auto kind = static_cast<Kind>(envelope.kind);
    std::string sender;
    if (kind == Kind::error) {  // only an Error says who
        sender = view(envelope.sender_text);
        if (sender.empty() && envelope.sender != 0) sender = host.address_text(envelope.sender);
    }
    return {kind, text, view(envelope.body), std::move(sender)};
}

void end_operation(Actor& actor, Waiter& waiter, const pp_envelope* envelope) {
    Visit* visit = nullptr;
    if (envelope == nullptr) {
        visit = waiter.ended(nullptr);
    } else {
        const Answer answer = answer_of(Inside::host(actor), *envelope);
        visit = waiter.ended(&answer);
    }
    if (visit != nullptr) run(*visit);
}

pp_outcome resume(void* self, uint64_t operation, const pp_envelope* answer) {
    Actor& actor = actor_at(self);
    Turn turn;
    turn.purpose = Purpose::ticker;
    guarded(actor, turn, [&] {
        if (Waiter* waiter = Inside::waiters(actor).take(operation)) return end_operation(actor, *waiter, answer);
        const TickerField* field = nullptr;
        if (Ticker* ticker = TickerAccess::waiting_for(actor, operation, field)) TickerAccess::tick(actor, *ticker, *field);
    });
    return outcome_of(actor);
}

pp_outcome load(void* self, const pp_host* host, pp_cell* me, pp_bytes state, pp_bytes from_version) {
    Actor& actor = actor_at(self);
    Inside::meet(actor, Host(host, me));
    Turn turn;
    turn.purpose = Purpose::start;
    guarded(actor, turn, [&] { load_state(actor, view(state), std::string(view(from_version)), library().version); });
    return outcome_of(actor);
}

pp_outcome start(void* self, const pp_host* host, pp_cell* me, int moved) {
    Actor& actor = actor_at(self);
    Inside::meet(actor, Host(host, me));
    Inside::flags(actor).moved = moved != 0;
    static const Handler started = [] {
        Handler handler;
        handler.name = "started";
        handler.invoke = [](Actor& of, const Handler&, Turn& turn) { detail::run_task(of, turn, Inside::started(of), false); };
        return handler;
    }();
    Turn turn;
    turn.purpose = Purpose::start;
    guarded(actor, turn, [&] { TickerAccess::resume_all(actor); });
    if (!Inside::flags(actor).start_failed) Inside::invoke(actor, started, turn);
    return outcome_of(actor);
}

void save(void* self, pp_sink sink, void* into) {
    Actor& actor = actor_at(self);
    guarded(actor, {}, [&] {
        const std::string state = saved_state(actor);
        sink(into, {state.data(), state.size()});
    });
}

void stop(void* self) {
    Actor& actor = actor_at(self);
    guarded(actor, {}, [&] { Inside::stopping(actor); });
}

void destroy(void* self) {
    Actor* actor = &actor_at(self);
    drop_visits(*actor);
    delete actor;
}

/// Constructs one instance, recording into its class when it is the sample.
Actor* construct(ActorClass& of, bool recording) {
    construction() = {&of, recording, 0};
    Actor* actor = of.construct();
    const std::uint32_t declared = std::exchange(construction(), {}).declared;
    if (recording) of.declared = declared;
    if (declared == of.declared) return actor;
    delete actor;
    throw Error(Fault::denied, of.name + " declares other facts than its first instance did; declare the same in each call");
}

std::string construction_failure(const ActorClass& of) {
    construction() = {};
    const Error error = error_in_flight();
    return of.name + " cannot be constructed: " + error.text;
}

}  // namespace

Library& library() noexcept {
    static Library the_library;
    return the_library;
}

void guarded(Actor& actor, const Turn& turn, Step step, void* with) {
    try {
        step(with);
    } catch (...) {
        tell_failure(actor, turn, error_in_flight());
    }
}

void Inside::invoke(Actor& actor, const Handler& handler, Turn& turn) {
    actor.turn_ = &turn;
    try {
        handler.invoke(actor, handler, turn);
    } catch (...) {
        tell_failure(actor, turn, error_in_flight());
    }
    actor.turn_ = nullptr;
}

void detail::run_elsewhere(std::shared_ptr<Job> job) {
    const Host host = job->host;
    auto* kept = new std::shared_ptr<Job>(std::move(job));
    const auto work = [](void* with) {
        const std::unique_ptr<std::shared_ptr<Job>> mine(static_cast<std::shared_ptr<Job>*>(with));
        Job& doing = **mine;
        try {
            doing.work();
        } catch (...) {
            doing.failure = std::current_exception();
        }
        doing.host.complete(doing.address, doing.operation);
    };
    try {
        host.run_blocking(work, kept);
    } catch (...) {
        delete kept;
        throw;
    }
}

void* create(ActorClass& of, void (*error)(void*, pp_bytes), void* into) noexcept {
    std::string complaint = of.complaint;
    try {
        if (complaint.empty()) return construct(of, false);
    } catch (...) {
        complaint = construction_failure(of);
    }
    error(into, {complaint.data(), complaint.size()});
    return nullptr;
}

const pp_actor_type& sealed(ActorClass& of, Create create_one, const pp_host* host) {
    static std::mutex once;  // two loops may load the same file
    const std::lock_guard guard(once);
    if (of.type) return *of.type;
    try {
        delete construct(of, true);
        of.seal(Host(host, nullptr));
    } catch (...) {
        of.complaint = construction_failure(of);
        of.manual = encoded(named("text", of.complaint));
    }
    of.type = std::make_shared<const pp_actor_type>(pp_actor_type{
        sizeof(pp_actor_type), of.name.c_str(), {of.manual.data(), of.manual.size()}, create_one, load, start, deliver, resume,
        save, stop, destroy, told});
    return *of.type;
}

const pp_plugin* offer(const pp_host* host, const char* package, const char* version,
                       std::initializer_list<Offered> classes) noexcept {
    static std::vector<const pp_actor_type*> types;
    static pp_plugin plugin{PP_ABI, sizeof(pp_plugin), nullptr, nullptr, "g++ " __VERSION__, 0, nullptr};
    // A host that we cannot use sees our number, and no classes.
    if (host == nullptr || host->abi != PP_ABI || host->size < offsetof(pp_host, tell)) return &plugin;
    if (plugin.type_count != 0) return &plugin;
    try {
        library() = {package, version};
        types.reserve(classes.size());
        for (const Offered& each : classes) types.push_back(&sealed(*each.of, each.create, host));
    } catch (...) {
        return nullptr;  // out of memory
    }
    plugin.package = package;
    plugin.version = version;
    plugin.types = types.data();
    plugin.type_count = static_cast<uint32_t>(types.size());
    return &plugin;
}

}  // namespace peacepie
