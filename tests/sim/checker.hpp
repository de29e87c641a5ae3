// checker.hpp - looks at the simulated world after every step: what is promised must hold, whatever has happened.
//
// After each step, exactly: order of each sender's numbers at each recipient and nothing twice (G1), one turn at a time (G4),
// one owner of a name, and no turn under an older epoch than one that was seen (G5), every ask ended in time and once (G3), the
// broker's law of counters (counters.hpp).  At quiet moments (all_is_accounted_for): each numbered send was handled, or was in
// something that was destroyed, or a letter of a worker has reached the broker, or one of the counted ends is there for it (G2); and no
// living process says that a send waits in it.
// Owned by World; the actors of actors.cpp tell what they do through of_world().  One thread.  Next: world.hpp.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "broker/counters.hpp"
#include "wire/envelope.hpp"
#include "wire/link.hpp"
#include "wire/tally_page.hpp"

namespace peacepie::sim {

class Checker {
public:
    /// Where a message is.  A process and the two directions of its connection are of one life, `peer`.
    struct Place {
        enum class Kind : std::uint8_t { client_pipe, broker, process, to_broker, from_broker, snapshot, letter, lost };
        Kind kind = Kind::lost;
        Peer peer = 0;
        friend bool operator==(const Place&, const Place&) = default;
    };

    Checker() { of_world_ = this; }
    ~Checker() { of_world_ = nullptr; }
    Checker(const Checker&) = delete;
    Checker& operator=(const Checker&) = delete;
    [[nodiscard]] static Checker* of_world() noexcept { return of_world_; }

    // -- told by actors, in their turns
    void sends(const std::string& sender, const std::string& recipient, int number);
    void handles(const std::string& sender, const std::string& recipient, int number);
    /// A turn that must be alone in its actor; ends when the handler does, also by being destroyed.
    class Turn {
    public:
        explicit Turn(const std::string& name) : number_(of_world_ ? of_world_->turn_begins(name) : 0) {}
        ~Turn() { if (of_world_) of_world_->turn_ends(number_); }
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;

    private:
        std::uint64_t number_;
    };

    // -- told by tests
    /// That actor may lose turns and get their messages again: it is durable and its process dies, or it comes back from a
    /// probation.  What it knows itself must be in order all the same.
    void may_go_back(std::string name) { may_go_back_.insert(std::move(name)); }

    // -- told by the world
    void runs(Peer process, std::uint64_t epoch) { running_ = {process, epoch}; }
    void client_asks(std::uint64_t mid, Nanoseconds until);
    void is_answered(std::uint64_t mid, Nanoseconds now);
    /// The frame's messages are in that place now; a process that hands out a snapshot hands out its actor's mail.
    void moves(std::string_view frame, Place to);
    /// What was in that place is gone, and so is what may have been in a snapshot on its way.
    void destroyed(Place place);
    void process_died(Peer process);
    /// It had counted so many ends of sends itself.
    void broker_died(std::uint64_t counted);
    /// While the broker does nothing no ask can end: each has so much longer.
    void broker_sleeps(Nanoseconds longer);
    void after_step(Nanoseconds now, const broker::Counters& broker);
    /// Once nothing is under way: `counted` ends of messages that could be neither brought nor answered.
    void all_is_accounted_for(std::uint64_t counted);
    /// Of a living process, then: all that it has taken in has ended.
    void nothing_waits(std::string_view node, const Unread& unread);
    /// How many numbered sends were in processes that died, or on their way there or from there.
    [[nodiscard]] std::uint64_t lost_with_processes() const noexcept { return lost_with_processes_; }
    /// And in brokers that died, or between them and processes, or came to one by a connection that it did not know.
    [[nodiscard]] std::uint64_t lost_with_brokers() const noexcept { return lost_with_brokers_; }

    /// Letters of workers that have reached a broker.
    [[nodiscard]] std::uint64_t letters() const noexcept { return letters_; }

    /// The first promise that was broken, or empty.
    [[nodiscard]] const std::string& fault() const noexcept { return fault_; }

private:
    using Stream = std::pair<std::string, std::string>;  // sender and recipient
    struct Running {
        Peer process = 0;
        std::uint64_t epoch = 0;
    };
    struct Owner {
        Peer process = 0;
        std::uint64_t epoch = 0;
    };
    struct OpenTurn {
        std::string name;
        Peer process = 0;
        std::uint64_t epoch = 0;
    };

    [[nodiscard]] std::uint64_t turn_begins(const std::string& name);
    void turn_ends(std::uint64_t number) { turns_.erase(number); }
    void owns(const std::string& name);
    void note(const Envelope& envelope, Place to);
    /// What a worker reports of sends that ended there.
    void note_letters(const Envelope& report, Place to);
    void note_send(std::string_view recipient, std::string_view body, Place to);
    void broken(std::string text);
    template <class Is>
    void lose(Is is);

    static inline Checker* of_world_ = nullptr;

    std::string fault_;
    Running running_;
    std::map<std::string, Owner> owners_;
    std::map<Stream, int> last_handled_;
    std::set<std::string> may_go_back_;
    std::map<std::pair<Stream, int>, Place> under_way_;  // numbered sends that were not handled yet
    std::map<std::uint64_t, OpenTurn> turns_;
    std::uint64_t last_turn_ = 0;
    std::map<std::uint64_t, Nanoseconds> asks_;
    std::set<std::pair<Nanoseconds, std::uint64_t>> asks_by_time_;
    std::set<std::uint64_t> ended_;
    std::uint64_t lost_with_processes_ = 0, lost_with_brokers_ = 0;
    std::uint64_t letters_ = 0, letters_only_counted_ = 0;
    std::map<Peer, std::set<std::string>> freezing_;  // names whose freeze has reached that process
};

}  // namespace peacepie::sim
