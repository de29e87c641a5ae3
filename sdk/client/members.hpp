// members.hpp - who is there: pages of get_members put together, nodes, the owner of a name.
//
// Free functions that ask over the command line's client.
// Next: tree.cpp and actors.cpp use them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/command_line.hpp"

namespace peacepie::client {

struct Member {
    std::string id;
    std::string recipient;   ///< whom to ask about it
    std::string next_level;
};

/// All members of a level, whatever number of pages they take.
[[nodiscard]] std::vector<Member> members_of(CommandLine& line, const std::string& recipient, const std::string& level,
                                             const std::string& id);
[[nodiscard]] std::vector<std::string> all_nodes(CommandLine& line);
/// The admin of a host's first worker; of the first host when `host` is empty.  Throws Error no_such_node.
[[nodiscard]] std::string prime_of(CommandLine& line, const std::string& host);
/// The node where an actor or an admin lives, when it is there.
[[nodiscard]] std::optional<std::string> seek(CommandLine& line, const std::string& name);
/// The node where an actor lives.  Throws Refused no_such_actor with close names.
[[nodiscard]] std::string node_of_actor(CommandLine& line, const std::string& name);

}  // namespace peacepie::client
