// plugin.cpp - the package the system tests drive.
#include <peacepie/peacepie.hpp>

#include "counter.hpp"
#include "courier.hpp"
#include "gossip.hpp"
#include "sender.hpp"
#include "trouble.hpp"
#include "witness.hpp"

PEACEPIE_PLUGIN("system_fixture", "1.0.0",
                actor<Counter>("Counter"),
                actor<Courier>("Courier"),
                actor<Gossip>("Gossip"),
                actor<Sender>("Sender"),
                actor<Trouble>("Trouble"),
                actor<Stillborn>("Stillborn"),
                actor<BadDestructor>("BadDestructor"),
                actor<BadAtExit>("BadAtExit"),
                actor<Witness>("Witness"),
                actor<Beacon>("Beacon"))
