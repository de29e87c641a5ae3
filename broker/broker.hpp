// broker.hpp - frame in, decide, bytes out.
//
// The broker without socket and clock: main runs it on ZeroMQ, the simulator on a seeded network.  One thread.
// A round is: on_frame for each frame that is there, then on_round, which flushes everything once.
// Next: exchange.hpp has the tables, head.hpp the commands for HEAD.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "broker/bookkeeping.hpp"
#include "broker/exchange.hpp"
#include "broker/head.hpp"
#include "broker/options.hpp"
#include "wire/link.hpp"

namespace peacepie::broker {

class Broker {
public:
    /// What a ledger holds of an earlier broker is taken up; without one nothing is kept.  The ledger must outlive this.
    Broker(PeerLink& link, const Clock& clock, Options options, Ledger* ledger = nullptr)
        : exchange_(link, clock, std::move(options)), head_(exchange_), bookkeeping_(exchange_, ledger) {}

    /// One message of the transport.  An empty frame stands for one that was no frame at all.
    void on_frame(Peer peer, std::string_view frame);
    /// The transport thinks that the peer's connection is gone; found out by talking to it.
    void on_disconnected(Peer peer);
    /// After the frames of one poll round: everything goes out.
    void on_round();
    /// When next_deadline() has come, or at any time.
    void on_time();
    [[nodiscard]] std::optional<Nanoseconds> next_deadline() const;

    /// The orderly end: all parts are told to shut down; finished() when they have.
    void shut_down(std::string_view why) { head_.closing.begin(why); }
    [[nodiscard]] bool finished() const { return head_.closing.is_over(); }

    [[nodiscard]] const Counters& counters() const noexcept { return exchange_.counters; }

private:
    void read(Peer peer, Session* from, std::string_view frame);
    void on_envelope(Session& from, Envelope& envelope, std::string_view encoded);
    [[nodiscard]] bool on_stranger(Peer peer, const Envelope* envelope);
    void on_hello(Peer peer, const Envelope& envelope);
    void on_malformed(Session& from, Fault fault);

    void stamp(const Session& from, Envelope& envelope, std::string_view& encoded);
    void to_actor(const Session& from, Registration& actor, const Envelope& envelope, std::string_view encoded);
    void to_session(const Session& from, Session& to, const Envelope& envelope, std::string_view encoded);
    void elsewhere(Session& from, Envelope& envelope, std::string_view encoded);
    /// That envelope has gone there.  Worker's sends with the same header may follow it without a second look.
    void note_way(const Session& from, const Envelope& envelope, Session& to) noexcept {
        if (from.role == Role::worker && envelope.is_tallied()) stream_ = &to;
    }
    /// Goes ahead of what waits for it.
    [[nodiscard]] static bool is_state(const Envelope& envelope) noexcept { return envelope.recipient.empty() && envelope.command == "keep_state"; }
    [[nodiscard]] bool is_kept(const Session& from, Envelope& envelope, std::string_view& encoded);
    void pass_on_behind_states();
    /// Whether that ask, if a worker sends a client's back, still waits for its answer.
    [[nodiscard]] bool take_back(const Session& from, const Envelope& envelope);
    [[nodiscard]] bool note_ask(const Envelope& envelope, Session& to);
    [[nodiscard]] bool note_answer(const Session& from, const Envelope& envelope);
    void answer_late_asks();
    void probe(Nanoseconds now);

    Exchange exchange_;
    Head head_;
    Bookkeeping bookkeeping_;
    Session* stream_ = nullptr;  // the way of the envelope before, within one frame; nullptr: the next one looks for its own
    std::string stamped_;     // scratch: an envelope whose header was changed
    std::string why_unkept_;  // scratch: the body of an error in the place of an answer
    std::string recipient_;   // scratch: a recipient whose decoration was taken off
    std::map<Peer, std::string> behind_states_;  // said in this round behind a state that is to be on disk first, as batches
    std::vector<Peer> doubted_;
    Nanoseconds next_tick_{0};
};

}  // namespace peacepie::broker
