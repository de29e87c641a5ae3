// admin.cpp - the admin's mailbox, asks and moments.  Next: actor_commands.cpp.
#include "worker/admin.hpp"

#include <unistd.h>

#include "log/log.hpp"
#include "wire/closest.hpp"
#include "worker/actor_commands.hpp"
#include "worker/memory_watch.hpp"
#include "worker/migration.hpp"
#include "worker/process_commands.hpp"
#include "worker/session.hpp"
#include "worker/worker.hpp"

namespace peacepie::worker {

namespace {

constexpr std::uint16_t only_generation = 1;

}  // namespace

std::string Answer::text() const {
    const Value* said = body.find("text");
    return said && said->as_text() ? *said->as_text() : command;
}

Admin::Admin(Worker& worker) : worker_(worker), store_(worker.options().packages) {
    mailbox_.begin(only_generation);
    (void)mailbox_.try_idle();
    register_own_commands();
    session_ = std::make_unique<Session>(*this);
    actors_ = std::make_unique<ActorCommands>(*this);
    processes_ = std::make_unique<ProcessCommands>(*this);
    migration_ = std::make_unique<Migration>(*this);
}

Admin::~Admin() {
    for (Mail* chain = mailbox_.close(); chain;) {
        Mail* mail = std::exchange(chain, chain->next);
        if (mail->kind == MailKind::order) delete reinterpret_cast<Order*>(mail->mid);
        Mail::destroy(mail);
    }
}

void Admin::post(Mail* mail) {
    switch (mailbox_.post(mail, only_generation)) {
        case Posted::queued: return;
        case Posted::wake_reader: return worker_.executor().schedule_admin();
        case Posted::full: worker_.counters().reach(mailbox_.bound_met()); break;
        case Posted::gone: break;
    }
    constexpr std::string_view text = "the admin has too much to do; try again later";
    pp_envelope envelope = mail->envelope();
    envelope.recipient_text = bytes(worker_.node());
    if (mail->kind != MailKind::ask) worker_.dead_letter(envelope, Fault::mailbox_full, text);
    const Value body = Value::Map{{"text", text}, {"from", worker_.node()}};
    worker_.switchboard().answer(*mail, worker_.node(), MailKind::error, code_of(Fault::mailbox_full), body.encoded());
    Mail::destroy(mail);
}

void Admin::order_is_back(std::unique_ptr<Order> order) {
    if (order->then) post(Mail::make(MailKind::order, reinterpret_cast<std::uint64_t>(order.release())));
}

void Admin::signal(Signal signal) { post(Mail::make(MailKind::completed, static_cast<std::uint64_t>(signal))); }
bool Admin::has_ended() const noexcept { return session_->has_ended(); }
bool Admin::is_leaving() const noexcept { return session_->is_leaving(); }

void Admin::run() {
    do {
        for (Mail* chain = mailbox_.drain(); chain;) {
            Mail* mail = std::exchange(chain, chain->next);
            mailbox_.took(*mail);
            handle(mail);
        }
    } while (!mailbox_.try_idle());
}

void Admin::handle(Mail* mail) {
    if (mail->is_message()) return handle_request(mail);
    attempt([this, mail] {
        switch (mail->kind) {
            case MailKind::reply:
            case MailKind::error: return handle_answer(*mail);
            case MailKind::order: {
                std::unique_ptr<Order> order(reinterpret_cast<Order*>(mail->mid));
                return order->then(*order);
            }
            case MailKind::completed: return handle_signal(static_cast<Signal>(mail->mid));
            default: return;
        }
    });
    Mail::destroy(mail);
}

void Admin::handle_signal(Signal signal) {
    switch (signal) {
        case Signal::time: return handle_time();
        case Signal::begin: return session_->begin();
        case Signal::shut_down: return session_->shut_down();
        case Signal::session_lost: return session_->lost("the broker does not know this worker any more");
        case Signal::disconnected: return session_->lost("the connection to the broker is lost");
        case Signal::standstill: return session_->stood_still();
        case Signal::reconnected: return session_->reconnected();
        case Signal::dead_letter: return worker_.dead_letters().on_first(*this);
    }
}

void Admin::handle_time() {
    const auto now = worker_.now();
    if (!wake_times_.woken(static_cast<std::uint64_t>(now.count()))) return;
    while (!later_.empty() && later_.begin()->first <= now) {
        const auto due = later_.extract(later_.begin());
        attempt(due.mapped());
    }
    for (auto at = asks_.begin(); at != asks_.end();) {
        if (at->second.deadline > now) {
            ++at;
            continue;
        }
        const Then then = std::move(at->second.then);
        asks_.erase(at);
        attempt([&then] { then({false, std::string(code_of(Fault::expired)), Value::Map{{"text", "no answer came in time"}}}); });
        at = asks_.begin();  // `then` may have asked again
    }
    auto earliest = later_.empty() ? Nanoseconds::max() : later_.begin()->first;
    for (const auto& [mid, ask] : asks_) earliest = std::min(earliest, ask.deadline);
    if (earliest != Nanoseconds::max()) arm(earliest);
}

/// A continuation reads what others sent: whatever that is, the worker goes on.
template <class Step>
void Admin::attempt(const Step& step) try {
    step();
} catch (const std::exception& error) {
    log::error("a step of the admin failed: {}", error.what());
}

void Admin::handle_request(Mail* mail) {
    ++handled_;
    auto request = std::make_shared<Request>(worker_, mail);
    const auto place = commands_.find(request->command());
    if (place == commands_.end())
        return refuse_unknown(*request);
    try {
        request->open();
        place->second.handler(request);
        for (const auto& observer : observation_.observers)
            if (observer.command == request->command())
                worker_.notify(observer.address, worker_.node(), request->mail(), request->command());
        if (observation_.is_logged(worker_.node(), request->command(), worker_.now()))
            log::debug({{"command", request->command()}}, "{} asked for {}", request->sender(), request->command());
    } catch (const Error& error) {
        request->fail(error);
    } catch (const std::exception& error) {
        request->fail(code_of(Fault::handler_failed), error.what());
    }
}

void Admin::refuse_unknown(Request& request) const {
    Closest close(request.command());
    for (const auto& [name, command] : commands_)
        if (!command.text.empty()) close.offer(name);
    request.fail(code_of(Fault::is_not_handled),
                 "an admin has no command \"" + log::escaped(request.command()) + "\"; ask it to `describe` itself",
                 {{"close", convert<std::vector<std::string>>::to(close.take())}});
}

void Admin::handle_answer(const Mail& mail) {
    const auto place = asks_.find(mail.mid);
    if (place == asks_.end()) {
        worker_.counters().late_answers.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    const Then then = std::move(place->second.then);
    asks_.erase(place);
    Answer answer;
    answer.ok = mail.kind == MailKind::reply;
    answer.command = mail.command != 0 ? Symbols::of_process().text(mail.command) : mail.command_text();
    try {
        answer.body = Value::decode(mail.body());
    } catch (const Error& error) {
        answer = {false, error.code, Value::Map{{"text", error.text}}};
    }
    then(answer);
}

void Admin::on(std::string command, std::string arguments, std::string text, Handler handler) {
    (void)Symbols::of_process().intern(command);
    commands_[std::move(command)] = {std::move(arguments), std::move(text), std::move(handler)};
}

std::uint64_t Admin::open_ask(Nanoseconds timeout, Then then) {
    const auto deadline = worker_.now() + timeout;
    asks_.emplace(++last_mid_, OpenAsk{deadline, std::move(then)});
    arm(deadline);
    return last_mid_;
}

void Admin::ask(std::string_view recipient, std::string_view command, const Value& body, Nanoseconds timeout, Then then) {
    const std::string encoded = body.is_nil() ? std::string() : body.encoded();
    pp_envelope envelope{};
    envelope.size = sizeof envelope;
    envelope.kind = PP_ASK;
    envelope.mid = open_ask(timeout, std::move(then));
    envelope.deadline_ns = static_cast<std::uint64_t>((worker_.now() + timeout).count());
    envelope.command_text = bytes(command);
    envelope.recipient_text = bytes(recipient);
    envelope.sender_text = bytes(worker_.node());
    envelope.body = bytes(encoded);
    worker_.switchboard().post(envelope, Origin::local);
}

void Admin::greet(std::string_view command, const Value& body, Nanoseconds timeout, Then then) {
    const std::string encoded = body.encoded();
    Envelope hello;
    hello.kind = Kind::ask;
    hello.mid = open_ask(timeout, std::move(then));
    hello.command = command;
    hello.timeout_ms = static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::milliseconds>(timeout).count());
    hello.body = encoded;
    worker_.outbox().put_greeting(hello);
}

void Admin::send(std::string_view recipient, std::string_view command, const Value& body) {
    worker_.send_from(worker_.node(), recipient, command, body.is_nil() ? std::string() : body.encoded());
}

void Admin::after(Nanoseconds delay, std::function<void()> then) {
    const auto when = worker_.now() + delay;
    later_.emplace(when, std::move(then));
    arm(when);
}

void Admin::arm(Nanoseconds when) {
    if (wake_times_.arm(static_cast<std::uint64_t>(when.count()))) worker_.wake_at(when, 0);
}

void Admin::register_own_commands() {
    on("ping", "", "answers `pong`", [](const RequestPointer& request) { request->reply("pong"); });
    on("describe", "", "lists commands and parameters", [this](const RequestPointer& request) { describe(request); });
    on("stats", "", "counts, times, memory", [this](const RequestPointer& request) { stats(request); });
    on("get_params", "", "lists parameters: an admin has none",
       [](const RequestPointer& request) { request->reply("params", Value::Map{{"params", Value::Array{}}}); });
    on("set_params", "params:list", "an admin has no parameters", [](const RequestPointer& request) {
        const Value* params = request->body().find("params");
        if (!params || !params->as_array()) throw Error(Fault::bad_argument, "\"params\" must be a list of {name, value}");
        if (!params->as_array()->empty()) throw Error(Fault::bad_argument, "an admin has no parameters");
        request->reply("params_are_set");
    });
    for (auto switching : {GenericCommand::subscribe, GenericCommand::unsubscribe, GenericCommand::not_log_commands_set,
                           GenericCommand::not_log_commands_remove, GenericCommand::cumulative_commands_set,
                           GenericCommand::cumulative_commands_remove}) {
        const auto name = generic_command_names[static_cast<std::size_t>(switching) - 1];
        const bool watches = switching <= GenericCommand::unsubscribe;
        on(std::string(name), watches ? "command:text" : "commands:list", watches ? "notifications of a command" : "logging of commands",
           [this, switching](const RequestPointer& request) {
               request->reply(observation_.change(switching, request->body(), request->sender()));
           });
    }
}

void Admin::describe(const RequestPointer& request) {
    std::map<std::string, const Command*> sorted;
    for (const auto& [name, command] : commands_)
        if (!command.text.empty()) sorted.emplace(name, &command);
    Value::Array commands;
    for (const auto& [name, command] : sorted) {
        Value::Array arguments;
        for (std::string_view rest = command->arguments; !rest.empty();) {
            const auto space = std::min(rest.find(' '), rest.size());
            auto one = rest.substr(0, space);
            rest.remove_prefix(std::min(space + 1, rest.size()));
            const bool optional = one.ends_with('?');
            if (optional) one.remove_suffix(1);
            const auto colon = one.find(':');
            arguments.push_back(Value::Map{{"name", one.substr(0, colon)}, {"type", one.substr(colon + 1)}, {"optional", optional}});
        }
        commands.push_back(Value::Map{{"name", name}, {"arguments", std::move(arguments)}, {"text", command->text}});
    }
    request->reply("description", Value::Map{{"name", worker_.node()}, {"node", worker_.node()}, {"package", "peacepie"},
                                             {"version", PEACEPIE_VERSION}, {"class", "Admin"},
                                             {"commands", std::move(commands)}, {"params", Value::Array{}}});
}

void Admin::stats(const RequestPointer& request) {
    const auto& counters = worker_.counters();
    request->reply("stats", Value::Map{{"pid", static_cast<std::int64_t>(getpid())}, {"rss_bytes", resident_bytes()},
                                       {"actors", actors_->count()}, {"handled", handled_},
                                       {"failed", counters.handler_failures.load()}, {"refused", counters.refused.load()},
                                       {"expired", counters.expired.load()}, {"late_answers", counters.late_answers.load()},
                                       {"dead_letters", counters.dead_letters.load()},
                                       {"malformed", counters.malformed.load()},
                                       {"repeated", counters.repeated.load()}, {"states_unkept", counters.states_unkept.load()}, {"mailbox", mailbox_.length()},
                                       {"mailbox_bytes", mailbox_.bytes()}, {"open_asks", asks_.size()},
                                       {"timers", worker_.timers()}, {"sends", worker_.sends()},
                                       {"outbox_bytes", worker_.outbox().bytes()}, {"credit_waits", worker_.outbox().credit_waits()},
                                       {"uptime", std::chrono::duration<double>(worker_.now() - session_->since()).count()},
                                       {"limits", limits_shown()}});
}

Value Admin::limits_shown() const {
    return bounds_shown(worker_.options().bounds, Obeys::worker, [this](Bound bound) {
        if (bound == Bound::peer_queue_bytes) return worker_.outbox().refused();
        if (bound == Bound::credit_window) return worker_.outbox().credit_waits();
        return worker_.counters().reached[bound].load(std::memory_order_relaxed);
    });
}

}  // namespace peacepie::worker
