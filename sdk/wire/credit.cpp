// credit.cpp - the word between the two ends.  Next: codec.cpp
#include "wire/credit.hpp"

#include "wire/codec.hpp"

namespace peacepie {

void append_taken(std::string& batch, std::uint64_t bytes) {
    const auto body = Value(Value::Map{{"bytes", bytes}}).encoded();
    append_batched(batch, Envelope{.command = "taken", .body = body});
}

std::uint64_t credit_in(const Value& body, std::string_view field) {
    const auto* found = body.find(field);
    const auto* number = found != nullptr ? found->as_integer() : nullptr;
    return number != nullptr && *number > 0 ? static_cast<std::uint64_t>(*number) : 0;
}

}  // namespace peacepie
