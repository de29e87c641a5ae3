// Any bytes as a frame: every reader of the wire either refuses them or agrees with the others about what they say.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "wire/address.hpp"
#include "wire/codec.hpp"
#include "wire/value.hpp"

using namespace peacepie;

namespace {

void demand(bool holds) {
    if (!holds) std::abort();
}

void check_same_after_writing(const Envelope& envelope) {
    std::string written;
    append_envelope(written, envelope);
    demand(written.size() == encoded_size(envelope));
    Envelope again;
    demand(!read_envelope(written, again));
    demand(again.kind == envelope.kind && again.mid == envelope.mid && again.command == envelope.command);
    demand(again.recipient == envelope.recipient && again.recipient_handle == envelope.recipient_handle);
    demand(again.sender == envelope.sender && again.timeout_ms == envelope.timeout_ms);
    demand(again.meta == envelope.meta && again.body == envelope.body);
}

void open_body(std::string_view body) {
    const bool well_formed = !check_body(body);
    try {
        const auto value = Value::decode(body);
        demand(well_formed);
        const auto written = value.encoded();
        demand(Value::decode(written).encoded() == written);
    } catch (const Error& error) {
        demand(error.code == "bad_request" || error.code == "too_large");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view frame(reinterpret_cast<const char*>(data), size);
    FrameReader reader(frame);
    while (auto bytes = reader.next()) {
        Envelope envelope;
        if (read_envelope(*bytes, envelope)) continue;
        check_same_after_writing(envelope);
        open_body(envelope.body);
        if (auto address = Address::parse(envelope.recipient)) demand(Address::parse(address->text()) == address);
    }
    open_body(frame);
    return 0;
}
