// actor_class.hpp - what is declared once per class: its commands, parameters, state and tickers.
//
// One per class and library.  A sample instance records into it, then it is sealed and never changes; after that any
// thread may read it.  Later instances only check that they declare as many facts as the sample did.
// Next: handler.hpp fills the commands, param.hpp the fields.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "peacepie/host.hpp"
#include "wire/convert.hpp"

struct pp_actor_type;

namespace peacepie {

class Actor;
struct Turn;
struct Handler;

/// Decodes arguments, calls the author's member function and answers.
using Invoke = void (*)(Actor&, const Handler&, Turn&);

struct Argument {
    std::string name;
    std::string type;
    bool optional = false;
};

struct Handler {
    std::string name;
    std::string text;
    Invoke invoke = nullptr;
    alignas(void*) std::byte method[2 * sizeof(void*)] = {};  ///< the bytes of a pointer to member function
    std::vector<Argument> arguments;
    bool overlapping = false;
    bool whole_body = false;  ///< the one argument is the body itself

    template <class Pointer>
    void keep(Pointer pointer) {
        static_assert(sizeof pointer <= sizeof method);
        std::memcpy(method, &pointer, sizeof pointer);
    }
    template <class Pointer>
    [[nodiscard]] Pointer kept() const {
        Pointer pointer;
        std::memcpy(&pointer, method, sizeof pointer);
        return pointer;
    }
};

/// A Param or a State.
struct Field {
    enum class Kind : std::uint8_t { param, state };
    Kind kind = Kind::param;
    std::string name;
    std::string type;
    std::string text;
    Value initial;
    std::uint32_t offset = 0;  ///< of the Param or State, from its Actor
    Value (*get)(const void* field) = nullptr;
    void (*set)(void* field, const Value& value) = nullptr;    ///< throws Error bad_argument and leaves the field alone
    void (*check)(const Value& value) = nullptr;               ///< throws what `set` would
};

struct TickerField {
    std::uint32_t offset = 0;
    Handler handler;                                          ///< its name is the ticker's
    std::uint32_t period_offset = 0;                          ///< of the Param that holds the period
    Seconds fixed_period{};                                   ///< when there is no such Param
    Seconds (*period)(const Actor&, const TickerField&) = nullptr;
};

class ActorClass {
public:
    using Construct = Actor* (*)();
    ActorClass(std::string name, std::string text, Construct construct)
        : name(std::move(name)), text(std::move(text)), construct(construct) {}

    std::string name;
    std::string text;
    const Construct construct;
    std::vector<Handler> handlers;
    std::vector<Field> fields;
    std::vector<TickerField> tickers;
    std::string manual;    ///< `{commands, params, text}`, encoded
    std::string complaint; ///< why no instance can be made; empty when all is well
    std::uint32_t declared = 0;  ///< how many facts an instance declares
    std::shared_ptr<const pp_actor_type> type;  ///< what the worker sees; made when sealed

    /// Ends recording: adds what every actor answers, interns the names, builds the tables.  Throws Error on a
    /// contradiction, for example two parameters of one name.
    void seal(const Host& host);
    [[nodiscard]] const Handler* find(std::uint32_t command) const noexcept {
        if (command == 0 || slots_.empty()) return nullptr;
        for (std::uint32_t place = command * 2654435769u >> shift_;; ++place) {
            const Slot& slot = slots_[place & (slots_.size() - 1)];
            if (slot.command == command) return slot.handler;
            if (slot.command == 0) return nullptr;
        }
    }
    [[nodiscard]] const Handler* find(std::string_view command) const noexcept;
    [[nodiscard]] const Field* field(Field::Kind kind, std::string_view field_name) const noexcept;

private:
    struct Slot {
        std::uint32_t command = 0;
        const Handler* handler = nullptr;
    };
    void refuse_doubles() const;
    void index(const Host& host);

    std::vector<Slot> slots_;  // open addressing, at most half full; the handlers stay where they are once the class is sealed
    std::uint32_t shift_ = 31;
};

/// The class of T in this library.
template <class T>
[[nodiscard]] ActorClass& class_of() {
    static ActorClass the_class("", "", []() -> Actor* { return new T; });
    return the_class;
}

/// What is being constructed on this thread; the seam sets it around a constructor.
struct Construction {
    ActorClass* of = nullptr;
    bool recording = false;
    std::uint32_t declared = 0;
};
[[nodiscard]] Construction& construction() noexcept;

}  // namespace peacepie
