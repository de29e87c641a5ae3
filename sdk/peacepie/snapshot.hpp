// snapshot.hpp - an actor's declared state as bytes: `{params, state, tickers}`.
//
// In the actor's turn, when no handler is suspended.
// Next: snapshot.cpp.
#pragma once

#include <string>
#include <string_view>

namespace peacepie {

class Actor;

[[nodiscard]] std::string saved_state(Actor& actor);
/// Before start.  What is missing keeps its default.  What this version does not know is kept for the next save and told to
/// the log; but without a `from_version` the bytes are no save, they are what the creator gave, and then it is refused.
/// Throws Error bad_argument naming the field.
void load_state(Actor& actor, std::string_view bytes, std::string from_version, const std::string& own_version);

}  // namespace peacepie
