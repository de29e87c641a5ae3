// actor_class.cpp - sealing a class.
//
// Next: generic.cpp has the commands every actor answers.
#include "peacepie/actor_class.hpp"

#include <algorithm>
#include <bit>

#include "peacepie/generic.hpp"
#include "wire/fault.hpp"

namespace peacepie {
namespace {

constinit thread_local Construction the_construction;

template <class Named>
const std::string* double_name(const std::vector<Named>& items, const std::string& (*name)(const Named&)) {
    for (auto each = items.begin(); each != items.end(); ++each)
        for (auto other = items.begin(); other != each; ++other)
            if (name(*each) == name(*other)) return &name(*each);
    return nullptr;
}

[[noreturn]] void refuse(const std::string& class_name, const char* what, const std::string& name) {
    throw Error(Fault::conflict, class_name + " declares the " + what + " " + name + " twice; rename one");
}

}  // namespace

Construction& construction() noexcept { return the_construction; }

void ActorClass::refuse_doubles() const {
    const auto field_name = [](const Field& each) -> const std::string& { return each.name; };
    const auto ticker_name = [](const TickerField& each) -> const std::string& { return each.handler.name; };
    if (auto twice = double_name<Field>(fields, field_name)) refuse(name, "parameter or state", *twice);
    if (auto twice = double_name<TickerField>(tickers, ticker_name)) refuse(name, "ticker", *twice);
}

void ActorClass::seal(const Host& host) {
    refuse_doubles();
    manual = manual_of(*this).encoded();  // only the author's own commands: the others are everybody's
    for (Handler& each : generic_handlers())
        if (find(std::string_view(each.name)) == nullptr) handlers.push_back(std::move(each));
    index(host);
}

void ActorClass::index(const Host& host) {
    const auto size = std::bit_ceil(handlers.size() * 2);
    slots_.assign(size, {});
    shift_ = static_cast<std::uint32_t>(32 - std::countr_zero(size));
    for (const Handler& handler : handlers) {
        const std::uint32_t command = host.command(handler.name);
        if (command == 0) continue;  // the worker's table is full: found by text
        std::size_t place = command * 2654435769u >> shift_;
        while (slots_[place & (size - 1)].command != 0) ++place;
        slots_[place & (size - 1)] = {command, &handler};
    }
}

const Handler* ActorClass::find(std::string_view command) const noexcept {
    const auto place = std::find_if(handlers.begin(), handlers.end(), [&](const Handler& each) { return each.name == command; });
    return place == handlers.end() ? nullptr : &*place;
}

const Field* ActorClass::field(Field::Kind kind, std::string_view field_name) const noexcept {
    for (const Field& each : fields)
        if (each.kind == kind && each.name == field_name) return &each;
    return nullptr;
}

}  // namespace peacepie
