// system.hpp - what the typed verbs of an actor answer.
//
// Values.  Each verb is an Ask: `auto place = co_await create_process();`.  A refusal of the system
// (`process_is_not_created {reason, text}`) becomes an Error with that reason as its code.
// Next: system.cpp asks.
#pragma once

#include <string>

#include "peacepie/recipient.hpp"

namespace peacepie {

/// What a move cost.
struct Move {
    Recipient node;
    double pause_us = 0;
    std::int64_t moved_messages = 0;
    std::int64_t state_bytes = 0;
};

struct Found {
    Recipient node;
    std::string entity;
};

}  // namespace peacepie
