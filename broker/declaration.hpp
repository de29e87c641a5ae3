// declaration.hpp - how an actor was declared when it was created: what it takes to make it again.
//
// A value that does not change; shared by the actors of one create_actors.  Any thread.
// Next: fallen.hpp keeps those whose process died.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "broker/arguments.hpp"
#include "broker/group.hpp"
#include "log/log.hpp"
#include "wire/bounds.hpp"
#include "wire/limits.hpp"

namespace peacepie::broker {

/// Which ends are mended.  An actor that was removed is not made again under any of them.
/// Source: Erlang/OTP's supervisor, whose words they are.
enum class Restart : std::uint8_t {
    permanent,  ///< whenever it ends: its process died, or it retired
    transient,  ///< when its process died; the default
    temporary   ///< never
};

struct Declaration {
    Restart restart = Restart::transient;
    std::string params = {};  ///< encoded {name: value}; empty: none
    bool durable = false;     ///< its state is kept whenever it has changed, and it is made again with it
    Group group = {};

    /// Out of the body of create_actor.  Throws Error bad_argument, or too_large above limits::declared_params_max.
    [[nodiscard]] static Declaration from(const Value& body) {
        Declaration made;
        const auto word = optional_text_of(body, "restart").value_or("transient");
        if (word == "permanent") made.restart = Restart::permanent;
        else if (word == "temporary") made.restart = Restart::temporary;
        else if (word != "transient") throw Error(Fault::bad_argument, "restart is permanent, transient or temporary");
        if (const auto* wish = body.find("durable"); wish != nullptr && !wish->is_nil()) made.durable = convert<bool>::from(*wish);
        if (const auto* group = body.find("group"); group != nullptr && !group->is_nil()) made.group = Group::from(*group);
        if (const auto* params = body.find("params"); params != nullptr && !params->is_nil()) made.params = params->encoded();
        if (made.params.size() > limits::declared_params_max)
            throw Error(Fault::too_large, fmt::format("params are larger than {} bytes; give less, and send the rest to the actor", limits::declared_params_max));
        return made;
    }
    /// Puts the fields of create_actor's body back.
    void put_into(Value& body) const {
        if (!params.empty()) body.set("params", Value::decode(params));
        body.set("restart", restart == Restart::permanent ? "permanent" : restart == Restart::temporary ? "temporary" : "transient");
        if (durable) body.set("durable", true);
        if (!group.name.empty()) body.set("group", group.to_value());
    }
    friend bool operator==(const Declaration&, const Declaration&) = default;
};

using DeclarationPointer = std::shared_ptr<const Declaration>;  ///< null: nothing was declared, like temporary

/// What all declarations of a broker may take together: many small requests must not use its memory up.  The broker's thread.
class DeclaredBytes {
public:
    explicit DeclaredBytes(CountedBounds& bounds) : bounds_(bounds) {}

    [[nodiscard]] bool has_room_for(const Declaration& declaration) noexcept {
        return bounds_.allows(Bound::declared_bytes, *used_ + declaration.params.size());
    }
    /// Throws Error no_space.
    [[nodiscard]] DeclarationPointer keep(Declaration declaration) {
        const auto size = declaration.params.size();
        if (!has_room_for(declaration))
            throw Error(Fault::no_space, "the parameters of all actors take as much as they may; remove some actors");
        *used_ += size;
        return {new Declaration(std::move(declaration)), [used = used_, size](const Declaration* one) {
                    *used -= size;
                    delete one;
                }};
    }

private:
    CountedBounds& bounds_;
    std::shared_ptr<std::size_t> used_ = std::make_shared<std::size_t>(0);  // declarations may outlive this
};

}  // namespace peacepie::broker
