// peacepie.hpp - the one include of a plug-in author.
//
// Next: actor.hpp; sdk/README.md is the guide.
#pragma once

#include "peacepie/actor.hpp"
#include "peacepie/plugin.hpp"
