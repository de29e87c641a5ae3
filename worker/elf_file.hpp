// elf_file.hpp - is this file a whole plug-in library for this machine?
//
// Asked before dlopen: mapping a truncated file ends the process with SIGBUS instead of an error, and of a library that is no
// plug-in not even a constructor may run.  Any thread.
// Next: plugin.cpp asks.
#pragma once

#include <filesystem>

namespace peacepie::worker {

/// Throws Error unavailable with the reason when it is not.
void check_elf_file(const std::filesystem::path& file);

}  // namespace peacepie::worker
