// app_start.hpp - carries an app file out: processes first, then actors one by one with their first commands.
//
// A function that asks; runs on a thread of its own, because the launcher must go on starting processes meanwhile.
// Next: up.cpp calls it when the first worker has joined.
#pragma once

#include <functional>
#include <string>

#include "client/app_file.hpp"
#include "client/client.hpp"

namespace peacepie::client {

/// `told` hears one line per step.  Throws Error at the first that fails, with the line of the file.
void start_app(Client& client, const AppFile& app, const std::string& first_node,
               const std::function<void(const std::string&)>& told);

}  // namespace peacepie::client
