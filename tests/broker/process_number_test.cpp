// process_number_test.cpp - getpid() of the broker and the worker.
#include <csignal>
#include <cstddef>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "catch.hpp"

namespace {

pid_t as_the_kernel_says() { return static_cast<pid_t>(::syscall(SYS_getpid)); }

bool ended_well(pid_t child) {
    int status = 0;
    return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/// From now on the kernel does not answer the question; what else is asked it answers.
bool forbid_asking() {
    sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpid, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog program{sizeof filter / sizeof filter[0], filter};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0 && as_the_kernel_says() == -1;
}

}  // namespace

TEST_CASE("a process knows its number without asking the kernel again") {
    CHECK(getpid() == as_the_kernel_says());
    const auto child = ::fork();
    if (child == 0) {
        const auto number = getpid();
        ::_exit(forbid_asking() && getpid() == number ? 0 : 1);
    }
    CHECK(ended_well(child));
}

TEST_CASE("a child has its own number, however it was forked, and so has its child") {
    const auto parent = getpid();
    const auto has_its_own = [parent] { return getpid() == as_the_kernel_says() && getpid() != parent; };
    const auto forked = ::fork();
    if (forked == 0) {
        const auto grandchild = ::fork();
        if (grandchild == 0) ::_exit(has_its_own() ? 0 : 1);
        ::_exit(has_its_own() && ended_well(grandchild) ? 0 : 1);
    }
    CHECK(ended_well(forked));
    const auto cloned = static_cast<pid_t>(::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr));
    if (cloned == 0) ::_exit(has_its_own() ? 0 : 1);
    CHECK(ended_well(cloned));
    CHECK(getpid() == parent);
}
