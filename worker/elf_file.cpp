// elf_file.cpp - header, segments, size, the one symbol.  Next: plugin.cpp.
#include "worker/elf_file.hpp"

#include <elf.h>

#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "peacepie/abi.h"
#include "wire/fault.hpp"

namespace peacepie::worker {

namespace {

[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& why) {
    throw Error(Fault::unavailable, file.filename().string() + " cannot be loaded: " + why);
}

/// Whether the table of exported symbols names that one.  True as well when the file has no section headers to tell.
bool exports(std::ifstream& in, const Elf64_Ehdr& header, std::uintmax_t file_size, std::string_view symbol) {
    if (header.e_shoff == 0 || header.e_shentsize != sizeof(Elf64_Shdr)) return true;
    const auto read_at = [&](std::uint64_t offset, std::uint64_t size) {
        std::string bytes;
        if (size > file_size || offset > file_size - size) return bytes;
        bytes.resize(size);
        in.seekg(static_cast<std::streamoff>(offset));
        if (!in.read(bytes.data(), static_cast<std::streamsize>(size))) bytes.clear();
        return bytes;
    };
    const auto item = [](const std::string& table, std::size_t index, auto into) {
        if ((index + 1) * sizeof into <= table.size()) std::memcpy(&into, table.data() + index * sizeof into, sizeof into);
        return into;
    };
    const auto sections = read_at(header.e_shoff, std::uint64_t{header.e_shnum} * sizeof(Elf64_Shdr));
    for (std::size_t i = 0; i < sections.size() / sizeof(Elf64_Shdr); ++i) {
        const auto section = item(sections, i, Elf64_Shdr{});
        if (section.sh_type != SHT_DYNSYM) continue;
        const auto strings = item(sections, section.sh_link, Elf64_Shdr{});
        const auto names = read_at(strings.sh_offset, strings.sh_size);
        const auto symbols = read_at(section.sh_offset, section.sh_size);
        for (std::size_t s = 0; s < symbols.size() / sizeof(Elf64_Sym); ++s) {
            const auto one = item(symbols, s, Elf64_Sym{});
            if (one.st_shndx != SHN_UNDEF && one.st_name < names.size() && symbol == names.c_str() + one.st_name) return true;
        }
    }
    return false;
}

}  // namespace

void check_elf_file(const std::filesystem::path& file) {
    std::error_code error;
    // A pipe would keep whoever opens it waiting.
    if (!std::filesystem::is_regular_file(file, error)) refuse(file, "it is no file that can be read; check that it exists and may be read");
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
    if (!exports(in, header, size, PP_ENTRY)) refuse(file, "it is a library but not a plug-in: it does not export " PP_ENTRY);
}

}  // namespace peacepie::worker
