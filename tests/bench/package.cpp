// package.cpp - the package peacepie_bench: plug-in actors that do the work which the figures are about.
//
// Next: figures.py asks them.
#include "across.hpp"
#include "in_one_worker.hpp"
#include "spawning.hpp"

using namespace bench;

PEACEPIE_PLUGIN("peacepie_bench", "1.0.0", actor<Pong>("Pong"), actor<Ping>("Ping"), actor<Ring>("Ring"),
                actor<FanInSink>("FanInSink"), actor<FanInSource>("FanInSource"), actor<Mingler>("Mingler"),
                actor<MinglerDriver>("MinglerDriver"), actor<Newborn>("Newborn"), actor<Creator>("Creator"), actor<Registrar>("Registrar"),
                actor<Skynet>("Skynet"), actor<Echo>("Echo"), actor<Asker>("Asker"), actor<Sink>("Sink"),
                actor<Source>("Source"), actor<FanOut>("FanOut"), actor<Cargo>("Cargo"))
