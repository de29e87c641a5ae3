// plugin.cpp - what this package offers.
//
// Next: each actor in its own header.
#include "circle_dancer.hpp"
#include "circle_starter.hpp"
#include "hello_world.hpp"
#include "iterating_hello_world.hpp"

PEACEPIE_PLUGIN(PEACEPIE_PACKAGE, PEACEPIE_VERSION,
                actor<HelloWorld>("HelloWorld", "greets when asked"),
                actor<IteratingHelloWorld>("IteratingHelloWorld", "greets at a fixed period"),
                actor<CircleStarter>("CircleStarter", "sets up a circle of dancers across processes"),
                actor<CircleDancer>("CircleDancer", "passes a tick round the circle"))
