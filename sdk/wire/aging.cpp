// aging.cpp - reads a frame and writes it again.  Next: aging.hpp.
#include "wire/aging.hpp"

#include <algorithm>
#include <chrono>

#include "wire/codec.hpp"

namespace peacepie {

void take_time(std::string& frame, Nanoseconds waited) {
    const auto spent = std::chrono::duration_cast<std::chrono::milliseconds>(waited).count();
    if (spent <= 0) return;
    std::string aged;
    aged.reserve(frame.size());
    FrameReader reader(frame);
    while (const auto one = reader.next()) {
        Envelope envelope;
        const bool is_ask = !read_envelope(*one, envelope) && envelope.wants_answer() && envelope.timeout_ms;
        if (!is_ask) {
            append_batched(aged, *one);
            continue;
        }
        envelope.timeout_ms = static_cast<std::uint32_t>(std::max<std::int64_t>(0, *envelope.timeout_ms - spent));
        append_batched(aged, envelope);
    }
    if (!reader.is_malformed()) frame = std::move(aged);
}

}  // namespace peacepie
