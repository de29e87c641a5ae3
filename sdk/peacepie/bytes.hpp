// bytes.hpp - text as it crosses the boundary of abi.h, and back.
//
// Pure; nothing is copied, both are borrowed views.  Authors have no use for this.
// Next: seam.cpp and host.cpp cross it.
#pragma once

#include <string_view>

#include "peacepie/abi.h"

namespace peacepie {

[[nodiscard]] inline std::string_view view(pp_bytes bytes) noexcept { return {bytes.data, bytes.size}; }
[[nodiscard]] inline pp_bytes bytes(std::string_view text) noexcept { return {text.data(), text.size()}; }

}  // namespace peacepie
