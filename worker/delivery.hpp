// delivery.hpp - what a message says of itself when it is to be handled exactly once: who sends it, and its number.
//
// Stands in the meta of an ask: {delivery: "reliable", origin?, number?, acked?}; PROTOCOL.md section 10, decision 0021.
// A value; any thread.
// Next: received.hpp judges those that come, unacknowledged.hpp makes those that go.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wire/convert.hpp"
#include "wire/limits.hpp"

namespace peacepie::worker {

struct Delivery {
    std::string origin;           ///< who numbers: the sender, unless it gives itself a name that outlives its session
    std::uint64_t number = 0;     ///< of this message; the mid, unless it says otherwise
    std::optional<std::uint64_t> acked = {};  ///< a sender that numbers 1, 2, 3 …: all up to this one were acknowledged

    /// Nothing when the message is an ordinary one.  Throws Error bad_request when it is neither that nor a reliable one.
    [[nodiscard]] static std::optional<Delivery> from(std::string_view meta, std::string sender, std::uint64_t mid) {
        const Value fields = Value::decode(meta);
        const Value* delivery = fields.find("delivery");
        if (!delivery || !delivery->as_text() || *delivery->as_text() != "reliable") return std::nullopt;
        Delivery made{std::move(sender), mid};
        if (const Value* origin = fields.find("origin"); origin && origin->as_text()) made.origin = *origin->as_text();
        if (const Value* number = fields.find("number")) made.number = counted(*number);
        if (const Value* acked = fields.find("acked")) made.acked = counted(*acked);
        if (made.origin.empty() || made.origin.size() > limits::address_size_max || made.number == 0 || (made.acked && *made.acked >= made.number))
            throw Error(Fault::bad_request, "a reliable message has an origin, a number above 0, and acked below it, if any");
        return made;
    }
    /// `ORIGIN#NUMBER`, which a report of a crash can carry; empty when the origin is no plain text.
    [[nodiscard]] std::string label() const {
        const bool is_plain = std::none_of(origin.begin(), origin.end(), [](unsigned char letter) { return letter < ' ' || letter == 0x7f; });
        return is_plain ? origin + "#" + std::to_string(number) : std::string();
    }
    /// For the meta of the next message of a sequence.
    [[nodiscard]] std::string meta() const {
        return Value(Value::Map{{"delivery", "reliable"}, {"origin", origin}, {"number", number}, {"acked", acked.value_or(0)}}).encoded();
    }

private:
    static std::uint64_t counted(const Value& value) {
        const auto* number = value.as_integer();
        if (!number || *number < 0) throw Error(Fault::bad_request, "the number of a reliable message is a whole one, not below 0");
        return static_cast<std::uint64_t>(*number);
    }
};

}  // namespace peacepie::worker
