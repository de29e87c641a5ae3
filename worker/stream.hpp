// stream.hpp - sends of one actor elsewhere to one actor here, one behind the other in a frame: looked up once, posted at once.
//
// On the stack of the thread that holds the link, for one frame, whose bytes it points into.  A word of HEAD, or anything else,
// ends it, so that the order of the frame is kept.
// Next: switchboard.hpp posts.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "worker/switchboard.hpp"
#include "worker/tally.hpp"

namespace peacepie::worker {

class Stream {
public:
    static constexpr std::uint32_t length_max = 256;  // then they are posted: another loop may begin to handle them

    Stream(Switchboard& switchboard, Tally& tally) noexcept : switchboard_(switchboard), tally_(tally) {}
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    /// True: it is the first of a stream, and taken.  False: it is no send to an actor that lives here.
    [[nodiscard]] bool begin(const pp_envelope& envelope) {
        if (envelope.kind != PP_SEND || envelope.sender_text.size == 0) return false;
        version_ = switchboard_.version();
        cell_ = switchboard_.destination_of(view(envelope.recipient_text));
        if (cell_ == 0) return false;
        envelope_ = envelope;
        append();
        return true;
    }
    /// The next one differs in its body only.  False: there is no stream, or names have changed meanwhile.
    [[nodiscard]] bool add(std::string_view body) {
        if (cell_ == 0 || version_ != switchboard_.version()) return false;
        if (length_ == length_max) post();
        envelope_.body = bytes(body);
        append();
        return true;
    }
    void end() {
        if (length_ != 0) post();
        cell_ = 0;
    }

private:
    void append() {
        Mail* mail = Mail::make(envelope_, Origin::link);
        mail->counted = true;
        mail->next = links_.newest;
        links_.newest = mail;
        if (length_++ == 0) links_.oldest = mail;
        links_.weight += Mailbox::weight_of(*mail);
    }
    void post() {
        tally_.arrive(length_);
        switchboard_.post_links(cell_, std::exchange(links_, {}), Origin::link, view(envelope_.recipient_text));
        length_ = 0;
    }

    Switchboard& switchboard_;
    Tally& tally_;
    pp_envelope envelope_{};
    Mailbox::Links links_;
    std::uint64_t cell_ = 0;  // 0: none
    std::uint64_t version_ = 0;
    std::uint32_t length_ = 0;
};

}  // namespace peacepie::worker
