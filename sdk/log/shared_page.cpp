#include "log/shared_page.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace peacepie {

void* map_page(int descriptor, std::size_t size) noexcept {
    if (descriptor < 0 || fcntl(descriptor, F_GET_SEALS) < 0) return nullptr;  // files on disk have no seals, not even none
    fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    const auto wanted = static_cast<off_t>(size);
    struct stat file {};
    if (fstat(descriptor, &file) != 0 || (file.st_size < wanted && ftruncate(descriptor, wanted) != 0)) return nullptr;
    void* const memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    return memory == MAP_FAILED ? nullptr : memory;
}

}  // namespace peacepie
