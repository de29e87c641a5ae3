// group.hpp - actors that were declared to belong together: what the end of one means for the others.
//
// A value; part of a Declaration.  Any thread.
// Next: healing.hpp, whose regroup() does it.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "broker/arguments.hpp"
#include "log/log.hpp"
#include "wire/limits.hpp"
#include "wire/link.hpp"

namespace peacepie::broker {

/// Whom the end of a member concerns.  Source: Erlang/OTP's supervisor, whose words they are.
enum class Strategy : std::uint8_t {
    one_for_one,   ///< itself only; the default
    one_for_all,   ///< all members
    rest_for_one   ///< it and those created after it
};

struct Group {
    std::string name;  ///< empty: none
    Strategy strategy = Strategy::one_for_one;
    std::size_t intensity = limits::restarts_max;  ///< ends within `period`; one more, and the group is given up
    Nanoseconds period = limits::restart_window;

    /// Out of `group`: a name, or a map.  Throws Error bad_argument.
    [[nodiscard]] static Group from(const Value& value) {
        Group made;
        if (value.as_text() != nullptr) return made.name = name_of(Value::Map{{"group", value}}, "group"), made;
        if (value.as_map() == nullptr) throw Error(Fault::bad_argument, "group is a name, or {name, strategy?, intensity?, period?}");
        made.name = name_of(value, "name");
        const auto word = optional_text_of(value, "strategy").value_or("one_for_one");
        if (word == "one_for_all") made.strategy = Strategy::one_for_all;
        else if (word == "rest_for_one") made.strategy = Strategy::rest_for_one;
        else if (word != "one_for_one") throw Error(Fault::bad_argument, "strategy is one_for_one, one_for_all or rest_for_one");
        if (value.find("intensity") != nullptr) made.intensity = count_of(value, "intensity", limits::group_intensity_max);
        if (const auto* period = value.find("period")) made.period = period_from(*period);
        return made;
    }
    [[nodiscard]] Value to_value() const {
        const auto* word = strategy == Strategy::one_for_all ? "one_for_all" : strategy == Strategy::rest_for_one ? "rest_for_one" : "one_for_one";
        return Value::Map{{"name", name}, {"strategy", word}, {"intensity", intensity}, {"period", std::chrono::duration<double>(period).count()}};
    }
    friend bool operator==(const Group&, const Group&) = default;

private:
    static Nanoseconds period_from(const Value& value) {
        constexpr std::chrono::duration<double> most = limits::group_period_max;
        const auto seconds = convert<double>::from(value);
        if (!(seconds > 0) || seconds > most.count())
            throw Error(Fault::bad_argument, fmt::format("period: seconds above 0, at most {}", most.count()));
        return std::chrono::duration_cast<Nanoseconds>(std::chrono::duration<double>(seconds));
    }
};

}  // namespace peacepie::broker
