// trouble.hpp - does on command what handlers should not do: throw, sleep, block, crash, answer with megabytes.
//
// For tests of what happens then.  An actor: one turn at a time, on a thread of the worker.
// Next: plugin.cpp offers it.
#pragma once

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <pthread.h>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <vector>

#include <peacepie/peacepie.hpp>

/// Lives for a second, in which it starts, and then cannot.
class Stillborn final : public peacepie::Actor {
    Task<> started() override {
        co_await sleep(Seconds(1.0));
        throw peacepie::Error("no_licence", "this actor never starts");
    }
};

/// Ends a copy of the process within exit(), before anything is destroyed that another thread had locked as the copy was made.
class CopyOfProcess {
public:
    ~CopyOfProcess() {
        if (status_ >= 0) ::_exit(status_);
    }
    [[noreturn]] void end(int status) {
        status_ = status;
        std::exit(EXIT_FAILURE);
    }

private:
    int status_ = -1;
};
inline CopyOfProcess copy_of_process;

class Trouble final : public peacepie::Actor {
public:
    Trouble() {
        on("echo", &Trouble::echo, "text");
        on("raise", &Trouble::raise, "text");
        on("nap", &Trouble::nap, "seconds");
        on("block", &Trouble::block, "seconds");
        on("crash", &Trouble::crash);
        on("spawn_stillborn", &Trouble::spawn_stillborn);
        on("segfault", &Trouble::segfault);
        on("overflow", &Trouble::overflow);
        on("exit", &Trouble::leave_process);
        on("exit_at_once", &Trouble::leave_process_at_once, "status");
        on("exit_in_blocking", &Trouble::leave_process_in_blocking, "status");
        on("fork_in_blocking", &Trouble::fork_in_blocking, "status");
        on("throw_twice", &Trouble::throw_twice);
        on("large", &Trouble::large, "bytes");
        on("runs", &Trouble::runs);
        on("tell", &Trouble::tell, "to", "count");
        on("tell_and_block", &Trouble::tell_and_block, "to", "count", "seconds");
        on("leak", &Trouble::leak, "megabytes");
        on("allocate", &Trouble::allocate, "bytes");
        on("raise_kind", &Trouble::raise_kind, "kind");
        on("nap_then_raise_kind", &Trouble::nap_then_raise_kind, "kind");
        on("crash_in_thread", &Trouble::crash_in_thread);
        on("block_signals", &Trouble::block_signals);
        on("nap_blocking", &Trouble::nap_blocking, "seconds");
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

    Address spawn_stillborn() { return spawn<Stillborn>(); }

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

    /// Without a word to anybody.
    Reply leave_process_at_once(int status) { ::_exit(status); }

    Task<Reply> leave_process_in_blocking(int status) {
        auto work = blocking([status] {
            std::exit(status);
            return 1;
        });
        (void)co_await work;
        co_return reply("unreachable");
    }

    /// Only a copy of the process ends; answers with its status.
    Task<Reply> fork_in_blocking(int status) {
        auto work = blocking([status] {
            const pid_t copy = ::fork();
            if (copy == 0) copy_of_process.end(status);
            int how = 0;
            ::waitpid(copy, &how, 0);
            return WIFEXITED(how) ? WEXITSTATUS(how) : -1;
        });
        const int ended_with = co_await work;
        co_return reply("forked", named("status", ended_with));
    }

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

    Reply tell_and_block(Address to, int count, Seconds seconds) {
        for (int i = 0; i < count; ++i) send(to, "count", named("from", name()), named("number", i));
        return block(seconds);
    }

    /// Touches what it takes and never gives it back.
    Reply leak(int megabytes) {
        for (int i = 0; i < megabytes; ++i) leaked_.emplace_back(1 << 20, 'x');
        return reply("leaked");
    }

    /// More than there is: the allocator throws.
    Reply allocate(std::int64_t bytes) {
        std::string much(static_cast<std::size_t>(bytes), 'x');
        return reply("allocated", named("bytes", static_cast<std::int64_t>(much.size())));
    }

    static void throw_kind(int kind) {
        struct Own {};
        struct OwnException : std::exception {
            const char* what() const noexcept override { return "an exception of its own"; }
        };
        switch (kind) {
            case 0: throw std::runtime_error("a runtime_error");
            case 1: throw std::logic_error("a logic_error");
            case 2: throw std::out_of_range("an out_of_range");
            case 3: throw std::bad_alloc();
            case 4: throw std::system_error(std::make_error_code(std::errc::no_space_on_device));
            case 5: throw OwnException();
            case 6: throw Own();
            case 7: throw 42;
            case 8: throw "a literal";
            case 9: throw std::string("a string");
            default: throw static_cast<void*>(nullptr);
        }
    }

    Reply raise_kind(int kind) {
        throw_kind(kind);
        return reply("unreachable");
    }

    Task<Reply> nap_then_raise_kind(int kind) {
        co_await sleep(Seconds(0.001));
        throw_kind(kind);
        co_return reply("unreachable");
    }

    /// Outside of any handler, while this one has returned or is about to.
    Reply crash_in_thread() {
        std::thread([] { throw std::runtime_error("nobody catches it in a thread"); }).detach();
        return reply("started");
    }

    /// Hangs where no signal reaches it.
    Reply block_signals() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, nullptr);
        return block(Seconds(60));
    }

    Task<Reply> nap_blocking(Seconds seconds) {
        auto work = blocking([seconds] {
            std::this_thread::sleep_for(seconds);
            return 1;
        });
        (void)co_await work;
        co_return reply("rested");
    }

    std::uint64_t spun_ = 0;
    std::vector<std::string> leaked_;
};

/// Throws when it is destroyed after it was started: one is made and destroyed to be described.
class BadDestructor final : public peacepie::Actor {
public:
    ~BadDestructor() override {
        if (is_started_) fail();
    }

private:
    Task<> started() override {
        is_started_ = true;
        co_return;
    }
    static void fail() { throw std::runtime_error("thrown by a destructor"); }

    bool is_started_ = false;
};

/// Leaves an object behind that throws when the process ends, which is when a plug-in is unloaded.
class BadAtExit final : public peacepie::Actor {
    Task<> started() override {
        struct Bad {
            ~Bad() { fail(); }
            static void fail() { throw std::runtime_error("thrown at the end of the process"); }
        };
        static const Bad bad;
        co_return;
    }
};
