// reply.hpp - an answer: its name and its body.
//
// A value.  A handler makes one with `reply("name", named("field", value)...)`; `co_await ask(...)` gives one.  A reply
// named by a literal and without a body allocates nothing.
// Next: ask.hpp brings the answer, result.hpp carries it without throwing.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "peacepie/command.hpp"
#include "wire/convert.hpp"
#include "wire/named.hpp"

namespace peacepie {

class Reply {
public:
    Reply(const Command& name) : command(name) {
        if (!command.outlives_its_user()) keep_name();
    }
    Reply(const Command& name, Value content) : command(name), body(std::move(content)) {
        if (!command.outlives_its_user()) keep_name();
    }

    Command command;
    Value body;

    /// One field of the body.  Throws Error bad_argument when it is absent or of another type.
    template <class T>
    [[nodiscard]] T get(const std::string& field) const {
        static const Value nil;
        const Value* value = body.find(field);
        try {
            return convert<T>::from(value != nullptr ? *value : nil);
        } catch (const Error& error) {
            throw Error(error.code, "the answer " + std::string(command.text()) + " has no such " + field + ": " + error.text);
        }
    }

    /// The whole body as one value.
    template <class T>
    [[nodiscard]] T as() const {
        return convert<T>::from(body);
    }

private:
    void keep_name() {
        spelled_ = std::make_shared<const std::string>(command.text());
        command = Command::lasting(*spelled_);
    }

    std::shared_ptr<const std::string> spelled_;  // only for a name that is no literal
};

template <class... Args>
[[nodiscard]] Reply reply(const Command& name, Args... args) {
    if constexpr (sizeof...(Args) == 0) return Reply(name);
    else return Reply(name, body_of(std::move(args)...));
}

}  // namespace peacepie
