// counter.cpp - what this package offers.
//
// Next: counter.hpp.
#include "counter.hpp"

PEACEPIE_PLUGIN(PEACEPIE_PACKAGE, PEACEPIE_VERSION, actor<Counter>("Counter"))
