// descriptor.hpp - a file descriptor that is closed when its owner ends.
//
// A value that only moves; one owner, one thread.
// Next: signals.hpp and broker_process.hpp own some.
#pragma once

#include <unistd.h>
#include <utility>

namespace peacepie::launcher {

class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int number) noexcept : number_(number) {}
    ~Descriptor() { close(); }
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }

    [[nodiscard]] int number() const noexcept { return number_; }  ///< -1: none
    void close() noexcept {
        if (number_ >= 0) ::close(std::exchange(number_, -1));
    }

private:
    int number_ = -1;
};

}  // namespace peacepie::launcher
