// body.cpp - the few forms of MessagePack that most bodies are made of.
//
// Next: value.hpp encodes the rest.
#include "peacepie/body.hpp"

namespace peacepie {

void detail::append_long_map_head(std::string& out, std::size_t size) {
    out += static_cast<char>(0xde);  // an argument list of more than 65535 fields does not compile
    out += static_cast<char>(size >> 8);
    out += static_cast<char>(size);
}

void detail::append_binary(std::string& out, std::string_view bytes) {
    scan::put_binary_head(out, bytes.size());
    out += bytes;
}

std::string& body_buffer() {
    constexpr std::size_t kept_max = 64 << 10;  // a rare large body must not stay in every thread
    static thread_local std::string buffer;
    if (buffer.capacity() > kept_max) std::string().swap(buffer);
    buffer.clear();
    return buffer;
}

}  // namespace peacepie
