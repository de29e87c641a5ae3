// observation.cpp - subscriptions and logging switches.  Next: generic_commands.cpp.
#include "worker/observation.hpp"

#include <algorithm>

#include "log/log.hpp"
#include "wire/convert.hpp"
#include "wire/limits.hpp"

namespace peacepie::worker {

namespace {

std::vector<std::string> commands_of(const Value& body) {
    const Value* commands = body.find("commands");
    if (!commands || !commands->as_array())
        throw Error(Fault::bad_argument, "\"commands\" must be a list of command names");
    return convert<std::vector<std::string>>::from(*commands);
}

std::string command_of(const Value& body) {
    const Value* command = body.find("command");
    if (!command || !command->as_text()) throw Error(Fault::bad_argument, "\"command\" must name a command");
    return *command->as_text();
}

template <class Items>
void bound(const Items& items) {
    if (items.size() >= limits::observers_max)
        throw Error(Fault::no_space, "no more than " + std::to_string(limits::observers_max) + " of these per actor");
}

}  // namespace

std::string_view Observation::change(GenericCommand command, const Value& body, const std::string& sender) {
    switch (command) {
        case GenericCommand::subscribe: {
            if (sender.empty()) throw Error(Fault::bad_argument, "nobody to notify: subscribe with an ask");
            const Observer observer{sender, command_of(body)};
            bound(observers);
            if (std::find(observers.begin(), observers.end(), observer) == observers.end()) observers.push_back(observer);
            return "subscribed";
        }
        case GenericCommand::unsubscribe: {
            const Observer observer{sender, command_of(body)};
            if (std::erase(observers, observer) == 0)
                throw Error(Fault::bad_argument, "\"" + sender + "\" is not subscribed to \"" + observer.command + "\"");
            return "unsubscribed";
        }
        case GenericCommand::not_log_commands_set:
            for (auto& name : commands_of(body)) {
                bound(not_logged);
                if (std::find(not_logged.begin(), not_logged.end(), name) == not_logged.end()) not_logged.push_back(name);
            }
            return "set";
        case GenericCommand::not_log_commands_remove:
            for (auto& name : commands_of(body))
                if (std::erase(not_logged, name) == 0)
                    throw Error(Fault::bad_argument, "\"" + name + "\" was not switched off");
            return "removed";
        case GenericCommand::cumulative_commands_set:
            for (auto& name : commands_of(body)) {
                bound(cumulative);
                if (std::none_of(cumulative.begin(), cumulative.end(), [&](const auto& one) { return one.first == name; }))
                    cumulative.emplace_back(name, 0);
            }
            return "set";
        case GenericCommand::cumulative_commands_remove:
            for (auto& name : commands_of(body))
                if (std::erase_if(cumulative, [&](const auto& one) { return one.first == name; }) == 0)
                    throw Error(Fault::bad_argument, "\"" + name + "\" was not counted");
            return "removed";
        default: throw Error(Fault::is_not_handled, "no such switch");
    }
}

bool Observation::is_logged(std::string_view actor, std::string_view command, Nanoseconds now) {
    using namespace std::chrono_literals;
    for (auto& [name, count] : cumulative) {
        if (name != command) continue;
        ++count;
        if (now - last_line >= 10s) {
            last_line = now;
            for (auto& [counted, times] : cumulative)
                if (times != 0) log::info({{"actor", actor}, {"command", counted}, {"count", times}}, "{} handled {} {} times",
                                          actor, counted, std::exchange(times, 0));
        }
        return false;
    }
    return std::find(not_logged.begin(), not_logged.end(), command) == not_logged.end();
}

Value Observation::to_value() const {
    Value::Array watching, counted;
    for (const auto& one : observers) watching.push_back(Value::Map{{"address", one.address}, {"command", one.command}});
    for (const auto& one : cumulative) counted.emplace_back(one.first);
    return Value::Map{{"observers", watching}, {"not_logged", convert<std::vector<std::string>>::to(not_logged)},
                      {"cumulative", counted}};
}

Observation Observation::from_value(const Value& value) {
    Observation out;
    auto list = [&](const char* key) {
        const Value* field = value.find(key);
        return field && field->as_array() ? *field->as_array() : Value::Array{};
    };
    for (const auto& one : list("observers")) {
        const Value* address = one.find("address");
        const Value* command = one.find("command");
        if (address && command && address->as_text() && command->as_text())
            out.observers.push_back({*address->as_text(), *command->as_text()});
    }
    for (const auto& one : list("not_logged"))
        if (one.as_text()) out.not_logged.push_back(*one.as_text());
    for (const auto& one : list("cumulative"))
        if (one.as_text()) out.cumulative.emplace_back(*one.as_text(), 0);
    return out;
}

}  // namespace peacepie::worker
