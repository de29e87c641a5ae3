// unread_sends.hpp - the page on which a worker counts its sends, made for it and read when it has died.
//
// A plug-in may have scribbled over it, or cut the file short: it is read like a file, never mapped here, and numbers that
// cannot be are none.
// Free functions; the launcher's thread.
// Next: workers.hpp makes one per process.
#pragma once

#include <optional>

#include "launcher/descriptor.hpp"
#include "wire/tally_page.hpp"

namespace peacepie::launcher {

/// Empty, in memory, gone with its last descriptor.  Nothing when the system gives none: the worker then counts for itself.
[[nodiscard]] Descriptor make_tally_page();
/// What that process left unread; nothing when the page cannot be believed.
[[nodiscard]] std::optional<Unread> read_unread(int page);

}  // namespace peacepie::launcher
