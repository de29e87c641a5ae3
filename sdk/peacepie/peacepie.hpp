// peacepie.hpp - the one include of a plug-in author.
//
// Owns nothing; what may run on which thread is said in actor.hpp.
// Next: actor.hpp; sdk/README.md is the guide.
#pragma once

#include "peacepie/actor.hpp"
#include "peacepie/plugin.hpp"
