// request.hpp - a command to the admin, kept until it is answered.
//
// Shared by the steps that work on it, all run in the admin's turns: one thread at a time.  Answer it once; an ask that is dropped unanswered is
// answered `handler_failed`, so that no path can fall silent.
// Next: admin.hpp hands requests to the parts.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "wire/value.hpp"
#include "worker/mail.hpp"

namespace peacepie::worker {

class Worker;

class Request {
public:
    /// Takes the mail.
    Request(Worker& worker, Mail* mail);
    ~Request();
    Request(const Request&) = delete;
    Request& operator=(const Request&) = delete;

    [[nodiscard]] const std::string& command() const noexcept { return command_; }
    [[nodiscard]] const std::string& sender() const noexcept { return sender_; }
    [[nodiscard]] const Value& body() const noexcept { return body_; }
    [[nodiscard]] const Mail& mail() const noexcept { return *mail_; }
    /// Decodes the body.  Throws Error.
    void open();
    [[nodiscard]] bool is_from_head() const noexcept { return sender_.empty(); }

    /// The text of a required field.  Throws Error bad_argument.
    [[nodiscard]] const std::string& text(std::string_view field) const;
    [[nodiscard]] std::uint64_t number(std::string_view field) const;

    void reply(std::string_view command, const Value& body = {});
    void fail(std::string_view code, std::string_view text) { fail(code, text, {}); }
    /// With more fields in its body, as `close`: names the asker may have meant.
    void fail(std::string_view code, std::string_view text, Value::Map more);
    void fail(const Error& error) { fail(error.code, error.text); }
    /// A failure in the seed's manner: a reply with its name and `{reason, text, …}`.
    void reply_failure(std::string_view command, std::string_view code, std::string_view text, Value::Map more = {});
    /// Goes on to another recipient, which answers the asker itself.  Empty: HEAD.
    void pass_on(std::string_view recipient, const Value* body = nullptr);

private:
    Worker& worker_;
    Mail* mail_;
    std::string command_, sender_;
    Value body_;
    bool answered_ = false;
    bool passed_on_ = false;  // as a message of its own
};

using RequestPointer = std::shared_ptr<Request>;

}  // namespace peacepie::worker
