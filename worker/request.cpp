// request.cpp - reading a request's fields and answering it.  Next: admin.cpp.
#include "worker/request.hpp"

#include "worker/symbols.hpp"
#include "worker/worker.hpp"

namespace peacepie::worker {

Request::Request(Worker& worker, Mail* mail)
    : worker_(worker), mail_(mail),
      command_(mail->command != 0 ? Symbols::of_process().text(mail->command) : mail->command_text()),
      sender_(worker.sender_of(*mail)) {}

Request::~Request() {
    if (!answered_ && mail_->kind == MailKind::ask) fail(code_of(Fault::handler_failed), "the admin gave no answer");
    if (mail_->is_tallied() && !passed_on_) worker_.tally().end();
    Mail::destroy(mail_);
}

void Request::open() { body_ = Value::decode(mail_->body()); }

const std::string& Request::text(std::string_view field) const {
    const Value* found = body_.find(field);
    if (found && found->as_text()) return *found->as_text();
    throw Error(Fault::bad_argument, "\"" + std::string(field) + "\" is required and must be text");
}

std::uint64_t Request::number(std::string_view field) const {
    const Value* found = body_.find(field);
    if (found && found->as_integer() && *found->as_integer() >= 0) return static_cast<std::uint64_t>(*found->as_integer());
    throw Error(Fault::bad_argument, "\"" + std::string(field) + "\" is required and must be a number");
}

void Request::reply(std::string_view command, const Value& body) {
    if (std::exchange(answered_, true)) return;
    worker_.switchboard().answer(*mail_, worker_.node(), MailKind::reply, command, body.is_nil() ? std::string() : body.encoded());
}

void Request::fail(std::string_view code, std::string_view text, Value::Map more) {
    if (std::exchange(answered_, true)) return;
    if (mail_->kind != MailKind::ask) return worker_.refused_send(worker_.node(), *mail_, code, text);
    more.insert(more.begin(), {{"text", text}, {"from", worker_.node()}});
    worker_.switchboard().answer(*mail_, worker_.node(), MailKind::error, code, Value(std::move(more)).encoded());
}

void Request::reply_failure(std::string_view command, std::string_view code, std::string_view text, Value::Map more) {
    if (mail_->kind != MailKind::ask && !answered_) worker_.refused_send(worker_.node(), *mail_, code, text);
    more.insert(more.begin(), {{"reason", code}, {"text", text}});
    reply(command, Value(std::move(more)));
}

void Request::pass_on(std::string_view recipient, const Value* body) {
    answered_ = passed_on_ = true;
    const std::string other = body ? body->encoded() : std::string();
    pp_envelope envelope = mail_->envelope();
    envelope.sender = 0;
    envelope.sender_text = bytes(sender_.empty() && mail_->is_tallied() ? worker_.node() : sender_);  // of an actor that has left
    envelope.recipient_text = bytes(recipient);
    if (body) envelope.body = bytes(other);
    worker_.switchboard().post(envelope, Origin::local);
}

}  // namespace peacepie::worker
