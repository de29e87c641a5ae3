// way.hpp - what is known of the way to the broker's machine.
//
// A value.
// Next: broker_path.hpp finds out, session.cpp acts on it.
#pragma once

#include <cstdint>

namespace peacepie::worker {

enum class Way : std::uint8_t {
    unknown,  ///< no look is over yet, or one was missed
    there,    ///< its kernel answered the last look
    gone,     ///< limits::path_looks_missed looks in a row had no answer
};

}  // namespace peacepie::worker
