// signals.hpp - signals as something to read, instead of something that interrupts.
//
// Made first in the launcher's thread, before any other thread exists, because threads inherit what is blocked.
// Next: launcher.hpp reads them.
#pragma once

#include <csignal>
#include <optional>

#include "launcher/descriptor.hpp"

namespace peacepie::launcher {

struct Signal {
    int number = 0;
    bool from_terminal = false;  ///< Ctrl-C: the children have got it as well
};

class Signals {
public:
    /// Blocks INT, TERM, HUP and CHLD and ignores PIPE.  Throws Error unavailable.
    Signals();
    ~Signals();  ///< as it was before
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;

    [[nodiscard]] int descriptor() const noexcept { return descriptor_.number(); }
    /// The next signal that has arrived.
    [[nodiscard]] std::optional<Signal> next() noexcept;

private:
    sigset_t before_{};
    Descriptor descriptor_;
};

}  // namespace peacepie::launcher
