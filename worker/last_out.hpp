// last_out.hpp - the header of the last send that left for the broker, for the next one like it.
//
// One per thread, its own; no lock.  What it repeats is true as of one version of the switchboard's tables.
// Next: switchboard.cpp asks it before it looks up and writes anything.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "wire/codec.hpp"
#include "wire/text_hash.hpp"
#include "worker/cell.hpp"
#include "worker/symbols.hpp"

namespace peacepie::worker {

/// The last send of this thread that left for the broker: another one of the same actor, to the same name and with the same
/// command, has the same header (a third of what a message of a stream costs its sender).
class LastOut {
public:
    [[nodiscard]] static LastOut& of_thread() {
        static thread_local LastOut last;
        return last;
    }
    [[nodiscard]] bool fits(std::uint64_t version, const Cell& sender, const pp_envelope& envelope) const noexcept {
        return version == version_ && sender.handle() == sender_ && sender.epoch() == epoch_ && envelope.command == command_ &&
               view(envelope.recipient_text) == recipient_ && is_bare(envelope);
    }
    /// Nothing in its header but who, what and to whom.
    [[nodiscard]] static bool is_bare(const pp_envelope& envelope) noexcept {
        return envelope.kind == PP_SEND && envelope.command != 0 && envelope.meta.size == 0 && envelope.mid == 0;
    }
    /// The second in a row: worth keeping.
    [[nodiscard]] bool has_seen(const Cell& sender, const pp_envelope& envelope) noexcept {
        const auto now = sender.handle() ^ (std::uint64_t{envelope.command} << 32) ^ hash_of_ends(view(envelope.recipient_text));
        return std::exchange(seen_, now) == now;
    }
    void keep(std::uint64_t version, const Cell& sender, const pp_envelope& envelope) {
        header_.clear();
        Envelope out;
        out.command = Symbols::of_process().text(envelope.command);
        out.recipient = recipient_ = view(envelope.recipient_text);
        out.sender = sender.name();
        append_header(header_, out);
        version_ = version;
        sender_ = sender.handle();
        epoch_ = sender.epoch();
        command_ = envelope.command;
    }
    [[nodiscard]] std::string_view header() const noexcept { return header_; }

private:
    std::uint64_t version_ = 0;  // of the switchboard's tables; 0: none
    std::uint64_t sender_ = 0, epoch_ = 0, seen_ = 0;
    std::uint32_t command_ = 0;
    std::string recipient_, header_;
};

}  // namespace peacepie::worker
