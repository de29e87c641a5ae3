// Any frames from any peers, in any order, to the real Broker: it answers with well-formed frames and stays bounded.
// A body that is no MessagePack may leave only as it came in: bodies are opened by who they are for, never on the way.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "broker/broker.hpp"
#include "wire/codec.hpp"

using namespace peacepie;

namespace {

void demand(bool holds) {
    if (!holds) std::abort();
}

class ManualClock final : public Clock {
public:
    [[nodiscard]] Nanoseconds now() const noexcept override { return now_; }
    void advance(Nanoseconds by) { now_ += by; }

private:
    Nanoseconds now_{std::chrono::hours(1)};
};

/// Takes everything and looks at it.
class Ear final : public PeerLink {
public:
    explicit Ear(std::string_view came_in) : came_in_(came_in) {}

    [[nodiscard]] Sent send(Peer, std::string_view frame) override {
        FrameReader reader(frame);
        int count = 0;
        while (auto bytes = reader.next()) {
            Envelope envelope;
            demand(!read_envelope(*bytes, envelope));
            demand(!check_body(envelope.body) || came_in_.find(envelope.body) != came_in_.npos);
            ++count;
        }
        demand(count > 0 && !reader.is_malformed());
        return Sent::taken;
    }
    void forget(Peer) override {}

private:
    std::string_view came_in_;
};

}  // namespace

/// The input is a run of records: peer (2 bits) and milliseconds to wait (6 bits), size (2 bytes), bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Ear ear({reinterpret_cast<const char*>(data), size});
    ManualClock clock;
    broker::Broker broker(ear, clock, {});
    const std::uint8_t* end = data + size;
    while (end - data >= 3) {
        const Peer peer = 1 + (data[0] & 3u);
        clock.advance(std::chrono::milliseconds(data[0] >> 2) * 10);
        const std::size_t wanted = data[1] | static_cast<std::size_t>(data[2]) << 8;
        data += 3;
        const auto taken = std::min(wanted, static_cast<std::size_t>(end - data));
        broker.on_frame(peer, {reinterpret_cast<const char*>(data), taken});
        data += taken;
        broker.on_round();
        broker.on_time();
    }
    broker.on_disconnected(1);
    broker.on_round();
    clock.advance(std::chrono::seconds(30));
    broker.on_time();
    broker.on_round();
    return 0;
}
