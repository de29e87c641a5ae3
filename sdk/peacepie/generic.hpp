// generic.hpp - what every actor answers without its author's code: describe, get_params, set_params.
//
// Pure functions of a class and an instance; in the instance's turn.
// Next: generic.cpp.
#pragma once

#include <vector>

#include "peacepie/actor_class.hpp"

namespace peacepie {

/// `{commands, params, text}` of the class.
[[nodiscard]] Value manual_of(const ActorClass& of);
[[nodiscard]] std::vector<Handler> generic_handlers();

/// All or nothing: throws Error bad_argument naming the field, and then nothing is set.
void set_params(Actor& actor, const Value& body);

}  // namespace peacepie
