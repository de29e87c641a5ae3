// child.hpp - one child process: started, signalled, reaped.
//
// Owned by the launcher, whose one thread calls everything (the kernel ties a child's death signal to the thread that
// started it).  A Child that is destroyed while it runs is killed and reaped, so nothing is left behind.
// Next: workers.hpp and broker_process.hpp hold children.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace peacepie::launcher {

struct Ended {
    int status = 0;    ///< exit status, or 128 + the signal, as a shell has it
    std::string text;  ///< "exit status 3", "killed by signal 11 (Segmentation fault)"
};

class Child {
public:
    static constexpr int inherited_as = 3;  ///< the number under which the child finds the first descriptor it is given; the others follow

    /// Starts `words[0]` with the rest as arguments, standard input empty, output and error inherited.
    /// Throws Error unavailable when it cannot be started.
    explicit Child(const std::vector<std::string>& words, std::initializer_list<int> descriptors = {});
    ~Child();
    Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
    Child& operator=(Child&& other) noexcept {
        std::swap(pid_, other.pid_);
        return *this;
    }

    [[nodiscard]] pid_t pid() const noexcept { return pid_; }
    void signal(int number) const noexcept;
    /// Nothing while it runs; afterwards, once, how it ended.
    [[nodiscard]] std::optional<Ended> reap() noexcept;

private:
    pid_t pid_ = -1;
};

}  // namespace peacepie::launcher
