// hello_world.hpp - answers every tick with a greeting.
//
// Stateless; owned by its worker, one turn at a time.
// Next: iterating_hello_world.hpp greets by itself.
#pragma once

#include <peacepie/peacepie.hpp>

class HelloWorld final : public peacepie::Actor {
public:
    HelloWorld() {
        on("tick", &HelloWorld::tick, about("prints a greeting"));
        on("start", &HelloWorld::start);
    }

private:
    Reply tick() {
        print("Hello, World!");
        return reply("hello_world");
    }

    Reply start() { return reply("started"); }
};
