#include "client/exit_code.hpp"

#include <algorithm>
#include <array>

namespace peacepie::client {
namespace {

// A closed list: an author's own `light_is_not_on` is an answer like any other.
constexpr std::array<std::string_view, 8> failure_replies{
    "actor_is_not_created", "actors_are_not_created", "actor_is_absent",        "actor_is_not_recreated",
    "actor_is_not_found",   "process_is_not_created", "process_is_not_removed", "package_is_not_loaded"};

}  // namespace

bool is_failure_reply(std::string_view command) noexcept {
    return std::find(failure_replies.begin(), failure_replies.end(), command) != failure_replies.end();
}

Exit exit_of(std::string_view fault_code) noexcept {
    const auto fault = fault_of(fault_code);
    if (!fault) return Exit::failed;
    switch (*fault) {
        case Fault::no_such_actor:
        case Fault::no_such_node:
            return Exit::not_found;
        case Fault::denied:
            return Exit::denied;
        case Fault::expired:
            return Exit::timed_out;
        case Fault::conflict:
            return Exit::conflict;
        case Fault::no_session:
            return Exit::unreachable;
        default:
            return Exit::failed;
    }
}

Exit exit_of(const Answer& reply) noexcept {
    if (reply.kind == Kind::error) return exit_of(reply.command);
    if (!is_failure_reply(reply.command)) return Exit::ok;
    if (reply.command == "actor_is_absent" || reply.command == "actor_is_not_found") return Exit::not_found;
    const Value* reason = reply.body.find("reason");
    const std::string* code = reason != nullptr ? reason->as_text() : nullptr;
    return code != nullptr ? exit_of(*code) : Exit::failed;
}

}  // namespace peacepie::client
