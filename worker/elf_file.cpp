// elf_file.cpp - header, segments, size.  Next: plugin.cpp.
#include "worker/elf_file.hpp"

#include <elf.h>

#include <cstring>
#include <fstream>
#include <vector>

#include "wire/fault.hpp"

namespace peacepie::worker {

namespace {

[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& why) {
    throw Error(Fault::unavailable, file.filename().string() + " cannot be loaded: " + why);
}

}  // namespace

void check_elf_file(const std::filesystem::path& file) {
    std::error_code error;
    const auto size = std::filesystem::file_size(file, error);
    std::ifstream in(file, std::ios::binary);
    if (error || !in) refuse(file, "it cannot be read; check that it exists and may be read");
    Elf64_Ehdr header{};
    if (!in.read(reinterpret_cast<char*>(&header), sizeof header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
        refuse(file, "it is no shared library");
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_type != ET_DYN || header.e_phentsize != sizeof(Elf64_Phdr))
        refuse(file, "it is no 64-bit shared library");
#if defined(__x86_64__)
    if (header.e_machine != EM_X86_64) refuse(file, "it was built for another processor");
#elif defined(__aarch64__)
    if (header.e_machine != EM_AARCH64) refuse(file, "it was built for another processor");
#endif
    std::vector<Elf64_Phdr> segments(header.e_phnum);
    in.seekg(static_cast<std::streamoff>(header.e_phoff));
    if (!in.read(reinterpret_cast<char*>(segments.data()), static_cast<std::streamsize>(segments.size() * sizeof(Elf64_Phdr))))
        refuse(file, "it is cut off");
    for (const auto& segment : segments)
        if (segment.p_filesz > size || segment.p_offset > size - segment.p_filesz) refuse(file, "it is cut off");
    // The section headers stand at the end of a library as the linker wrote it.
    if (header.e_shoff != 0 && (header.e_shoff > size || std::size_t{header.e_shnum} * header.e_shentsize > size - header.e_shoff))
        refuse(file, "it is cut off");
}

}  // namespace peacepie::worker
