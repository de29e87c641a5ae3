// trouble.hpp - does on command what handlers should not do: throw, sleep, block, crash, answer with megabytes.
//
// For tests of what happens then.  An actor: one turn at a time, on a thread of the worker.
// Next: plugin.cpp offers it.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include <peacepie/peacepie.hpp>

class Trouble final : public peacepie::Actor {
public:
    Trouble() {
        on("echo", &Trouble::echo, "text");
        on("raise", &Trouble::raise, "text");
        on("nap", &Trouble::nap, "seconds");
        on("block", &Trouble::block, "seconds");
        on("crash", &Trouble::crash);
        on("segfault", &Trouble::segfault);
        on("overflow", &Trouble::overflow);
        on("exit", &Trouble::leave_process);
        on("throw_twice", &Trouble::throw_twice);
        on("large", &Trouble::large, "bytes");
        on("runs", &Trouble::runs);
        on("tell", &Trouble::tell, "to", "count");
    }

private:
    State<int> naps{this, "naps", 0};

    Reply echo(std::string text) { return reply("echo", named("text", text)); }

    Reply raise(std::string text) { throw std::runtime_error(text); }

    /// Keeps the turn, not the thread.
    Task<Reply> nap(Seconds seconds) {
        ++*naps;
        co_await sleep(seconds);
        co_return reply("rested");
    }

    /// Keeps the thread as well.
    Reply block(Seconds seconds) {
        const auto end = std::chrono::steady_clock::now() + seconds;
        while (std::chrono::steady_clock::now() < end) ++spun_;
        return reply("blocked");
    }

    Reply crash() { std::abort(); }

    Reply segfault() {
        volatile std::uintptr_t nowhere = 8;
        *reinterpret_cast<volatile int*>(nowhere) = 1;
        return reply("unreachable");
    }

    Reply overflow() { return reply("depth", named("depth", deeper(0))); }

    static int deeper(int depth) {
        volatile char frame[4096];
        frame[0] = static_cast<char>(depth);
        return depth < 0 ? 0 : deeper(depth + 1) + frame[0];
    }

    Reply leave_process() { std::exit(0); }

    /// Throws from a destructor while another exception is on its way.
    Reply throw_twice() {
        struct Bad {
            ~Bad() noexcept(false) { throw std::runtime_error("the second"); }
        };
        const Bad bad;
        throw std::runtime_error("the first");
    }

    Reply large(std::int64_t bytes) { return reply("large", named("text", std::string(static_cast<std::size_t>(bytes), 'x'))); }

    Reply runs() { return reply("runs", named("naps", *naps)); }

    Reply tell(Address to, int count) {
        for (int i = 0; i < count; ++i) send(to, "echo", named("text", std::to_string(i)));
        return reply("told");
    }

    std::uint64_t spun_ = 0;
};
