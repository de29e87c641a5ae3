// worker.cpp - frames in, deadlines, and the small services cells need.  Next: switchboard.cpp.
#include "worker/worker.hpp"

#include <algorithm>

#include "wire/address.hpp"
#include "wire/aging.hpp"
#include "wire/closest.hpp"
#include "wire/codec.hpp"
#include "wire/value.hpp"
#include "worker/admin.hpp"
#include "worker/cell_table.hpp"
#include "worker/generic_commands.hpp"
#include "worker/plugin.hpp"
#include "worker/stream.hpp"
#include "worker/symbols.hpp"

namespace peacepie::worker {

Worker::Worker(const Clock& clock, Executor& executor, Options options)
    : clock_(clock), executor_(executor), options_(std::move(options)),
      node_(node_name(options_.host, options_.process)), tally_(options_.page), outbox_(tally_.left(), clock_, options_.bounds[Bound::peer_queue_bytes]),
      intake_(options_.bounds[Bound::credit_window]), switchboard_(*this), nursery_(*this), dead_letters_(clock),
      admin_(std::make_unique<Admin>(*this)) {}

Worker::~Worker() = default;

void Worker::on_frame(std::string_view frame) {
    const auto now = clock_.now();
    last_heard_.store(now.count(), std::memory_order_relaxed);
    FrameReader reader(frame);
    EnvelopeReader envelopes;
    Envelope envelope;
    Stream stream(switchboard_, tally_);
    while (auto one = reader.next()) {
        if (envelopes.read(*one, envelope)) {
            counters_.malformed.fetch_add(1, std::memory_order_relaxed);
            continue;
        }
        if (envelopes.repeats() && stream.add(envelope.body)) continue;
        stream.end();
        if (envelope.sender.empty() && on_word_of_head(envelope)) continue;
        if (is_too_late(envelope)) {  // the asker's own clock has told it
            counters_.expired.fetch_add(1, std::memory_order_relaxed);
            continue;
        }
        const auto as = as_pp_envelope(envelope, now);
        if (stream.begin(as)) continue;
        if (envelope.is_tallied()) tally_.arrive();
        switchboard_.post(as, Origin::link);
    }
    stream.end();
    if (reader.is_malformed()) counters_.malformed.fetch_add(1, std::memory_order_relaxed);
    if (const auto bytes = intake_.take_in(frame.size())) outbox_.tell(bytes);
}

/// What must take effect before the next envelope is looked at, not when the admin comes to it.  True: nothing is left to do.
bool Worker::on_word_of_head(const Envelope& envelope) {
    if (envelope.kind == Kind::error && envelope.command == code_of(Fault::no_session) && envelope.recipient.empty()) {
        admin_->signal(Admin::Signal::session_lost);
        return false;
    }
    if (envelope.command == "heartbeat" && envelope.recipient == node_) {
        was_probed_.store(true, std::memory_order_relaxed);
        say_heartbeat(false);  // from here and not in the admin's turn: an admin with much to do must not make us seem lost
        return true;
    }
    if (envelope.kind == Kind::reply && envelope.command == "welcome" && envelope.recipient == node_) {
        on_welcome(envelope);
        return false;
    }
    if (envelope.command != "monitored" || switchboard_.find_expected(envelope.recipient) != 0) watches_.hear(envelope);
    const bool is_fence = envelope.command == "fence", is_credit = envelope.command == "taken" && envelope.recipient.empty();
    const bool is_freeze = envelope.command == "freeze";
    if (!is_fence && !is_freeze && !is_credit && envelope.command != "resume" && envelope.command != "cancel_move") return false;
    try {
        const Value body = Value::decode(envelope.body);
        if (is_credit) return outbox_.give_back(credit_in(body, "bytes")), true;
        const Value* entity = body.find("entity");
        const Value* epoch = body.find("epoch");
        const Value* number = body.find("number");
        if (!entity || !entity->as_text() || !epoch || !epoch->as_integer()) return false;
        if (is_freeze) keep_local_out(*entity->as_text());  // what a fence right behind it lets go must find the box shut
        else if (!is_fence) switchboard_.expect_no_more(*entity->as_text());  // mail right behind it is the old home's again
        else if (number && number->as_integer())
            fence_is_back(*entity->as_text(), static_cast<std::uint64_t>(*epoch->as_integer()), static_cast<std::uint64_t>(*number->as_integer()));
    } catch (const Error&) {
        counters_.malformed.fetch_add(1, std::memory_order_relaxed);
    }
    return is_fence || is_credit;
}

void Worker::say_heartbeat(bool first) {
    const auto told = tally_.told().encoded();
    const Envelope beat{.command = "heartbeat", .sender = node_, .body = told};
    if (first) outbox_.put_greeting(beat);
    else (void)outbox_.append(beat);  // full: then there is more than enough to be heard by
}

/// The count of a new session begins with the frame that brings its welcome, whenever the admin comes to read it, if it ever does.
void Worker::on_welcome(const Envelope& welcome) try {
    const Value body = Value::decode(welcome.body);
    const Value* session = body.find("session");
    if (!session || !session->as_text() || *session->as_text() == session_) return;
    session_ = *session->as_text();
    intake_ = Intake(options_.bounds[Bound::credit_window]);
    outbox_.begin_credit(credit_in(body, "credit"));
    outbox_.with_sends([&](std::uint64_t waiting) { tally_.begin_session(stamp_of(session_), waiting); });
} catch (const Error&) {
    counters_.malformed.fetch_add(1, std::memory_order_relaxed);
}

/// The broker holds mail for that actor from here on.
void Worker::keep_local_out(const std::string& name) {
    const auto handle = switchboard_.find(name);
    if (Cell* cell = handle != 0 ? CellTable::slot(handle) : nullptr) cell->shut(CellTable::generation(handle));
}

/// What local senders had sent before has come; their later mail may follow.
void Worker::fence_is_back(const std::string& name, std::uint64_t epoch, std::uint64_t number) {
    if (!fences_.is_back(name, number)) return;
    const auto handle = switchboard_.find(name);
    Cell* cell = handle != 0 ? CellTable::slot(handle) : nullptr;
    if (!cell || cell->epoch() != epoch) return;
    Mail* mail = Mail::make(MailKind::fence);
    mail->origin = Origin::link;
    const auto posted = cell->post(mail, CellTable::generation(handle));
    if (posted == Posted::wake_reader) executor_.schedule(*cell);
    else if (posted != Posted::queued) Mail::destroy(mail);
}

void Worker::on_time() {
    while (auto due = timers_.take_due(clock_.now())) {
        if (*due == 0) {
            admin_->signal(Admin::Signal::time);
            continue;
        }
        Cell* cell = CellTable::slot(*due);
        Mail* mail = Mail::make(MailKind::time);
        const auto posted = cell ? cell->post(mail, CellTable::generation(*due)) : Posted::gone;
        if (posted == Posted::wake_reader) executor_.schedule(*cell);
        else if (posted == Posted::gone) Mail::destroy(mail);
    }
}

void Worker::run_admin() { admin_->run(); }
bool Worker::has_ended() const noexcept { return admin_->has_ended(); }
void Worker::begin() { admin_->signal(Admin::Signal::begin); }
void Worker::on_disconnected() {
    outbox_.close();  // what is sent now would reach another broker ahead of our hello, and be refused
    admin_->signal(Admin::Signal::disconnected);
}
void Worker::on_standstill(Nanoseconds span) {
    const bool is_known = paused_.exchange(true, std::memory_order_relaxed);
    if (!is_known)
        log::warning("this process stood still for {} ms; its actors wait until the broker has said which of them are still its own",
                     std::chrono::duration_cast<std::chrono::milliseconds>(span).count());
    outbox_.close();
    admin_->signal(Admin::Signal::standstill);
}
void Worker::on_reconnected() { admin_->signal(Admin::Signal::reconnected); }
void Worker::shut_down() { admin_->signal(Admin::Signal::shut_down); }

void Worker::wake_at(Nanoseconds when, std::uint64_t cell) {
    if (timers_.add(when, cell)) executor_.wake_by(when);
}

void Worker::give_order(std::unique_ptr<Order> order) {
    Cell* cell = CellTable::slot(order->cell);
    Mail* mail = Mail::make(MailKind::order, reinterpret_cast<std::uint64_t>(order.get()));
    const auto posted = cell ? cell->post(mail, CellTable::generation(order->cell)) : Posted::gone;
    if (posted == Posted::gone || posted == Posted::full) {
        Mail::destroy(mail);
        order->code = code_of(Fault::no_such_actor);
        order->text = "the actor has left";
        return order_is_back(std::move(order));
    }
    (void)order.release();  // the mail carries it now
    if (posted == Posted::wake_reader) executor_.schedule(*cell);
}

void Worker::order_is_back(std::unique_ptr<Order> order) {
    admin_->order_is_back(std::move(order));
}

void Worker::bind_behind_fence(const std::string& name, std::uint64_t cell, std::uint64_t epoch) {
    send_fence(name, epoch, [&] { switchboard_.bind(name, cell); });
}

void Worker::send_fence(const std::string& name, std::uint64_t epoch, const std::function<void()>& change) {
    std::string body;
    Envelope fence;
    fence.command = "fence";
    fence.sender = node_;
    outbox_.change_routes([&] {
        change();
        body = Value(Value::Map{{"entity", name}, {"epoch", epoch}, {"number", fences_.send(name)}}).encoded();  // their numbers in their order
        fence.body = body;
    }, &fence);
}

void Worker::refused_send(std::string_view recipient, const Mail& mail, std::string_view code, std::string_view text) {
    if (mail.is_tallied()) counters_.sends.not_handled.fetch_add(1, std::memory_order_relaxed);
    const auto total = counters_.refused.fetch_add(1, std::memory_order_relaxed) + 1;
    pp_envelope envelope = mail.envelope();
    envelope.recipient_text = bytes(recipient);
    report(envelope, fault_of(code).value_or(Fault::handler_failed), text);
    std::lock_guard guard(said_lock_);
    if (!refused_said_.due(clock_.now())) return;
    const auto command = mail.command != 0 ? Symbols::of_process().text(mail.command) : mail.command_text();
    const auto sender = sender_of(mail);
    log::warning({{"recipient", recipient}, {"sender", sender}, {"command", command}, {"code", code}},
                 "{} does not handle {} of {}: {} ({} refused so far)", recipient, log::escaped(command), sender, code, total);
}

void Worker::not_handled(const Cell& cell, const Mail& mail) {
    const auto command = mail.command != 0 ? Symbols::of_process().text(mail.command) : mail.command_text();
    const auto text = "\"" + cell.name() + "\" has no command \"" + log::escaped(command) + "\"; ask it to `describe` itself";
    if (mail.kind != MailKind::ask) return refused_send(cell.name(), mail, code_of(Fault::is_not_handled), text);
    counters_.refused.fetch_add(1, std::memory_order_relaxed);
    Closest close(command);
    for (const auto name : generic_command_names) close.offer(name);
    for (const auto& name : cell.actor_class()->commands()) close.offer(name);
    const Value body = Value::Map{
        {"text", text},
        {"from", cell.name()}, {"close", convert<std::vector<std::string>>::to(close.take())}};
    switchboard_.answer(mail, cell.name(), MailKind::error, code_of(Fault::is_not_handled), body.encoded(),
                        cell.is_on_trial() ? Switchboard::Way::broker : Switchboard::Way::shortest);
}

void Worker::left_behind(const std::string& name, const Mail& mail) {
    pp_envelope envelope = mail.envelope();
    envelope.recipient_text = bytes(name);
    const auto sender = sender_of(mail);
    const bool sender_has_left = mail.kind == MailKind::send && mail.sender != 0 && sender.empty();
    envelope.sender_text = bytes(sender_has_left ? node_ : sender);  // without one it would pass for HEAD's own word
    if (mail.kind == MailKind::send && admin_->is_leaving()) return dead_letter(envelope, Fault::stopping, "its process is ending");
    switchboard_.post(envelope, Origin::local);
}

void Worker::fenced_off(const std::string& name, const Mail& mail) {
    pp_envelope envelope = mail.envelope();
    envelope.recipient_text = bytes(name);
    switchboard_.refuse(envelope, Fault::fenced, "\"" + name + "\" lives elsewhere by now, and its process was away");
}

void Worker::mute(const std::vector<std::string>& actors) {
    const auto unsaid = outbox_.mute(actors);
    FrameReader reader(unsaid);
    while (const auto one = unsaid.empty() ? std::nullopt : reader.next()) {
        Envelope envelope;
        if (read_envelope(*one, envelope)) continue;  // written here
        if (envelope.wants_answer()) counters_.refused.fetch_add(1, std::memory_order_relaxed);  // who asked is about to end
        else if (!envelope.is_tallied()) counters_.dead_letters.fetch_add(1, std::memory_order_relaxed);  // for HEAD: it has ended when it was said
        else dead_letter(as_pp_envelope(envelope), Fault::fenced, "its sender lives elsewhere by now, and its process was away");
    }
}

void Worker::send_from(std::string_view sender, std::string_view recipient, std::string_view command,
                       std::string_view body) {
    pp_envelope envelope{};
    envelope.size = sizeof envelope;
    envelope.kind = PP_SEND;
    envelope.command = Symbols::of_process().find(command);
    envelope.command_text = bytes(command);
    envelope.sender_text = bytes(sender);
    envelope.recipient_text = bytes(recipient);
    envelope.body = bytes(body);
    tally_.enter();
    switchboard_.post(envelope, Origin::local);
}

void Worker::notify(std::string_view observer, const std::string& name, const Mail& mail, std::string_view command) {
    Value body;
    try {
        body = Value::decode(mail.body());
    } catch (const Error& error) {
        body = error.text;
    }
    const Value whole = Value::Map{{"mid", mail.mid}, {"command", command}, {"body", std::move(body)},
                                   {"recipient", name}, {"sender", sender_of(mail)}};
    send_from(name, observer, "notification", whole.encoded());
}

std::string Worker::sender_of(const Mail& mail) const {
    if (mail.sender != 0) return CellTable::of_process().name_of(mail.sender);
    return std::string(mail.sender_text());
}

void Worker::append_waiting(std::string& batch, const Mail& mail) const {
    std::string sender = sender_of(mail);
    if (mail.is_tallied() && sender.empty()) sender = node_;  // of an actor that has left: without one it would pass for HEAD's own word
    Envelope envelope;
    envelope.kind = static_cast<Kind>(mail.kind);
    envelope.mid = mail.mid;
    envelope.command = mail.command != 0 ? Symbols::of_process().text(mail.command) : mail.command_text();
    envelope.sender = sender;
    if (mail.deadline_ns != 0) envelope.timeout_ms = time_left_ms(mail.deadline_ns);
    envelope.meta = mail.meta();
    envelope.body = mail.body();
    append_batched(batch, envelope);
}

pp_envelope Worker::as_pp_envelope(const Envelope& envelope, Nanoseconds now) const {
    std::uint64_t deadline = 0;
    if (envelope.wants_answer()) {
        const std::uint64_t left = envelope.timeout_ms.value_or(
            static_cast<std::uint32_t>(std::chrono::milliseconds(limits::ask_timeout_default).count()));
        deadline = static_cast<std::uint64_t>(now.count()) + left * 1'000'000;
    }
    return {.size = sizeof(pp_envelope), .kind = static_cast<std::uint8_t>(envelope.kind), .reserved = {0, 0, 0}, .mid = envelope.mid,
            .deadline_ns = deadline, .command = Symbols::of_process().find(envelope.command), .reserved2 = 0, .recipient = 0, .sender = 0,
            .command_text = bytes(envelope.command), .recipient_text = bytes(envelope.recipient), .sender_text = bytes(envelope.sender),
            .meta = bytes(envelope.meta), .body = bytes(envelope.body)};
}

/// By the coarse clock, so it may be some milliseconds too many; the asker goes by its own clock.
std::uint32_t Worker::time_left_ms(std::uint64_t deadline_ns) const noexcept {
    const auto now = recent_ns();
    return deadline_ns <= now ? 0 : static_cast<std::uint32_t>(std::min<std::uint64_t>((deadline_ns - now) / 1'000'000 + 1, UINT32_MAX));
}

void Worker::log_failure(const Cell& cell, std::string_view code, std::string_view text) const {
    const auto command = Symbols::of_process().text(cell.current_command());
    log::warning({{"actor", cell.name()}, {"command", command}, {"code", code}}, "{} failed: {}", cell.name(), text);
}

void Worker::log_message(const Cell& cell, const Mail& mail, std::string_view command) const {
    log::info({{"actor", cell.name()}, {"command", command}, {"mid", mail.mid}}, "{} handled {} from {}", cell.name(),
              command, sender_of(mail));
}

void Worker::dead_letter(const pp_envelope& envelope, Fault reason, std::string_view text) {
    const auto total = counters_.dead_letters.fetch_add(1, std::memory_order_relaxed) + 1;
    report(envelope, reason, text);
    if (is_tallied(envelope)) ends(counters_.sends.dead_letters);  // behind the letter's entry: better twice than never, should this process die here
    std::lock_guard guard(said_lock_);
    if (!dead_letters_said_.due(clock_.now())) return;
    const auto name = view(envelope.recipient_text);
    const auto recipient = !name.empty() ? name : envelope.recipient == 0 ? "HEAD" : "an actor that left";
    log::warning({{"recipient", recipient}, {"command", view(envelope.command_text)}, {"reason", code_of(reason)}},
                 "a message to {} could not be brought: {} ({} so far)", recipient, code_of(reason), total);
}

/// Answers are only counted: whoever waited for one has been told.  So is what is said to HEAD, and what HEAD says, which is
/// no message of anybody's.
void Worker::report(const pp_envelope& send, Fault reason, std::string_view text) {
    const bool is_to_head = send.recipient == 0 && send.recipient_text.size == 0;
    const bool is_of_head = send.sender == 0 && send.sender_text.size == 0;
    if (send.kind != PP_SEND || is_to_head || is_of_head) return;
    tally_.enter();  // until it leaves for the broker it dies with this process
    counters_.sends.letters.fetch_add(1, std::memory_order_relaxed);
    if (dead_letters_.count_if_full(reason)) return;
    const auto name_of = [](pp_bytes name, std::uint64_t handle) {
        return name.size != 0 ? std::string(view(name)) : CellTable::of_process().name_of(handle);
    };
    const auto recipient = name_of(send.recipient_text, send.recipient);
    auto sender = name_of(send.sender_text, send.sender);
    if (sender.empty()) sender = node_;  // of an actor that has left
    const Envelope letter{.mid = send.mid,
                          .command = send.command != 0 ? Symbols::of_process().text(send.command) : view(send.command_text),
                          .recipient = recipient, .sender = sender, .meta = view(send.meta), .body = view(send.body)};
    if (dead_letters_.add(letter, reason, text)) admin_->signal(Admin::Signal::dead_letter);
}

}  // namespace peacepie::worker
