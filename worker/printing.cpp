// printing.cpp - one write per line.  Next: host_seam.cpp.
#include "worker/printing.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <string>

namespace peacepie::worker {

void print_line(std::string_view line) {
    std::string out;
    out.reserve(line.size() + 1);
    for (char c : line) {
        const auto byte = static_cast<unsigned char>(c);
        out.push_back((byte < 0x20 && c != '\t') || byte == 0x7f ? ' ' : c);
    }
    out.push_back('\n');
    static std::mutex lock;
    std::lock_guard guard(lock);
    for (std::size_t done = 0; done < out.size();) {
        const auto written = ::write(STDOUT_FILENO, out.data() + done, out.size() - done);
        if (written > 0) {
            done += static_cast<std::size_t>(written);
        } else if (errno == EAGAIN) {
            pollfd ready{STDOUT_FILENO, POLLOUT, 0};
            (void)::poll(&ready, 1, 1000);
        } else if (errno != EINTR) {
            return;  // standard output is closed: a line for nobody
        }
    }
}

}  // namespace peacepie::worker
