// stream.hpp - sends of one actor elsewhere to one actor here, one behind the other in a frame: looked up once, posted at once.
//
// On the stack of the thread that holds the link, for one frame, whose bytes it points into.  A word of HEAD, or anything else,
// ends it, so that the order of the frame is kept.
// Next: switchboard.hpp posts.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "worker/bundle.hpp"
#include "worker/generic_commands.hpp"
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
        is_bare_ = envelope.command != 0 && !is_generic(envelope.command) && envelope.meta.size == 0 && envelope.deadline_ns == 0 && envelope.mid == 0;
        next_size_ = mail_block::medium;
        append_mail();
        return true;
    }
    /// The next one differs in its body only.  False: there is no stream, or names have changed meanwhile.
    [[nodiscard]] bool add(std::string_view body) {
        if (cell_ == 0 || version_ != switchboard_.version()) return false;
        if (length_ == length_max) post();
        envelope_.body = bytes(body);
        if (!is_bare_ || !append_to_bundle()) append_mail();
        return true;
    }
    void end() {
        if (length_ != 0) post();
        cell_ = 0;
    }

private:
    void append_mail() {
        Mail* mail = Mail::make(envelope_, Origin::link);
        mail->counted = true;
        link(mail, mail->block_size);
        bundle_ = nullptr;
        ++length_;
    }
    /// False: a large one.
    [[nodiscard]] bool append_to_bundle() {
        if (bundle_ == nullptr || !bundle_->append(envelope_.command, envelope_.body)) {
            const auto sender = view(envelope_.sender_text);
            const auto size = Bundle::next_size(next_size_, bundle_ != nullptr, envelope_.body.size, sender.size());
            if (size == 0) return false;
            bundle_ = Bundle::make(sender, next_size_ = size);
            (void)bundle_->append(envelope_.command, envelope_.body);
            link(bundle_, 0);
        }
        links_.weight += bundle_->bytes_of(envelope_.body.size);
        ++length_;
        return true;
    }
    void link(Mail* mail, std::uint64_t bytes) {
        mail->next = links_.newest;
        links_.newest = mail;
        if (links_.oldest == nullptr) links_.oldest = mail;
        links_.weight += bytes;
    }
    void post() {
        tally_.arrive(length_);
        links_.weight += length_ * Mailbox::one_message;
        bundle_ = nullptr;
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
    Bundle* bundle_ = nullptr;  // the newest, when it is one
    std::uint32_t next_size_ = 0;  // of a bundle: Bundle::next_size()
    bool is_bare_ = false;
};

}  // namespace peacepie::worker
