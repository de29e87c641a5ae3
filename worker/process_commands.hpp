// process_commands.hpp - what a host's first worker (PRIME) answers for its host, and what admins pass on to HEAD.
//
// Part of the admin, used in its turns.  PRIME decides; the host's launcher starts and reaps.
// Next: launcher/launcher.hpp is asked.
#pragma once

#include <string>

#include "worker/request.hpp"

namespace peacepie::worker {

class Admin;

class ProcessCommands {
public:
    explicit ProcessCommands(Admin& admin);

private:
    void create_process(const RequestPointer& request);
    void start(const RequestPointer& request, const std::string& process);
    void remove_process(const RequestPointer& request);
    void get_local_nodes(const RequestPointer& request);
    void get_members(const RequestPointer& request);
    [[nodiscard]] std::string launcher() const;

    Admin& admin_;
};

}  // namespace peacepie::worker
