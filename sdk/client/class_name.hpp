// class_name.hpp - what a person writes for a class and its params: PACKAGE/CLASS and KEY=VALUE.
//
// Pure functions, any thread.
// Next: actors.cpp sends what they give.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wire/value.hpp"

namespace peacepie::client {

/// `peacepie_example>=0.2/HelloWorld` -> {requires_dist, class}.  Throws UsageError.
[[nodiscard]] Value class_desc_of(const std::string& typed);
/// `period=0.5` `limit=3` -> {period: 0.5, limit: 3}; a value that is no JSON is a text.  Throws UsageError.
[[nodiscard]] Value params_of(const std::vector<std::string>& typed);

}  // namespace peacepie::client
