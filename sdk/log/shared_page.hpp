// shared_page.hpp - memory that outlives the process that counts in it, because the one that started it has it as well.
//
// A free function; any thread.
// Next: wire/tally_page.hpp is a worker's; the broker's is broker/traffic.hpp.
#pragma once

#include <cstddef>

namespace peacepie {

/// The memfd behind that descriptor as memory of at least that size, all zero where it was shorter; stays until the process ends.
/// Children do not inherit the descriptor.  Null: it is no memfd, or the system gives no memory.
[[nodiscard]] void* map_page(int descriptor, std::size_t size) noexcept;

}  // namespace peacepie
