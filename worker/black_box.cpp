// black_box.cpp - the last thing that runs.  Next: scheduler.cpp.
#include "worker/black_box.hpp"

#include <execinfo.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <string_view>

#include "worker/cell.hpp"
#include "worker/scheduler.hpp"
#include "worker/symbols.hpp"

namespace peacepie::worker::black_box {

namespace {

constexpr std::array signals{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
constexpr int exit_inside_a_handler = 70;
constexpr std::size_t stack_size = 64 << 10;
constexpr unsigned patience_seconds = 1;

int descriptor_ = -1;
std::array<struct sigaction, 32> before_{};  // by signal: what a sanitizer has installed still has its say

void put(std::string_view text) { (void)!::write(descriptor_, text.data(), text.size()); }

void write_record(const Cell& cell, std::string_view what) {
    const auto command = Symbols::of_process().text(cell.current_command());
    put(cell.name());
    put("\t");
    put(command.empty() ? std::string_view("start or a timer") : command);
    put("\t");
    put(what);
    put("\n");
    std::array<void*, 64> frames;
    backtrace_symbols_fd(frames.data(), ::backtrace(frames.data(), static_cast<int>(frames.size())), descriptor_);
}

void on_signal(int number) {
    ::alarm(patience_seconds);
    if (const Cell* cell = Scheduler::running_here()) write_record(*cell, ::sigabbrev_np(number));
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
    const Cell* cell = Scheduler::running_here();
    if (cell == nullptr) return;
    write_record(*cell, "exit");
    ::_exit(exit_inside_a_handler);
}

}  // namespace

void arm(int descriptor) {
    descriptor_ = descriptor;
    ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    ::fcntl(descriptor, F_SETFL, O_NONBLOCK);
    std::array<void*, 1> frame;
    (void)::backtrace(frame.data(), 1);  // its first call loads a library
    struct sigaction action {};
    action.sa_handler = on_signal;
    action.sa_flags = SA_ONSTACK;
    for (const int number : signals) ::sigaction(number, &action, &before_[static_cast<std::size_t>(number)]);
    (void)Symbols::of_process();  // what is made before arm_exit() is destroyed after on_exit_of_process()
    arm_exit();
}

void arm_exit() {
    if (descriptor_ >= 0) std::atexit(on_exit_of_process);
}

void arm_thread() {
    if (descriptor_ >= 0) static thread_local SignalStack stack;
}

}  // namespace peacepie::worker::black_box
