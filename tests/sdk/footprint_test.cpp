// What an actor and a message cost in memory: small, and for a plain handler no allocation at all.
#include <atomic>
#include <cstdlib>
#include <new>

#include "catch.hpp"
#include "peacepie/abi.h"
#include "peacepie/bytes.hpp"
#include "plugins/peacepie_example/circle_dancer.hpp"
#include "plugins/peacepie_example/hello_world.hpp"
#include "plugins/peacepie_example/iterating_hello_world.hpp"
#include "testing/stage.hpp"

// A sanitizer has its own operator new and leaves the pools out: there only sizes are tested.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

namespace {
std::atomic<long> allocations{0};
}

// Not inlined: g++ would see `malloc` met by `delete` and warn.
[[gnu::noinline]] void* operator new(std::size_t size) {
    ++allocations;
    if (void* block = std::malloc(size)) return block;
    throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* block) noexcept { std::free(block); }
[[gnu::noinline]] void operator delete(void* block, std::size_t) noexcept { std::free(block); }

using namespace peacepie;

namespace {

class Plain final : public Actor {
public:
    Plain() {
        on("tick", &Plain::tick);
        on("pass", &Plain::pass);
        on("wait", &Plain::wait);
    }

private:
    Param<Address> next{this, "next", Address("somebody_with_a_long_name")};
    Reply tick() { return reply("ticked"); }
    void pass() { send(*next, "tick"); }
    Task<> wait() { co_await sleep(Seconds(1)); }
};

/// A worker that allocates nothing.
const pp_host* quiet_host() {
    static pp_host host = [] {
        pp_host h{};
        h.size = sizeof h;
        h.abi = PP_ABI;
        h.command = [](pp_bytes text) {
            return static_cast<std::uint32_t>(text.size) * 31 + static_cast<unsigned char>(text.data[0]);
        };
        h.name = [](pp_cell*) { return bytes("me"); };
        h.node = [](pp_cell*) { return bytes("first.main.admin"); };
        h.address = [](pp_cell*, pp_bytes) -> std::uint64_t { return 1; };
        h.address_text = [](pp_cell*, std::uint64_t, pp_sink, void*) {};
        h.send = [](pp_cell*, const pp_envelope*) {};
        h.wait = [](pp_cell*, std::uint64_t) -> std::uint64_t { return 1; };
        h.cancel = [](pp_cell*, std::uint64_t) {};
        h.fail = [](pp_cell*, pp_bytes, pp_bytes) { std::abort(); };
        h.now = [] { return std::uint64_t{1}; };
        return h;
    }();
    return &host;
}

struct Driven {
    const pp_actor_type& type = [] () -> const pp_actor_type& {
        const Offered offered = actor<Plain>("Plain");
        return sealed(*offered.of, offered.create, quiet_host());
    }();
    void* self = type.create([](void*, pp_bytes) {}, nullptr);
    Driven() { type.start(self, quiet_host(), nullptr, 0); }
    ~Driven() { type.destroy(self); }

    pp_outcome deliver(std::string_view command, std::uint8_t kind) {
        pp_envelope envelope{};
        envelope.size = sizeof envelope;
        envelope.kind = kind;
        envelope.mid = 1;
        envelope.sender = 1;
        envelope.command = quiet_host()->command(bytes(command));
        return type.deliver(self, &envelope);
    }
    pp_outcome tell(std::string_view command) { return type.told(self, quiet_host()->command(bytes(command)), 1, {nullptr, 0}); }
};

template <class F>
long allocations_of(F f) {
    f();  // the first time may fill a cache
    const long before = allocations;
    for (int i = 0; i < 100; ++i) f();
    return allocations - before;
}

}  // namespace

TEST_CASE("a plain handler allocates nothing, asked or told") {
    Driven driven;
    CHECK(allocations_of([&] { driven.deliver("tick", PP_ASK); }) == 0);
    CHECK(allocations_of([&] { driven.deliver("tick", PP_SEND); }) == 0);
    CHECK(allocations_of([&] { driven.deliver("pass", PP_SEND); }) == 0);
    CHECK(allocations_of([&] { driven.tell("pass"); }) == 0);
}

TEST_CASE("a handler that waits takes its frame from a pool") {
    Driven driven;
    CHECK(allocations_of([&] {
              CHECK(driven.deliver("wait", PP_SEND) == PP_BUSY);
              CHECK(driven.type.resume(driven.self, 1, nullptr) == PP_DONE);
          }) == 0);
}
#endif

TEST_CASE("an idle actor is small") {
    CHECK(sizeof(HelloWorld) <= 96);
    CHECK(sizeof(CircleDancer) <= 176);
    CHECK(sizeof(IteratingHelloWorld) <= 160);
}
