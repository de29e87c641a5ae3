// black_box.cpp - the last thing that runs.  Next: scheduler.cpp.
#include "worker/black_box.hpp"

#include <dlfcn.h>
#include <execinfo.h>
#include <poll.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <string_view>

#include "worker/cell.hpp"
#include "worker/scheduler.hpp"
#include "worker/symbols.hpp"

namespace peacepie::worker::black_box {

namespace {

constexpr std::array signals{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
constexpr int exit_by_a_plugin = 70, exit_full = 71;
constexpr std::size_t stack_size = 64 << 10;
constexpr unsigned patience_seconds = 1;

int descriptor_ = -1;
pid_t process_ = 0;
std::array<struct sigaction, 32> before_{};  // by signal: what a sanitizer has installed still has its say
std::atomic<bool> is_hung_{false};
std::atomic<bool> ends_in_order_{false};

void put(std::string_view text) { (void)!::write(descriptor_, text.data(), text.size()); }

void put_number(std::uintptr_t number) {
    std::array<char, 2 * sizeof number> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16).ptr;
    put("0x");
    put({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

/// Of a file a place in it, which can be looked up after the process has ended.
void put_place(std::uintptr_t address) {
    Dl_info info{};
    const bool is_known = ::dladdr(reinterpret_cast<void*>(address), &info) != 0 && info.dli_fname != nullptr;
    put(is_known ? info.dli_fname : "nowhere");
    put("+");
    put_number(is_known ? address - reinterpret_cast<std::uintptr_t>(info.dli_fbase) : address);
    put("\n");
}

/// From `interrupted` on, if it is given and found: what a signal has put on top of it is ours.  All others are where a call returns to.
void put_calls(std::uintptr_t interrupted) {
    std::array<void*, 64> frames;
    const auto count = static_cast<std::size_t>(::backtrace(frames.data(), static_cast<int>(frames.size())));
    const auto end = frames.begin() + static_cast<std::ptrdiff_t>(count);
    auto frame = std::find(frames.begin(), end, reinterpret_cast<void*>(interrupted));
    if (interrupted != 0) put_place(interrupted);
    if (frame == end) frame = frames.begin();
    else ++frame;
    for (; frame != end; ++frame) put_place(reinterpret_cast<std::uintptr_t>(*frame) - 1);
}

void put_heading(const Cell* cell, std::string_view what) {
    if (cell != nullptr) {
        const auto command = Symbols::of_process().text(cell->current_command());
        put(cell->name());
        put("\t");
        put(command.empty() ? std::string_view("start or a timer") : command);
    } else {
        put("\t");
    }
    put("\t");
    put(what);
    if (cell != nullptr) {
        put("\t");
        put(cell->delivery_in_work());
    }
    put("\n");
}

std::uintptr_t place_of(const void* context) {
    const auto& machine = static_cast<const ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
    return static_cast<std::uintptr_t>(machine.gregs[REG_RIP]);
#elif defined(__aarch64__)
    return machine.pc;
#else
    return 0;
#endif
}

void on_signal(int number, siginfo_t*, void* context) {
    ::alarm(patience_seconds);
    put_heading(Scheduler::running_here(), is_hung_.load() ? "hung" : ::sigabbrev_np(number));
    put_calls(place_of(context));
    ::sigaction(number, &before_[static_cast<std::size_t>(number)], nullptr);
    ::raise(number);  // blocked until this returns; a faulting instruction is met again anyway
}

/// The thread's until its end; the one before is put back, for AddressSanitizer unmaps whatever it finds set.
class SignalStack {
public:
    SignalStack() {
        const stack_t ours{memory_.data(), 0, memory_.size()};
        ::sigaltstack(&ours, &before_);
    }
    ~SignalStack() { ::sigaltstack(&before_, nullptr); }
    SignalStack(const SignalStack&) = delete;
    SignalStack& operator=(const SignalStack&) = delete;

private:
    std::array<char, stack_size> memory_;
    stack_t before_{};
};

void on_exit_of_process() {
    if (ends_in_order_.load() || ::getpid() != process_) return;  // a copy that a plug-in made of this process may end as it likes
    put_heading(Scheduler::running_here(), "exit");
    put_calls(0);
    ::_exit(exit_by_a_plugin);
}

}  // namespace

void arm(int descriptor) {
    descriptor_ = descriptor;
    process_ = ::getpid();
    ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    ::fcntl(descriptor, F_SETFL, O_NONBLOCK);
    put("begun\n");
    std::array<void*, 1> frame;
    (void)::backtrace(frame.data(), 1);  // its first call loads a library
    struct sigaction action {};
    action.sa_sigaction = on_signal;
    action.sa_flags = SA_ONSTACK | SA_SIGINFO;
    for (const int number : signals) ::sigaction(number, &action, &before_[static_cast<std::size_t>(number)]);
    (void)Symbols::of_process();  // what is made before arm_exit() is destroyed after on_exit_of_process()
    arm_exit();
}

void say_end(int status) {
    ends_in_order_.store(true);
    if (descriptor_ >= 0) put("ends " + std::to_string(status) + "\n");
}

void arm_exit() {
    if (descriptor_ >= 0) std::atexit(on_exit_of_process);
}

void arm_thread() {
    if (descriptor_ >= 0) static thread_local SignalStack stack;
}

void end_hung(pthread_t loop, const Cell& cell) {
    is_hung_.store(true);
    ::pthread_kill(loop, SIGABRT);
    timespec until{};
    ::clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += patience_seconds + 1;  // a little more than the alarm of a black box that got stuck
    ::pthread_timedjoin_np(loop, nullptr, &until);
    if (descriptor_ >= 0) put_heading(&cell, "hung");
    ::kill(::getpid(), SIGKILL);
    for (;;) ::pause();
}

void end_full(std::string_view why) {
    if (descriptor_ >= 0) put_heading(nullptr, why);
    ::_exit(exit_full);
}

}  // namespace peacepie::worker::black_box
