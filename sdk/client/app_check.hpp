// app_check.hpp - holds an app file against the packages it names, before anything is created.
//
// A function that asks; on the thread of its caller.  The packages are loaded, nothing else happens.
// Next: up.cpp calls it, then app_start.hpp.
#pragma once

#include <string>

#include "client/app_file.hpp"
#include "client/client.hpp"

namespace peacepie::client {

/// Asks that node's admin for the manuals.  Throws ConfigError with a line "FILE:LINE: ..." for each package, class, param
/// or command that does not exist and each plain param of another type; Error when the node cannot be asked.
void check_app(Client& client, const AppFile& app, const std::string& node);

}  // namespace peacepie::client
