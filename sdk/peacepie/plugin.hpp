// plugin.hpp - PEACEPIE_PLUGIN: what a package offers.
//
//     PEACEPIE_PLUGIN("my_package", "1.0.0", actor<Greeter>("Greeter", "greets people"), actor<Counter>("Counter"))
// Once per package; owned by the library.  It defines the one symbol the library exports.  Nothing happens at load, only
// when the worker calls it.
// Next: seam.cpp, offer.
#pragma once

#include "peacepie/seam.hpp"

#define PEACEPIE_EXPORT __attribute__((visibility("default"), used))

#define PEACEPIE_PLUGIN(package, version, ...)                                             \
    extern "C" PEACEPIE_EXPORT const pp_plugin* peacepie_plugin(const pp_host* host);      \
    const pp_plugin* peacepie_plugin(const pp_host* host) {                                \
        using ::peacepie::actor;                                                           \
        return ::peacepie::offer(host, package, version, {__VA_ARGS__});                   \
    }
