// printing.cpp - one write per line.  Next: host_seam.cpp.
#include "worker/printing.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <string>

namespace peacepie::worker {

std::string without_controls(std::string_view text) {
    std::string out;
    out.reserve(text.size() + 1);
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
        const bool is_c1 = byte == 0xc2 && next >= 0x80 && next < 0xa0;  // U+0080 to U+009F: some terminals obey them too
        out.push_back((byte < 0x20 && byte != '\t') || byte == 0x7f || is_c1 ? ' ' : text[i]);
        if (is_c1) ++i;
    }
    return out;
}

void print_line(std::string_view line) {
    std::string out = without_controls(line);
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
